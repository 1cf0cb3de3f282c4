"""Flow: actions, Apex-defined types, references, connectors (metadata-types 5, 7; external-services 4, 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sfsetup.facts.flow import Flow
from sfsetup.localorg.flow.values import FlowType
from sfsetup.localorg.judge.check import Check, Problem, Wording
from sfsetup.localorg.judge.flow_types import References, Target, Unknown, can_add, fits

if TYPE_CHECKING:
    from sfsetup.facts.flow_parts import ActionCall
    from sfsetup.localorg.callout.service import ServiceAction
    from sfsetup.localorg.judge.context import Context

_TYPE = "Flow"
_CLASS = (
    '{name} (Variable) - "apexClass" is invalid. Provide the API name of an Apex class that includes an Apex data '
    "type supported in flows."
)
_ACTION = "{name} (Action) - We can't find an action with the name and action type that you specified."

CLASS = Check("FL-01", _TYPE, _CLASS, "messages 1 (forcedotcom/cli#2233, two repositories)", Wording.VERBATIM)
ACTION = Check("FL-02", _TYPE, _ACTION, "messages 1 (four repositories)", Wording.VERBATIM)
TOGETHER_CLASS = Check(
    "FL-03",
    _TYPE,
    _CLASS,
    "metadata-types 7: registration and flow in one first deploy (forcedotcom/cli#2233)",
    Wording.VERBATIM,
    switch="registration-and-flow-refused",
)
TOGETHER_ACTION = Check(
    "FL-04",
    _TYPE,
    _ACTION,
    "metadata-types 7: the same deploy with a flow that has no Apex-defined variable; its message is inferred",
    Wording.VERBATIM,
    switch="registration-and-flow-refused",
)
INPUT = Check(
    "FL-05",
    _TYPE,
    "{name} (Action) - The action {action} has no input {input}.",
    "no text known",
    Wording.OURS,
    switch="flow-inputs-checked",
    warns_off=True,
)
REQUIRED = Check(
    "FL-06",
    _TYPE,
    "{name} (Action) - The required input {input} of the action {action} has no value.",
    "no text known",
    Wording.OURS,
    switch="flow-inputs-checked",
    warns_off=True,
)
OUTPUT = Check(
    "FL-07",
    _TYPE,
    "{name} (Action) - The action {action} has no output {output}.",
    "no text known",
    Wording.OURS,
    switch="flow-inputs-checked",
    warns_off=True,
)
TYPE = Check(
    "FL-08",
    _TYPE,
    "{name} - {target} is {wanted}; {given} is given.",
    "no text known",
    Wording.OURS,
    switch="flow-types-checked",
    warns_off=True,
)
RESOURCE = Check(
    "FL-09",
    _TYPE,
    "{name} - The flow has no resource or element {head} ({reference}).",
    "no text known",
    Wording.OURS,
)
PROPERTY = Check(
    "FL-10",
    _TYPE,
    "{name} - {of} has no property {property} ({reference}).",
    "no text known",
    Wording.OURS,
    switch="flow-paths-checked",
    warns_off=True,
)
ASSIGNED = Check(
    "FL-11",
    _TYPE,
    "{name} - {reference} cannot be assigned to.",
    "no text known",
    Wording.OURS,
    switch="flow-paths-checked",
    warns_off=True,
)
CONNECTOR = Check(
    "FL-12", _TYPE, "{name} - The connector leads to {target}, which is no element.", "no text known", Wording.OURS
)
DUPLICATE = Check("FL-13", _TYPE, "The name {name} occurs more than once.", "no text known", Wording.OURS)
START = Check("FL-14", _TYPE, "The flow has no start element.", "no text known", Wording.OURS)
SUBFLOW = Check(
    "FL-15",
    _TYPE,
    "{name} (Subflow) - There is no flow {flow}.",
    "no text known",
    Wording.OURS,
    switch="missing-subflow-refused",
    warns_off=True,
)
NO_CLASS = Check("FL-16", _TYPE, _CLASS, "messages 1, for a variable that names no class", Wording.PATTERN)

CHECKS = (
    CLASS,
    ACTION,
    TOGETHER_CLASS,
    TOGETHER_ACTION,
    INPUT,
    REQUIRED,
    OUTPUT,
    TYPE,
    RESOURCE,
    PROPERTY,
    ASSIGNED,
    CONNECTOR,
    DUPLICATE,
    START,
    SUBFLOW,
    NO_CLASS,
)

_REFERENCES = frozenset(
    ("elementReference", "leftValueReference", "assignToReference", "collectionReference", "inputReference")
)
_STARTLESS = ("Draft", "InvalidDraft", "Obsolete")


def judge(fact: Flow, context: Context, names: frozenset[str]) -> Iterator[Problem]:
    """What is wrong with a flow."""
    together = _together(fact, context)
    yield from _classes(fact, context, together)
    references = References(fact, names, context)
    for call in fact.action_calls:
        yield from _call(call, fact, context, references, together)
    yield from _structure(fact, context)
    yield from _references(fact, context, references)
    yield from _assignments(fact, context, references)
    for subflow in fact.subflows:
        if subflow.flow_name and "__" not in subflow.flow_name and not context.is_named(_TYPE, subflow.flow_name):
            yield from context.report(SUBFLOW, subflow.line, name=subflow.name, flow=subflow.flow_name)


def _together(fact: Flow, context: Context) -> frozenset[str]:
    """Services that this deploy registers for the first time, where the switch refuses the flow beside them."""
    if not context.on("registration-and-flow-refused"):
        return frozenset()
    named = {call.service for call in fact.external_calls}
    named.update(service for each in fact.variables if (service := context.service_of(each.apex_class or "")))
    return frozenset(name for name in named if context.first_time(name))


def _classes(fact: Flow, context: Context, together: frozenset[str]) -> Iterator[Problem]:
    for variable in fact.variables:
        if variable.data_type != "Apex":
            continue
        name = (variable.apex_class or "").strip()
        if not name:
            yield from context.report(NO_CLASS, variable.line, name=variable.name)
        elif context.service_of(name) in together:
            yield from context.report(TOGETHER_CLASS, variable.line, name=variable.name)
        elif not _is_class(name, context):
            yield from context.report(CLASS, variable.line, name=variable.name)
        elif context.on("registration-and-flow-refused") and context.class_arrives(name):
            # The type is as new to the org as that of a first registration; a report of this case is not known.
            yield from context.report(TOGETHER_CLASS, variable.line, name=variable.name)


def _is_class(name: str, context: Context) -> bool:
    """Whether the org has the class, as a type of a service or as Apex; packages cannot be looked into."""
    if name.startswith("ExternalService__"):
        return context.class_shape(name) is not None or "__" in name.removeprefix("ExternalService__")
    outer = name.partition(".")[0]
    return "__" in outer or context.is_named("ApexClass", outer)


def _call(
    call: ActionCall, fact: Flow, context: Context, references: References, together: frozenset[str]
) -> Iterator[Problem]:
    if call.action_type == "apex":
        if "__" not in call.action_name and not context.is_named("ApexClass", call.action_name.partition(".")[0]):
            yield from context.report(ACTION, call.line, name=call.name)
        return
    if not call.is_external_service or call.namespace:
        return
    if call.service in together:
        # With an Apex-defined variable only that one was seen to be reported.
        if not any(context.service_of(each.apex_class or "") in together for each in fact.variables):
            yield from context.report(TOGETHER_ACTION, call.line, name=call.name)
        return
    action = context.action(call.action_name)
    if action is None:
        yield from context.report(ACTION, call.line, name=call.name)
        return
    if context.on("registration-and-flow-refused") and context.action_arrives(call.action_name):
        yield from context.report(TOGETHER_ACTION, call.line, name=call.name)
        return
    yield from _inputs(call, action, context, references)
    outputs = {each.name: each.type for each in action.outputs}
    for output in call.outputs:
        if output.name not in outputs:
            yield from context.report(OUTPUT, output.line, name=call.name, action=action.name, output=output.name)
            continue
        target = references.find(output.assign_to)
        if isinstance(target, Target) and target.type and not fits(outputs[output.name], target.type):
            values: dict[str, Any] = {"target": output.assign_to, "wanted": target.type, "given": outputs[output.name]}
            yield from context.report(TYPE, output.line, name=call.name, **values)


def _inputs(call: ActionCall, action: ServiceAction, context: Context, references: References) -> Iterator[Problem]:
    known = {each.name: each for each in action.inputs}
    given = {each.name for each in call.inputs if each.value is not None}
    for each in call.inputs:
        if each.name not in known:
            yield from context.report(INPUT, each.line, name=call.name, action=action.name, input=each.name)
            continue
        kind = references.type_of(each.value)
        wanted = known[each.name].type
        if kind is not None and not fits(kind, wanted):
            values: dict[str, Any] = {"target": each.name, "wanted": wanted, "given": kind}
            yield from context.report(TYPE, each.line, name=call.name, **values)
    for wants in action.inputs:
        if wants.required and wants.name not in given:
            yield from context.report(REQUIRED, call.line, name=call.name, action=action.name, input=wants.name)


def _structure(fact: Flow, context: Context) -> Iterator[Problem]:
    nodes = list(fact.nodes)
    places = [(each.name, each.line) for each in nodes]
    places += [(each.name, each.line) for each in fact.variables]
    places += [(each.name, each.line) for each in fact.resources]
    count = Counter(name for name, _ in places)
    for name, line in places:
        if count[name] > 1:
            count[name] = 0
            yield from context.report(DUPLICATE, line, name=name)
    known = {node.name for node in nodes}
    ways = [(node.name, way) for node in nodes for way in node.connectors]
    start = fact.start
    if start is None and fact.status not in _STARTLESS:
        yield from context.report(START, fact.line)
    if start is not None:
        ways += [
            ("Start", way) for way in (start.connector, *(each.connector for each in start.scheduled_paths)) if way
        ]
    for name, way in ways:
        if way.target not in known:
            yield from context.report(CONNECTOR, way.line, name=name, target=way.target)


def _references(fact: Flow, context: Context, references: References) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for reference in fact.references:
        key = (reference.owner, reference.text)
        if key in seen:
            continue
        seen.add(key)
        found = references.find(reference.text)
        if isinstance(found, Target):
            continue
        values: dict[str, Any]
        if found.property:
            values = {"of": found.of, "property": found.property, "reference": reference.text}
            yield from context.report(PROPERTY, reference.line, name=reference.owner, **values)
        elif reference.element in _REFERENCES:
            # A merge field in a text may be a function of a formula; those are left to the run.
            values = {"head": found.head, "reference": reference.text}
            yield from context.report(RESOURCE, reference.line, name=reference.owner, **values)


def _assignments(fact: Flow, context: Context, references: References) -> Iterator[Problem]:
    for node in fact.assignments:
        for item in node.items:
            target = references.find(item.assign_to)
            if isinstance(target, Unknown):
                continue
            if not target.is_variable:
                yield from context.report(ASSIGNED, item.line, name=node.name, reference=item.assign_to)
                continue
            given = references.type_of(item.value)
            if given is not None and target.type is not None and not _takes(item.operator, given, target.type):
                values: dict[str, Any] = {"target": item.assign_to, "wanted": target.type, "given": given}
                yield from context.report(TYPE, item.line, name=node.name, **values)


def _takes(operator: str, given: FlowType, wanted: FlowType) -> bool:
    if operator == "Assign":
        return fits(given, wanted)
    if operator in ("Add", "AddItem", "AddAtStart"):
        return can_add(given, wanted)
    return True
