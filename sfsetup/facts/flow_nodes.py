"""Reads the elements of a flow: one pass over each, one function per kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sfsetup.facts.base import NAMES, flag_of, is_true, line_at, to_number, word_of, words
from sfsetup.facts.flow_parts import (
    ActionCall,
    Assignment,
    AssignmentItem,
    Condition,
    Connector,
    Decision,
    FlowValue,
    Input,
    Loop,
    Node,
    Output,
    RecordOperation,
    Resource,
    Rule,
    ScheduledPath,
    Start,
    Subflow,
    Variable,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_VALUE_KINDS = frozenset(
    (
        "elementReference",
        "stringValue",
        "numberValue",
        "booleanValue",
        "dateValue",
        "dateTimeValue",
        "timeValue",
        "apexValue",
        "sobjectValue",
        "complexValue",
        "formulaExpression",
        "setupReference",
        "transformValueReference",
    )
)
_CONNECTORS = frozenset(
    (
        "connector",
        "faultConnector",
        "defaultConnector",
        "nextValueConnector",
        "noMoreValuesConnector",
        "timeoutConnector",
    )
)


def _value(element: _Element) -> FlowValue | None:
    for child in element:
        kind = NAMES[child.tag]
        if kind in _VALUE_KINDS:
            return FlowValue(kind, child.text or "", line_at(child))
    return None


def _connector(element: _Element, kind: str) -> Connector:
    target, is_go_to = "", False
    for child in element:
        name = NAMES[child.tag]
        if name == "targetReference":
            target = word_of(child)
        elif name == "isGoTo":
            is_go_to = flag_of(child)
    return Connector(kind, target, line_at(element), is_go_to)


def _input(element: _Element, name_element: str = "name") -> Input:
    name, value = "", None
    for child in element:
        tag = NAMES[child.tag]
        if tag == name_element:
            name = child.text or ""
        elif tag == "value":
            value = _value(child)
    return Input(name, value, line_at(element))


def _output(element: _Element) -> Output:
    texts = words(element)
    return Output(texts.get("name", ""), texts.get("assignToReference", ""), line_at(element))


def _condition(element: _Element, left_element: str = "leftValueReference") -> Condition:
    return Condition(*_operands(element, left_element))


def _operands(element: _Element, left_element: str) -> tuple[str, str, FlowValue | None, int]:
    left, operator, right = "", "", None
    for child in element:
        tag = NAMES[child.tag]
        if tag == left_element:
            left = child.text or ""
        elif tag == "operator":
            operator = word_of(child)
        elif tag in ("rightValue", "value"):
            right = _value(child)
    return left, operator, right, line_at(element)


class _Parts:
    """Children of a node, sorted by what they are: one pass over the element."""

    __slots__ = ("connectors", "groups", "line", "texts")

    def __init__(self, element: _Element) -> None:
        self.line = line_at(element)
        self.texts: dict[str, str] = {}
        self.groups: dict[str, list[_Element]] = {}
        self.connectors: list[Connector] = []
        for child in element:
            name = NAMES[child.tag]
            if name in _CONNECTORS:
                self.connectors.append(_connector(child, name))
            elif len(child):
                self.groups.setdefault(name, []).append(child)
            else:
                self.texts[name] = child.text or ""

    def node(self, kind: str) -> dict[str, Any]:
        """The arguments that every node takes."""
        return {
            "kind": kind,
            "name": self.texts.get("name", ""),
            "label": self.texts.get("label"),
            "description": self.texts.get("description"),
            "connectors": tuple(self.connectors),
            "line": self.line,
        }

    def all(self, name: str, make: Callable[[_Element], Any]) -> tuple[Any, ...]:
        """Facts of the children with this name."""
        return tuple([make(element) for element in self.groups.get(name, ())])


def action_call(element: _Element, kind: str) -> ActionCall:
    """An action."""
    parts = _Parts(element)
    mappings = []
    for mapping in parts.groups.get("dataTypeMappings", ()):
        texts = words(mapping)
        mappings.append((texts.get("typeName", ""), texts.get("typeValue", "")))
    return ActionCall(
        **parts.node(kind),
        action_name=parts.texts.get("actionName", ""),
        action_type=parts.texts.get("actionType", "").strip(),
        inputs=parts.all("inputParameters", _input),
        outputs=parts.all("outputParameters", _output),
        transaction_model=parts.texts.get("flowTransactionModel"),
        store_output_automatically=is_true(parts.texts.get("storeOutputAutomatically")),
        data_type_mappings=tuple(mappings),
    )


def assignment(element: _Element, kind: str) -> Assignment:
    """An assignment element."""
    parts = _Parts(element)
    return Assignment(**parts.node(kind), items=parts.all("assignmentItems", _assignment_item))


def _assignment_item(element: _Element) -> AssignmentItem:
    return AssignmentItem(*_operands(element, "assignToReference"))


def decision(element: _Element, kind: str) -> Decision:
    """A decision with its rules."""
    parts = _Parts(element)
    rules = parts.all("rules", _rule)
    node = parts.node(kind)
    node["connectors"] = tuple(rule.connector for rule in rules if rule.connector) + node["connectors"]
    return Decision(**node, rules=rules)


def _rule(element: _Element) -> Rule:
    parts = _Parts(element)
    return Rule(
        name=parts.texts.get("name", ""),
        label=parts.texts.get("label"),
        logic=parts.texts.get("conditionLogic", ""),
        conditions=parts.all("conditions", _condition),
        connector=parts.connectors[0] if parts.connectors else None,
        line=parts.line,
    )


def loop(element: _Element, kind: str) -> Loop:
    """A loop."""
    parts = _Parts(element)
    return Loop(
        **parts.node(kind),
        collection=parts.texts.get("collectionReference", ""),
        item_variable=parts.texts.get("assignNextValueToReference"),
        order=parts.texts.get("iterationOrder"),
    )


def record_operation(element: _Element, kind: str) -> RecordOperation:
    """An element that reads or writes records."""
    parts = _Parts(element)
    return RecordOperation(
        **parts.node(kind),
        object=parts.texts.get("object"),
        input_reference=parts.texts.get("inputReference"),
        inputs=parts.all("inputAssignments", lambda each: _input(each, "field")),
        filters=parts.all("filters", lambda each: _condition(each, "field")),
    )


def subflow(element: _Element, kind: str) -> Subflow:
    """A call of another flow."""
    parts = _Parts(element)
    return Subflow(
        **parts.node(kind),
        flow_name=parts.texts.get("flowName", "").strip(),
        inputs=parts.all("inputAssignments", _input),
        outputs=parts.all("outputAssignments", _output),
    )


def other(element: _Element, kind: str) -> Node:
    """An element without a fact of its own: its ways out, also those one level deeper (wait events)."""
    parts = _Parts(element)
    inner = [
        _connector(found, NAMES[found.tag])
        for group in parts.groups.values()
        for holder in group
        for found in holder
        if NAMES[found.tag] in _CONNECTORS
    ]
    return Node(**{**parts.node(kind), "connectors": (*parts.connectors, *inner)})


def variable(element: _Element) -> Variable:
    """A variable."""
    parts = _Parts(element)
    texts = parts.texts
    value = parts.groups.get("value")
    return Variable(
        name=texts.get("name", ""),
        data_type=texts.get("dataType", "").strip(),
        apex_class=texts.get("apexClass"),
        object_type=texts.get("objectType"),
        is_collection=is_true(texts.get("isCollection")),
        is_input=is_true(texts.get("isInput")),
        is_output=is_true(texts.get("isOutput")),
        value=_value(value[0]) if value else None,
        description=texts.get("description"),
        line=parts.line,
    )


def resource(element: _Element, kind: str) -> Resource:
    """A constant, formula, text template or choice."""
    parts = _Parts(element)
    value = parts.groups.get("value")
    held = _value(value[0]) if value else None
    text = held.text if held else parts.texts.get("expression") or parts.texts.get("text") or ""
    scale = to_number(parts.texts.get("scale"))
    return Resource(kind, parts.texts.get("name", ""), parts.texts.get("dataType"), text, parts.line, scale)


def start(element: _Element) -> Start:
    """The start element."""
    parts = _Parts(element)
    schedule = parts.groups.get("schedule")
    return Start(
        trigger_type=parts.texts.get("triggerType"),
        record_trigger_type=parts.texts.get("recordTriggerType"),
        object=parts.texts.get("object"),
        connector=parts.connectors[0] if parts.connectors else None,
        scheduled_paths=parts.all("scheduledPaths", _scheduled_path),
        schedule_frequency=words(schedule[0]).get("frequency") if schedule else None,
        run_as_user=parts.texts.get("flowRunAsUser"),
        has_filters="filters" in parts.groups or bool(parts.texts.get("filterFormula")),
        line=parts.line,
    )


def _scheduled_path(element: _Element) -> ScheduledPath:
    parts = _Parts(element)
    return ScheduledPath(
        name=parts.texts.get("name", ""),
        path_type=parts.texts.get("pathType"),
        connector=parts.connectors[0] if parts.connectors else None,
        line=parts.line,
    )
