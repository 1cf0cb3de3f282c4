"""ES-006: operations that nothing calls"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    NotApplicable,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    sure = context.is_complete("Flow") and context.is_complete("ApexClass")
    if not sure and not context.facts.flows and not context.has_apex:
        if context.facts.registrations:
            # a folder may leave callers to other folders; an org has them, read or not
            if context.evidence is None:
                yield NotApplicable("no flow and no Apex is among these files")
            else:
                yield Unknown(None, "no flow and no Apex was read that could call an operation")
        return
    for service in context.facts.registrations:
        if context.graph.apex_uses_of_service(service):
            continue  # Apex says which service it uses; which operations cannot be told without its classes
        called = {call.call.operation for call in context.calls_of(service)}
        active = [operation for operation in service.operations if operation.active]
        unused = [operation for operation in active if not any(operation.is_named(name) for name in called)]
        for operation in unused:
            yield Problem(
                service,
                f"has the operation {operation.name}, which no flow and no Apex {'calls' if sure else 'here calls'}",
                element=f"operation {operation.name}",
                line=operation.line,
                severity=Severity.INFO if len(unused) < len(active) else None,
            )


RULE = Rule(
    id="ES-006",
    title="Operation is not used",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    certainty=Certainty.SEEN,
    category=Category.HYGIENE,
    applies_to=("ExternalServiceRegistration",),
    what="An active operation that no flow calls, of a service that no Apex uses. Info while another one is in use.",
    why="Each active operation is one more thing a flow may do, generates classes, and forbids changes of the schema.",
    fix="Deactivate it.",
    example="<operations>\n    <active>true</active>\n    <name>deleteaccount</name>\n</operations>\n"
    "<!-- and no flow with Bank.deleteAccount -->",
    exceptions="Agentforce topics, OmniStudio and bots call operations too; they are not read.",
    sources=("Salesforce Help: platform.external_services_manage_edit", "Seen: 90 of 101 registered operations"),
    check=check,
)
