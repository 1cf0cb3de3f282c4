"""Will Salesforce take the document? Every rule of External Services over a document, and a verdict per operation.

One pass over every schema; findings carry JSON pointers, lines are looked up by whoever prints them
(`Acceptance.with_lines`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from sfsetup.model.finding import Finding, Severity, in_order
from sfsetup.openapi.check_document import Limit, check_document, check_limits, duplicate_operations
from sfsetup.openapi.check_operation import OperationCheck
from sfsetup.openapi.check_schema import Problem, SchemaWalk, Unit, pointer_of
from sfsetup.openapi.cycles import cycles
from sfsetup.openapi.encode import derived_operation_name, encode
from sfsetup.openapi.rule_table import RULES, AcceptanceRule, Effect
from sfsetup.openapi.usable import Usable
from sfsetup.text.pointers import escape
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation

__all__ = ["RULES", "Acceptance", "AcceptanceRule", "Limit", "OperationVerdict", "Verdict", "check", "refusals"]


class Verdict(Enum):
    """What an operation is good for."""

    FLOW = "flow"
    APEX_ONLY = "apexOnly"
    AFTER_FIT = "afterFit"
    UNUSABLE = "unusable"


_VERDICTS = {
    Effect.NONE: Verdict.FLOW,
    Effect.APEX_ONLY: Verdict.APEX_ONLY,
    Effect.AFTER_FIT: Verdict.AFTER_FIT,
    Effect.UNUSABLE: Verdict.UNUSABLE,
}


@dataclass(frozen=True, slots=True)
class OperationVerdict:
    """The verdict on one operation with the rules that speak about it."""

    operation_id: str | None
    method: str
    path: str
    verdict: Verdict
    rules: tuple[str, ...]
    pointer: str
    why: str = ""
    """The decisive reason in one sentence; empty for `flow`."""
    blocking: tuple[str, ...] = ()
    """Those of the rules that keep it from being usable in Flow as it is."""

    def as_json(self) -> dict[str, Any]:
        """The object of the contracts."""
        return {
            "operationId": self.operation_id,
            "method": self.method.upper(),
            "path": self.path,
            "verdict": self.verdict.value,
            "rules": list(self.rules),
            "blocking": list(self.blocking),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What there is to say about a document. Findings are worst first and have no lines yet."""

    document: OpenApiDocument
    findings: tuple[Finding, ...]
    operations: tuple[OperationVerdict, ...]
    limits: tuple[Limit, ...]
    characters: int

    def with_lines(self, findings: Iterable[Finding] | None = None) -> tuple[Finding, ...]:
        """The findings (or some of them) with file and line, which costs a look at the text."""
        chosen = self.findings if findings is None else tuple(findings)
        lines = self.document.lines(one.pointer for one in chosen if one.pointer is not None)
        return in_order(replace(one, line=lines.get(one.pointer or "")) for one in chosen)

    def as_json(self) -> dict[str, Any]:
        """`result` of `openapi check --json`."""
        return {
            "document": {
                "version": self.document.version,
                "characters": self.characters,
                "syntax": self.document.syntax,
                "file": self.document.name,
            },
            "operations": [one.as_json() for one in sorted(self.operations, key=lambda one: (one.path, one.method))],
            "limits": [one.as_json() for one in self.limits],
            "findings": [one.as_json() for one in self.with_lines()],
        }


def check(document: OpenApiDocument) -> Acceptance:
    """Judges a document; never raises for what is in it."""
    return _Check(document).run()


def refusals(acceptance: Acceptance) -> tuple[Finding, ...]:
    """The findings for which Salesforce refuses the registration; the others are warnings or hints."""
    return tuple(one for one in acceptance.findings if RULES[one.rule].refuses and one.severity.at_least(Severity.HIGH))


