"""Writes docs/rules.md from the catalogue: `python tests/tools/generate_rule_pages.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sfsetup.rules.catalogue import rules_of
from sfsetup.rules.model import Group, Profile, Rule

TARGET = Path(__file__).resolve().parents[2] / "docs" / "rules.md"

HEAD = """# Rules

Everything that sfsetup finds, by rule. `sfsetup audit --explain RULE` prints the same at the command line. This page is
made from the catalogue.

Severity: critical, high, medium, low, info. Certainty tells how the fact behind a rule is known: *documented* by
Salesforce, *seen* in real orgs and files, or *inferred*. The profile `default` has rules that were right in at least
nine of ten judged cases; `strict` has all; `bootstrap` has what matters before the first deploy into a new org. Ids are
for ever.
"""

GROUPS = {
    Group.AUDIT: ("audit", "Existing configuration"),
    Group.SPEC: ("validate", "integration.yaml"),
    Group.METADATA: ("validate", "Form and meaning of metadata"),
    Group.OPENAPI: ("openapi check", "OpenAPI documents"),
}


def page() -> str:
    """The page."""
    return HEAD + "\n" + "\n".join(line for group in Group for line in _group(group)) + "\n"


def _group(group: Group) -> Iterator[str]:
    command, title = GROUPS[group]
    rules = rules_of(group)
    yield f"## {title} (`sfsetup {command}`)\n"
    yield "| rule | severity | profiles | finds |"
    yield "|---|---|---|---|"
    for rule in rules:
        yield f"| [{rule.id}](#{rule.id.lower()}) | {rule.severity.value} | {_profiles(rule)} | {_cell(rule.title)} |"
    yield ""
    for rule in rules:
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    about = f", about {', '.join(rule.applies_to)}" if rule.applies_to else ""
    yield f"### {rule.id}\n"
    yield f"**{rule.title}.** {rule.severity.value}, confidence {rule.confidence.value}, {rule.certainty.value}{about}.\n"
    yield f"{rule.what}\n"
    yield f"*Why.* {rule.why}\n"
    yield f"*Fix.* {rule.fix}\n"
    if rule.exceptions:
        yield f"*Not meant.* {rule.exceptions}\n"
    yield "\n".join(("```", rule.example.rstrip("\n"), "```\n"))
    yield f"*Sources.* {'; '.join(rule.sources)}\n"


def _profiles(rule: Rule) -> str:
    if rule.group is not Group.AUDIT:
        return ""
    return ", ".join(profile.value for profile in Profile if profile in rule.profiles)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
