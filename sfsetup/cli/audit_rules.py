"""`audit --explain RULE` and `audit --list-rules`."""

from __future__ import annotations

from sfsetup.cli.output import Outcome
from sfsetup.errors import UsageError


def explained(name: str) -> Outcome:
    """All about one rule of any command. Raises UsageError for an id that does not exist."""
    from sfsetup.cli.terminal import is_terminal, width
    from sfsetup.cli.views.audit import rule_json, rule_text
    from sfsetup.rules.catalogue import ids, rule

    wanted = name.strip().upper()
    if wanted not in ids():
        import difflib

        near = difflib.get_close_matches(wanted, ids(), n=1)
        raise UsageError(
            f"There is no rule {name}{f'; did you mean {near[0]}?' if near else '.'}",
            actions=["sfsetup audit --list-rules lists them."],
        )
    held = rule(wanted)
    return Outcome(result=rule_json(held), human=lambda: rule_text(held, width=width(), colour=is_terminal()))


def listed() -> Outcome:
    """Every rule of the audit, a line each."""
    from sfsetup.cli.terminal import is_terminal, width
    from sfsetup.cli.views.audit import rule_json, rules_text
    from sfsetup.rules.catalogue import rules_of
    from sfsetup.rules.model import Group

    rules = rules_of(Group.AUDIT)
    return Outcome(
        result={"rules": [rule_json(rule) for rule in rules]},
        human=lambda: rules_text(rules, width=width(), colour=is_terminal()),
    )
