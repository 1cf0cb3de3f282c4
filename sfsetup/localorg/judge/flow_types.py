"""What the references of a flow stand for, as far as a deploy can know it (external-services 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsetup.localorg.flow.values import APEX, BOOLEAN, KINDS, RECORD, TEXT, FlowType, plain_class

if TYPE_CHECKING:
    from sfsetup.facts.flow import Flow
    from sfsetup.facts.flow_parts import ActionCall, FlowValue
    from sfsetup.localorg.judge.context import Context

_LITERALS = {
    "stringValue": TEXT,
    "numberValue": "Number",
    "booleanValue": BOOLEAN,
    "dateValue": "Date",
    "dateTimeValue": "DateTime",
    "timeValue": "Time",
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """A reference that leads nowhere. `head` is what the flow lacks, or `property` what the type lacks."""

    reference: str
    head: str = ""
    property: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to; `type` is None where a deploy cannot know it."""

    type: FlowType | None
    is_variable: bool = False
    """True for a variable, a property of one, or a record: what can be assigned to."""


class References:
    """Looks references of one flow up."""

    def __init__(self, fact: Flow, names: frozenset[str], context: Context) -> None:
        self._names = names
        self._context = context
        self._variables = {each.name: each for each in fact.variables}
        self._calls = {each.name: each for each in fact.action_calls}
        self._loops = {each.name: each for each in fact.loops}
        self._rules = {rule.name for each in fact.decisions for rule in each.rules}
        self._resources = {each.name: each for each in fact.resources}
        self._found: dict[str, Target | Unknown] = {}

    def find(self, reference: str) -> Target | Unknown:
        """Where a reference leads."""
        found = self._found.get(reference)
        if found is None:
            found = self._found[reference] = self._find(reference)
        return found

    def _find(self, reference: str) -> Target | Unknown:
        head, *path = reference.strip().split(".")
        if head.startswith("$"):
            return Target(None, is_variable=head == "$Record")
        if head in self._variables:
            return self._walk(self.variable_type(head), path, reference, is_variable=True)
        if head in self._calls:
            return self._output(self._calls[head], path, reference)
        if head in self._loops:
            return self._item(head, path, reference)
        if head in self._rules:
            return Target(FlowType(BOOLEAN))
        if head in self._resources:
            kind = KINDS.get(self._resources[head].data_type or "")
            return Target(FlowType(kind) if kind and self._resources[head].kind == "formulas" else None)
        return Target(None) if head in self._names else Unknown(reference, head=head)

    def variable_type(self, name: str) -> FlowType | None:
        """The type of a variable; None for kinds that are not modelled."""
        variable = self._variables[name]
        kind = KINDS.get(variable.data_type)
        return FlowType(kind, plain_class(variable.apex_class), variable.is_collection) if kind else None

    def type_of(self, value: FlowValue | None) -> FlowType | None:
        """The type of an operand; None where it is not known."""
        if value is None:
            return None
        if value.reference is None:
            return FlowType(_LITERALS[value.kind]) if value.kind in _LITERALS else None
        found = self.find(value.reference)
        return found.type if isinstance(found, Target) else None

    def _output(self, call: ActionCall, path: list[str], reference: str) -> Target | Unknown:
        action = self._context.action(call.action_name) if call.is_external_service else None
        if action is None or not path:
            return Target(None)
        output = next((each for each in action.outputs if each.name == path[0]), None)
        if output is None:
            return Unknown(reference, property=path[0], of=call.name)
        return self._walk(output.type, path[1:], reference)

    def _item(self, name: str, path: list[str], reference: str) -> Target | Unknown:
        loop = self._loops[name]
        found = self.find(loop.collection) if loop.collection.partition(".")[0] != name else Target(None)
        kind = found.type.single if isinstance(found, Target) and found.type else None
        return self._walk(kind, path, reference, is_variable=True)

    def _walk(
        self, kind: FlowType | None, path: list[str], reference: str, *, is_variable: bool = False
    ) -> Target | Unknown:
        for name in path:
            if kind is None or kind.kind == RECORD:
                return Target(None, is_variable)
            shape = self._context.class_shape(kind.apex_class or "") if kind.kind == APEX else None
            if shape is None and kind.kind == APEX and not kind.collection:
                return Target(None, is_variable)
            found = shape.properties.get(name) if shape and not kind.collection else None
            if found is None:
                return Unknown(reference, property=name, of=str(kind))
            kind = found.type
        return Target(kind, is_variable)


def fits(given: FlowType, wanted: FlowType) -> bool:
    """Whether a value can go where another type is wanted; single values of simple types are not told apart."""
    if given.collection != wanted.collection:
        return False
    if APEX in (given.kind, wanted.kind):
        return given.kind == wanted.kind and given.apex_class == wanted.apex_class
    return RECORD not in (given.kind, wanted.kind) or given.kind == wanted.kind


def can_add(given: FlowType, wanted: FlowType) -> bool:
    """Whether the operator Add takes a value: an item or a collection into a collection, else like an assignment."""
    if wanted.collection:
        return fits(given.single, wanted.single)
    return fits(given, wanted)
