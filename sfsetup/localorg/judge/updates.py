"""Updates of a registration that External Services does not support (external-services 8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.facts.flow import Flow
from sfsetup.localorg.flow.values import APEX
from sfsetup.localorg.judge.check import Check, Problem, Wording

if TYPE_CHECKING:
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.localorg.callout.service import ServiceAction
    from sfsetup.localorg.flow.values import FlowType
    from sfsetup.localorg.judge.context import Context
    from sfsetup.localorg.service_shapes import ServiceShapes

_TYPE = "ExternalServiceRegistration"
_SWITCH = "schema-update-refused"
_SOURCE = "external-services 8: documented as not supported; no text known"

OPERATION = Check(
    "ES-20", _TYPE, "The active operation {name} cannot be removed.", _SOURCE, Wording.OURS, switch=_SWITCH
)
INPUT = Check(
    "ES-21",
    _TYPE,
    "The required input {input} of the active operation {name} cannot be removed.",
    _SOURCE,
    Wording.OURS,
    switch=_SWITCH,
)
OBJECT = Check(
    "ES-22",
    _TYPE,
    "The object {name}, which active operations use, cannot be removed.",
    _SOURCE,
    Wording.OURS,
    switch=_SWITCH,
)
PROPERTY = Check(
    "ES-23",
    _TYPE,
    "The required property {property} of the active object {name} cannot be removed.",
    _SOURCE,
    Wording.OURS,
    switch=_SWITCH,
)
IN_USE = Check(
    "ES-24",
    _TYPE,
    "The operation {name} cannot be deactivated: the flow {flow} uses it.",
    "messages 1: removal of an operation in use, no text known",
    Wording.OURS,
    switch=_SWITCH,
)

CHECKS = (OPERATION, INPUT, OBJECT, PROPERTY, IN_USE)


def judge(fact: ExternalServiceRegistration, context: Context) -> Iterator[Problem]:
    """What the update of a registered service takes away from what is in use."""
    before = context.stored_shapes(fact.full_name)
    if before is None:
        return
    after = context.shapes(fact.full_name)
    # Letter case may change (section 8).
    left = {action.name.lower(): action for action in (after.actions() if after else ())}
    known = {name.lower() for name in (after.operation_names() if after else ())}
    kept: list[ServiceAction] = []
    for action in before.actions():
        now = left.get(action.name.lower())
        if now is None:
            yield from _missing(action, known, fact, context)
            continue
        kept.append(action)
        inputs = {each.name.lower() for each in now.inputs}
        for each in action.inputs:
            if each.required and each.name.lower() not in inputs:
                yield from context.report(INPUT, fact.line_of("schema"), input=each.name, name=action.name)
    if after is not None:
        yield from _objects(before, after, kept, fact, context)


def _missing(
    action: ServiceAction, known: set[str], fact: ExternalServiceRegistration, context: Context
) -> Iterator[Problem]:
    """An operation that was active: gone from the document, or listed as inactive."""
    if action.name.lower() not in known:
        yield from context.report(OPERATION, fact.line_of("schema"), name=action.name)
        return
    for flow in context.all(Flow):
        if any(call.service == fact.full_name and call.operation == _spoken(action) for call in flow.external_calls):
            yield from context.report(IN_USE, fact.line_of("operations"), name=action.name, flow=flow.full_name)


def _spoken(action: ServiceAction) -> str:
    return action.name.partition(".")[2]


def _objects(
    before: ServiceShapes,
    after: ServiceShapes,
    kept: list[ServiceAction],
    fact: ExternalServiceRegistration,
    context: Context,
) -> Iterator[Problem]:
    line = fact.line_of("schema")
    now = {name.lower(): name for name in after.class_names()}
    for name in sorted(_reached(before, kept)):
        shape = before.class_shape(name)
        renewed = after.class_shape(now.get(name.lower(), ""))
        if shape is None:
            continue
        if renewed is None:
            yield from context.report(OBJECT, line, name=name)
            continue
        properties = {each.lower() for each in renewed.properties}
        for member in shape.properties.values():
            if member.required and member.name.lower() not in properties:
                yield from context.report(PROPERTY, line, property=member.wire, name=name)


def _reached(shapes: ServiceShapes, actions: list[ServiceAction]) -> set[str]:
    """Classes that these operations use, directly or inside others: the active objects."""
    todo: list[FlowType] = [end.type for action in actions for end in action.inputs]
    todo += [end.type for action in actions for end in action.outputs]
    seen: set[str] = set()
    while todo:
        kind = todo.pop()
        if kind.kind != APEX or kind.apex_class is None or kind.apex_class in seen:
            continue
        seen.add(kind.apex_class)
        shape = shapes.class_shape(kind.apex_class)
        if shape is not None:
            todo.extend(member.type for member in shape.properties.values())
    return seen
