"""The acceptance rules of `openapi check` as rows of the catalogue; openapi/ decides them and keeps their table."""

from __future__ import annotations

from typing import Final

from sfsetup.model.finding import Severity
from sfsetup.openapi.rule_table import RULES as ROWS
from sfsetup.openapi.rule_table import AcceptanceRule, Effect
from sfsetup.rules.model import Category, Evidence, Group, Rule

_EFFECTS: Final = {
    Effect.NONE: "The operation stays usable in Flow.",
    Effect.APEX_ONLY: "The operation is usable from Apex alone.",
    Effect.AFTER_FIT: "The operation is usable after `openapi fit`.",
    Effect.UNUSABLE: "The operation cannot be used.",
}


def _rule(row: AcceptanceRule) -> Rule:
    why = _EFFECTS[row.effect]
    if row.refuses:
        # at a severity below high the rule speaks of two things, and its findings say which
        graded = not row.severity.at_least(Severity.HIGH)
        refused = "Of severity high, Salesforce refuses" if graded else "Salesforce refuses"
        why = f"{refused} the registration. {f'Else {why[:1].lower()}{why[1:]}' if graded else why}"
    return Rule(
        id=row.id,
        title=row.title,
        severity=row.severity,
        category=Category.CORRECTNESS,
        applies_to=("ExternalServiceRegistration",),
        what=row.title,
        why=why,
        fix=row.fix,
        example=row.example,
        sources=(row.source,),
        certainty=row.certainty,
        evidence=(Evidence.SPEC,),
        group=Group.OPENAPI,
    )


RULES: Final = tuple(_rule(row) for row in ROWS.values())
