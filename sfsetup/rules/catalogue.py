"""The catalogue: every rule of sfsetup by id, and the module that holds it. Nothing is imported before it is needed.

To add a rule: write its module in this folder with `RULE = Rule(...)` (or `RULES = (Rule(...), ...)` where several
rules are decided by one reader) and name the module below with the ids it holds, in order. Ids are never used again.

    rule("NC-002")                 one rule; imports its module only. KeyError for an id that does not exist
    rules_of(Group.AUDIT)          all rules of one command, in catalogue order
    ids(Group.SPEC)                ids alone; imports nothing
    describe(id)                   the Rule or None, for reports over findings of any command

Rules of `validate` (SP, MD) and `openapi check` (OA) have `check=None`: the command's own code finds, this describes.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from sfsetup.rules.model import Group, Rule


def _each(prefix: str, *numbers: int) -> dict[str, tuple[str, ...]]:
    """One module per rule: `nc_001` holds `NC-001`."""
    return {f"{prefix.lower()}_{number:03d}": (f"{prefix}-{number:03d}",) for number in numbers}


MODULES: dict[Group, dict[str, tuple[str, ...]]] = {
    Group.AUDIT: {
        **_each("NC", *range(1, 19)),
        **_each("EC", *range(1, 15)),
        **_each("ES", *range(1, 15)),
        **_each("PS", *range(1, 12)),
        **_each("FL", *range(1, 16)),
        **_each("RS", *range(1, 5)),
        **_each("CS", 1),
        **_each("CA", *range(1, 7)),
        **_each("SM", 1, 2),
        **_each("GN", 1, 2),
        "suppressions": ("GN-900", "GN-901", "GN-902", "GN-903"),
    },
    Group.SPEC: {"spec": tuple(f"SP-{number:03d}" for number in range(1, 39))},
    Group.METADATA: {
        "metadata": tuple(
            f"MD-{number:03d}"
            for first, last in ((1, 5), (10, 15), (20, 24), (30, 34), (40, 42), (44, 44), (50, 58), (60, 62))
            for number in range(first, last + 1)
        ),
    },
    Group.OPENAPI: {
        "openapi": (
            *(f"OA-A{number:02d}" for number in range(1, 12)),
            *(f"OA-B{number:02d}" for number in range(1, 15)),
            *(f"OA-C{number:02d}" for number in range(1, 17)),
        ),
    },
}
"""Module name -> ids of its rules, in the order of reports."""

RETIRED: frozenset[str] = frozenset()
"""Ids that once existed and must never come back with another meaning."""


def ids(group: Group | None = None) -> tuple[str, ...]:
    """Ids of one group, or of all, in catalogue order. Imports no rule."""
    groups = [group] if group else list(Group)
    return tuple(rule_id for g in groups for members in MODULES[g].values() for rule_id in members)


@cache
def _module_of() -> dict[str, str]:
    return {rule_id: module for members in MODULES.values() for module, held in members.items() for rule_id in held}


@cache
def rule(rule_id: str) -> Rule:
    """The rule with this id. Raises KeyError if there is none."""
    module = import_module(f"sfsetup.rules.{_module_of()[rule_id]}")
    held: tuple[Rule, ...] = module.RULES if hasattr(module, "RULES") else (module.RULE,)
    for candidate in held:
        if candidate.id == rule_id:
            return candidate
    raise KeyError(rule_id)


def describe(rule_id: str) -> Rule | None:
    """The rule, or None for an id that is not in the catalogue."""
    return rule(rule_id) if rule_id in _module_of() else None


def rules_of(group: Group) -> tuple[Rule, ...]:
    """All rules of one group, in catalogue order; imports them."""
    return tuple(rule(rule_id) for rule_id in ids(group))
