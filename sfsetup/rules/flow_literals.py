"""Literals of a flow with the name of the place that holds them, for the rules that judge values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsetup.facts.flow_parts import FlowValue

if TYPE_CHECKING:
    from sfsetup.facts.flow import Flow


@dataclass(frozen=True, slots=True)
class Literal:
    """One literal. `name` is what the place is called (an input, a variable), which may tell what belongs there."""

    place: str
    """`action Send input body`, `constant Key`: the element of a finding."""
    name: str
    text: str
    line: int


def literals(flow: Flow) -> Iterator[Literal]:
    """Literal texts of inputs, assignments, constants and default values. Labels and names are no literals."""
    for call in flow.action_calls:
        for given in call.inputs:
            yield from _literal(f"action {call.name} input {given.name}", given.name, given.value)
    for subflow in flow.subflows:
        for given in subflow.inputs:
            yield from _literal(f"subflow {subflow.name} input {given.name}", given.name, given.value)
    for operation in flow.record_operations:
        for given in operation.inputs:
            yield from _literal(f"{operation.kind} {operation.name} field {given.name}", given.name, given.value)
    for assignment in flow.assignments:
        for item in assignment.items:
            target = item.assign_to.rpartition(".")[2]
            yield from _literal(f"assignment {assignment.name} to {item.assign_to}", target, item.value)
    for variable in flow.variables:
        yield from _literal(f"variable {variable.name}", variable.name, variable.value)
    for resource in flow.resources:
        if resource.kind == "constants" and resource.text:
            yield Literal(f"constant {resource.name}", resource.name, resource.text, resource.line)


def _literal(place: str, name: str, value: FlowValue | None) -> Iterator[Literal]:
    if value is not None and value.kind == "stringValue" and value.text.strip():
        yield Literal(place, name, value.text, value.line)