class _Check:
    def __init__(self, document: OpenApiDocument) -> None:
        self._document = document
        self._walk = SchemaWalk(document)

    def run(self) -> Acceptance:
        """All levels, then the roll-up."""
        document = self._document
        whole = check_document(document)
        for name, schema in document.schemas.items():
            self._walk.unit(schema, f"{document.schemas_pointer}/{escape(name)}")
        checker = OperationCheck(document, self._walk)
        units = [checker.check(operation) for operation in document.operations]
        self._duplicates(units)
        active = self._reachable(units)
        limits = check_limits(document, self._walk, active, whole)
        self._recursion()
        self._roll_up()
        verdicts = self._verdicts(whole, units)
        findings = self._findings([whole, *units, *self._walk.units.values()])
        return Acceptance(document, findings, verdicts, limits, document.characters)

    def _duplicates(self, units: Sequence[Unit]) -> None:
        operations = self._document.operations
        registered = [_registered(operation) for operation in operations]
        for first, second in duplicate_operations(operations, registered):
            label, other = operations[second].label, operations[first].label
            message = f"{label} and {other} give one registered operation, {registered[first]}; one of them is lost."
            units[second].add("OA-B12", units[second].link, message)
            units[first].rules.add("OA-B12")
            units[first].blocking.add("OA-B12")
            units[first].effect = max(units[first].effect, RULES["OA-B12"].effect)

    def _reachable(self, units: Sequence[Unit]) -> set[str]:
        stack = [reference for unit in units for reference in unit.references]
        seen: set[str] = set()
        while stack:
            pointer = stack.pop()
            if pointer not in seen and pointer in self._walk.units:
                seen.add(pointer)
                stack.extend(self._walk.units[pointer].references)
        return seen

    def _recursion(self) -> None:
        linked = {pointer: sorted(unit.references) for pointer, unit in self._walk.units.items() if unit.references}
        for component in cycles(linked):
            first = min(component)
            unit = self._walk.units[first]
            shown = " → ".join(pointer.rpartition("/")[2] for pointer in sorted(component)[:4])
            unit.add(
                "OA-C13", unit.link, f"The schema refers to itself ({shown}); what Salesforce makes of it is unknown."
            )

    def _roll_up(self) -> None:
        """Carries rules and effects from each schema to those that refer to it."""
        units = self._walk.units
        users: dict[str, list[Unit]] = {}
        for unit in units.values():
            for pointer in unit.references:
                users.setdefault(pointer, []).append(unit)
        pending = [unit for unit in units.values() if unit.rules]
        while pending:
            unit = pending.pop()
            for user in users.get(unit.link[1], ()):
                if not unit.rules <= user.rules or unit.effect > user.effect:
                    user.rules |= unit.rules
                    user.blocking |= unit.blocking
                    user.effect = max(user.effect, unit.effect)
                    pending.append(user)

    def _verdicts(self, whole: Unit, units: Sequence[Unit]) -> tuple[OperationVerdict, ...]:
        usable = Usable(self._document)
        return tuple(
            self._verdict(operation, unit, whole, usable)
            for operation, unit in zip(self._document.operations, units, strict=True)
        )

    def _verdict(self, operation: Operation, unit: Unit, whole: Unit, usable: Usable) -> OperationVerdict:
        rules, blocking, effect = set(unit.rules), unit.blocking | whole.blocking, unit.effect
        reason = _worst(unit)
        if effect is not Effect.UNUSABLE and whole.effect > effect:
            effect, reason = whole.effect, _worst(whole)
        if whole.effect > Effect.NONE:
            rules |= whole.blocking
        for pointer in unit.references:
            schema = self._walk.units.get(pointer)
            if schema is not None:
                rules |= schema.rules
                blocking |= schema.blocking
                if schema.effect > effect:
                    effect, reason = schema.effect, self._reason_below(schema)
        if effect is Effect.NONE:
            apex = usable.why_not(operation)
            if apex:
                effect, reason = Effect.APEX_ONLY, apex
        return OperationVerdict(
            operation.operation_id,
            operation.method,
            operation.path,
            _VERDICTS[effect],
            tuple(sorted(rules)),
            operation.pointer,
            reason if effect > Effect.NONE else "",
            tuple(sorted(blocking)),
        )

    def _reason_below(self, unit: Unit) -> str:
        """The message of the first problem at or below a unit that has the unit's effect."""
        stack, seen = [unit], {unit.link[1]}
        while stack:
            one = stack.pop()
            for problem in one.problems:
                if _effect(problem) >= unit.effect:
                    return f"{problem.message} ({pointer_of(problem.link)})"
            for pointer in sorted(one.references):
                if pointer not in seen and pointer in self._walk.units:
                    seen.add(pointer)
                    stack.append(self._walk.units[pointer])
        return ""

    def _findings(self, units: Iterable[Unit]) -> tuple[Finding, ...]:
        found: dict[tuple[str, str, str], Finding] = {}
        count: dict[tuple[str, str], int] = {}
        for unit in units:
            for problem in unit.problems:
                pointer = pointer_of(problem.link)
                key = (problem.rule, pointer, problem.message)
                if key not in found:
                    ordinal = count.get(key[:2], 0)
                    count[key[:2]] = ordinal + 1
                    found[key] = self._finding(problem, pointer, ordinal)
        return in_order(found.values())

    def _finding(self, problem: Problem, pointer: str, ordinal: int) -> Finding:
        row = RULES[problem.rule]
        return Finding(
            rule=row.id,
            severity=problem.severity or row.severity,
            message=problem.message,
            fix=problem.fix or (f"{row.fix} `openapi fit` {row.repair}." if row.repair else row.fix),
            certainty=problem.certainty or row.certainty,
            file=self._document.place(pointer)[0],
            pointer=pointer,
            ordinal=ordinal,
        )


def _registered(operation: Operation) -> str:
    name = operation.operation_id or derived_operation_name(operation.method, operation.path)
    return encode(name).lower()


def _effect(problem: Problem) -> Effect:
    return RULES[problem.rule].effect if problem.effect is None else problem.effect


def _worst(unit: Unit) -> str:
    worst = max(unit.problems, key=_effect, default=None)
    return worst.message if worst is not None else "Another operation has the same name."
