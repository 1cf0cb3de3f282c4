"""ES-005: operations that are switched off"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for service in context.facts.registrations:
        calls = context.calls_of(service)
        for operation in service.operations:
            if operation.active:
                continue
            flows = sorted({call.flow.full_name for call in calls if operation.is_named(call.call.operation)})
            yield Problem(
                service,
                f"has the operation {operation.name} inactive"
                + (f", and {', '.join(flows[:3])} calls it" if flows else "; nothing here calls it"),
                element=f"operation {operation.name}",
                line=operation.line,
                severity=Severity.HIGH if flows else Severity.INFO,
            )


RULE = Rule(
    id="ES-005",
    title="Operation is inactive",
    severity=Severity.LOW,
    category=Category.RELIABILITY,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalServiceRegistration",),
    what="An operation has active=false. High if a flow calls it, else info.",
    why="An inactive operation is known and cannot be called: a flow that uses it fails.",
    fix="Activate the operation, or take the action out of the flow.",
    example="<operations>\n    <active>false</active>\n    <name>getorders</name>\n</operations>",
    exceptions="Whoever registers a large document and chooses a few operations keeps the rest inactive on purpose.",
    sources=("Metadata API guide: meta_externalserviceregistration (operations)",),
    check=check,
)
