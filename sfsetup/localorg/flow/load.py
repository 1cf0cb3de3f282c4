"""Facts of a flow -> a program. What is not modelled becomes an element that says so when it is reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from sfsetup.localorg.flow import program as p
from sfsetup.localorg.flow.values import KINDS, NUMBER, TEXT, FlowType, FlowValue, plain_class
from sfsetup.localorg.formula.values import is_in_range

if TYPE_CHECKING:
    from sfsetup.facts import flow_parts as f
    from sfsetup.facts.flow import Flow

_RUNNABLE = ("AutoLaunchedFlow", "", None)


def load(flow: Flow) -> p.Program:
    """The program of one version."""
    variables = {each.name: _variable(each) for each in flow.variables}
    constants = {r.name: _literal_of(r.text, r.data_type) for r in flow.resources if r.kind == "constants"}
    formulas = {
        r.name: p.FormulaResource(r.name, FlowType(KINDS.get(r.data_type or "", TEXT)), r.text, r.scale)
        for r in flow.resources
        if r.kind == "formulas"
    }
    templates = {r.name: r.text for r in flow.resources if r.kind == "textTemplates"}
    elements = {element.name: element for element in _elements(flow)}
    start = flow.start.connector.target if flow.start and flow.start.connector else None
    return p.Program(
        name=flow.full_name,
        start=start,
        variables=variables,
        constants=constants,
        formulas=formulas,
        templates=templates,
        elements=elements,
        process_type=flow.process_type or "AutoLaunchedFlow",
        problem=_problem(flow),
    )


def _problem(flow: Flow) -> str | None:
    if flow.process_type not in _RUNNABLE:
        return f"The local org does not run flows of type {flow.process_type} ({flow.full_name})."
    if flow.start and flow.start.is_record_triggered:
        return f"The local org does not run record-triggered flows ({flow.full_name})."
    return None


def _elements(flow: Flow) -> Iterator[p.Element]:
    for assignment in flow.assignments:
        items = tuple(p.Item(i.assign_to, i.operator or "Assign", operand(i.value)) for i in assignment.items)
        yield p.Assignment(assignment.name, items, _way(assignment, "connector"))
    for decision in flow.decisions:
        yield p.Decision(
            decision.name, tuple(_rule(rule) for rule in decision.rules), _way(decision, "defaultConnector")
        )
    for loop in flow.loops:
        yield p.Loop(
            loop.name,
            loop.collection,
            loop.order != "Desc",
            _way(loop, "nextValueConnector"),
            _way(loop, "noMoreValuesConnector"),
            loop.item_variable,
        )
    for call in flow.action_calls:
        yield _call(call, call.action_type, call.action_name, call.store_output_automatically)
    for subflow in flow.subflows:
        # A subflow without output assignments stores its outputs under its own name.
        yield _call(subflow, "subflow", subflow.flow_name, not subflow.outputs)
    for node in (*flow.record_operations, *flow.other_nodes):
        yield p.Unmodelled(node.name, node.kind)


def _call(node: f.ActionCall | f.Subflow, kind: str, target: str, stores: bool) -> p.Call:
    return p.Call(
        node.name,
        kind,
        target,
        tuple((entry.name, value) for entry in node.inputs if (value := operand(entry.value)) is not None),
        tuple((entry.name, entry.assign_to) for entry in node.outputs),
        stores,
        _way(node, "connector"),
        _way(node, "faultConnector"),
    )


def _way(node: f.Node, kind: str) -> str | None:
    return next((each.target for each in node.connectors if each.kind == kind), None)


def _rule(rule: f.Rule) -> p.Rule:
    conditions = tuple(p.Condition(c.left, c.operator, operand(c.right)) for c in rule.conditions)
    way = rule.connector.target if rule.connector else None
    problem = None
    if rule.logic == "formula_evaluates_to_true" or not conditions:
        problem = f"The local org does not model the outcome {rule.name}, which has no plain conditions."
    return p.Rule(rule.name, rule.logic or "and", conditions, way, problem)


def _variable(variable: f.Variable) -> p.Variable:
    kind = KINDS.get(variable.data_type, TEXT)
    kept = FlowType(kind, plain_class(variable.apex_class) if kind == "Apex" else None, variable.is_collection)
    default = operand(variable.value)
    if default is not None and default.template is not None and "{!" not in default.template:
        default = p.Operand(literal=_literal_of(default.template, variable.data_type))
    return p.Variable(variable.name, kept, variable.is_input, variable.is_output, default)


def operand(value: f.FlowValue | None) -> p.Operand | None:
    """A FlowElementReferenceOrValue; None where there is none."""
    if value is None:
        return None
    if value.kind == "elementReference":
        return p.Operand(reference=value.text)
    if value.kind == "stringValue":
        return p.Operand(template=value.text)
    if value.kind == "formulaExpression":
        return p.Operand(formula=value.text)
    kinds = {"numberValue": "Number", "booleanValue": "Boolean", "dateValue": "Date", "dateTimeValue": "DateTime"}
    kinds["timeValue"] = "Time"
    if value.kind in kinds:
        return p.Operand(literal=_literal_of(value.text, kinds[value.kind]))
    return p.Operand(problem=f"The local org does not model values of the kind {value.kind}.")


def _literal_of(text: str, data_type: str | None) -> FlowValue:
    kind = KINDS.get(data_type or "", TEXT)
    try:
        if kind == NUMBER:
            found = Decimal(text.strip()) if text.strip() else None
            return found if found is not None and is_in_range(found) else None
        if kind == "Boolean":
            return text.strip() in ("true", "1")
        if kind == "Date":
            return date.fromisoformat(text.strip()[:10])
        if kind == "DateTime":
            moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if kind == "Time":
            return time.fromisoformat(text.strip().removesuffix("Z"))
    except (ValueError, InvalidOperation):
        return None
    return text
