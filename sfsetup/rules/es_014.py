"""ES-014: fields that a flow sends and the schema does not know"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.flow import Flow
from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.openapi.names import ServiceNames
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for call in context.graph.calls:
        schema = context.schema_of(call.registration) if call.registration else None
        operation = schema.operation(call.call.operation) if schema else None
        if operation is None:
            continue
        known = {each.name.lower() for each in operation.inputs}
        for given in call.call.inputs:
            if given.value is not None and given.name.lower() not in known:
                meant = context.near(given.name, [each.name for each in operation.inputs])
                yield Problem(
                    call.flow,
                    f"passes the input {given.name} to {call.call.name}, which operation {operation.action_name} does "
                    "not have" + (f"; there is {meant}" if meant else ""),
                    element=f"action {call.call.name} input {given.name}",
                    line=given.line,
                )
    for flow in context.facts.flows:
        yield from _assigned(context, flow)


def _assigned(context: AuditContext, flow: Flow) -> Iterator[Verdict]:
    """Assignments to members of Apex-defined variables, against the class that the schema gives."""
    classes = {
        each.name: _without_package(each.apex_class)
        for each in flow.variables
        if each.apex_class is not None and each.apex_class.startswith(_PREFIX)
    }
    for item in (item for node in flow.assignments for item in node.items) if classes else ():
        variable, _, path = item.assign_to.partition(".")
        apex_class = classes.get(variable)
        names = _names(context, apex_class) if apex_class and path else None
        wrong = _unknown_member(names, apex_class, path) if names else None
        if wrong is not None:
            member, known, is_sure = wrong
            meant = context.near(member, known)
            yield Problem(
                flow,
                f"sets {item.assign_to}, and the registered schema has no {member} in {apex_class}"
                + (f"; there is {meant}" if meant else f"; it has {', '.join(known[:6])}"),
                element=f"assignment {item.assign_to}",
                line=item.line,
                confidence=None if is_sure else Confidence.MEDIUM,
            )


_PREFIX = "ExternalService__"


def _without_package(apex_class: str) -> str:
    """`ExternalService__ns__Service_Type` as our names say it; a service's name holds no underscore."""
    return _PREFIX + apex_class.removeprefix(_PREFIX).rpartition("__")[2]


def _names(context: AuditContext, apex_class: str) -> ServiceNames | None:
    service = apex_class.removeprefix(_PREFIX).partition("_")[0]
    registration = context.graph.registration(service)
    return context.schema_of(registration).names if registration else None


def _unknown_member(names: ServiceNames, apex_class: str | None, path: str) -> tuple[str, list[str], bool] | None:
    """The first member of a path that its class does not have, those it has, and whether the class's name is sure."""
    for member in path.split("."):
        found = names.class_named(apex_class)
        if found is None or not found.properties:
            return None  # a class that is not predicted, or a map: nothing can be said
        wanted = member.lower()
        known = {each.flow_name.lower(): each for each in found.properties}
        known.update({each.name.lower(): each for each in found.properties})
        if wanted not in known and wanted.removesuffix("_set") not in known:
            is_sure = found.certainty is not Certainty.INFERRED
            return member, [each.flow_name for each in found.properties], is_sure
        apex_class = known[wanted].apex_class if wanted in known else None
        if apex_class is None:
            return None
    return None


RULE = Rule(
    id="ES-014",
    title="Flow sends a field that the schema does not have",
    severity=Severity.HIGH,
    certainty=Certainty.SEEN,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("Flow",),
    what="An input of an action, or a member of an ExternalService__ variable, that the registered text does not know.",
    why="The flow cannot be saved or activated any more, or the vendor never sees the value.",
    fix="Use the name of the schema (encoded as in sfsetup openapi names), or register the newer document.",
    example="<assignToReference>smsBody.to</assignToReference>\n<!-- and the schema has `destination` -->",
    exceptions="Names compare in their encoded and in their plain form, without regard to case.",
    sources=("Reference 'external services' 4.3 to 5: names seen in flows of real orgs",),
    check=check,
)
