"""ES-009: schema updates that Salesforce refuses"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.access import some
from sfsetup.rules.context import AuditContext
from sfsetup.rules.drift import schema_changes
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for service, found in schema_changes(context):
        if isinstance(found, str):
            yield Unknown(service, found)
            continue
        refused = [change for change in found if change.kind.value == "refused"]
        if not refused:
            continue
        flows = sorted({call.flow.full_name for call in context.calls_of(service)})
        guess = any(change.certainty is Certainty.INFERRED for change in refused)
        yield Problem(
            service,
            f"cannot be updated to the document of the integration while its operations are active: "
            f"{some(change.message.rstrip('.') for change in refused)}"
            + (f". Flows that call it: {some(flows)}" if flows else ""),
            element="schema",
            line=service.line_of("schema"),
            confidence=Confidence.MEDIUM if guess else None,
        )


RULE = Rule(
    id="ES-009",
    title="Schema update would be refused",
    severity=Severity.HIGH,
    category=Category.DRIFT,
    applies_to=("ExternalServiceRegistration",),
    evidence=(Evidence.SPEC,),
    what="Between the registered text and the document lies a change that Salesforce refuses for active operations.",
    why="The deploy fails. Removed or renamed parts of active operations are refused.",
    fix="Deactivate the flows, then the operations; deploy; activate again. sfsetup openapi changes prints the order.",
    example="# registered: POST /orders with required property `customer`; the document: without it\n",
    exceptions="The page's list of refused changes was read in part; what goes beyond it has confidence medium.",
    sources=(
        "Salesforce Help: platform.external_services_appendix_update_schema",
        "Salesforce Help: platform.external_services_manage_edit",
    ),
    check=check,
)
