"""FL-013: actions that call what the service does not offer."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import ComponentRef, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import element_of
from sfsetup.rules.model import EVERY_PROFILE, Category, Problem, Rule, Unknown, Verdict

_TYPE = "ExternalServiceRegistration"


def check(context: AuditContext) -> Iterator[Verdict]:
    for entry in context.graph.calls:
        flow, call, registration = entry.flow, entry.call, entry.registration
        element = element_of(call)
        if registration is None:
            if call.namespace or context.is_managed(call.service):
                continue  # a package keeps its registrations to itself
            if context.is_complete(_TYPE):
                yield Problem(
                    flow,
                    f"calls {call.action_name}, and there is no service {call.service}",
                    element=element,
                    line=call.line,
                )
            else:
                yield Unknown(flow, f"the registration {call.service} was not read", ComponentRef(_TYPE, call.service))
        elif not registration.has_operations:
            continue  # older exports list none: that says nothing (ES-004)
        elif entry.operation is None:
            near = context.near(call.operation, (each.name for each in registration.operations))
            yield Problem(
                flow,
                f"calls {call.action_name}, which {registration.full_name} does not register"
                + (f"; {near} is near" if near else ""),
                element=element,
                line=call.line,
            )
        elif not entry.operation.active:
            yield Problem(
                flow, f"calls {call.action_name}, which is registered and not active", element=element, line=call.line
            )


RULE = Rule(
    id="FL-013",
    title="Flow calls an operation that is not there",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("Flow",),
    what="The registration that an action names does not list its operation, or lists it as inactive.",
    why="The flow cannot be saved or deployed, or fails when it runs.",
    fix="Correct the action, or activate the operation in the registration.",
    example="<actionName>CPaaSSMS.Send-Sms</actionName>\n<!-- the service registers send-sms-single -->",
    exceptions="Names compare without regard to case. Services of managed packages are not looked at.",
    sources=("Metadata API guide: meta_externalserviceregistration (operations)",),
    check=check,
)
