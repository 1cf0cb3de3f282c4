"""FL-001: callouts whose failure nothing catches."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import element_of, services
from sfsetup.rules.model import EVERY_PROFILE, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for paths, call in services(context):
        if call.fault_connector is None and not paths.only_after_fault(call.name):
            yield Problem(
                paths.flow,
                f"calls {call.action_name} in {call.name} and has no fault path for it",
                element=element_of(call),
                line=call.line,
            )


RULE = Rule(
    id="FL-001",
    title="External service action without fault path",
    severity=Severity.HIGH,
    certainty=Certainty.SEEN,
    category=Category.RELIABILITY,
    profiles=EVERY_PROFILE,
    applies_to=("Flow",),
    what="An external service action has no faultConnector and does not itself stand on a fault path.",
    why=(
        "An HTTP error, a missing principal or a timeout ends the flow: the user sees an unhandled fault, and all "
        "that the transaction had done is rolled back. 29 of 32 such actions in public repositories had none."
    ),
    fix="Connect the action's fault path to an element that records or shows the error.",
    example=(
        "<actionCalls>\n    <name>Send_SMS</name>\n    <actionName>CPaaSSMS.Send-Sms-Single</actionName>\n"
        "    <actionType>externalService</actionType>\n    <connector>…</connector>\n</actionCalls>"
    ),
    exceptions="An action on a fault path; an action that nothing leads to. Subflow elements have no fault path.",
    sources=("Seen in 29 of 32 actions of 52 public repositories", "Metadata API guide: meta_visual_workflow"),
    check=check,
)
