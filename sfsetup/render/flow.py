"""Context of Flow.xml.j2: from the flat inputs to the call, and from its answer to the flat outputs.

    start -> set what is required -> (given? -> set)… for each optional value -> call
          -> 2xx?  yes: ok, result, scalars of the result     no: errorMessage
          -> fault: errorMessage from the platform

An optional value is assigned only when it was given: External Services notes each assignment (`<member>_set`), so that
assigning an empty value could send `null` (reference 'external services', section 4.5; that it is sent is inference).
An object inside the body is built in a variable of its own and put into its parent last, as flows of real orgs do.
Element names are unique in the flow; they are made here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from typing import Any

from sfsetup.spec.interface import BuiltObject, FlowInput, FlowInterface, Namer, Success
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.versions import number
from sfsetup.values import dataclass

_METRICS_SWITCH_SINCE = 63.0
"""Flow.areMetricsLoggedToDataCloud, first API version (WSDL)."""

_DATA_TYPES = {"Text": "String", "Boolean": "Boolean", "Number": "Number", "Date": "Date", "DateTime": "DateTime"}
_DECIMALS = 8
"""Decimal places of a Number that is no integer; a flow variable needs some."""


@dataclass(frozen=True, slots=True)
class Item:
    """One assignment: a reference, a text (merge fields allowed) or a boolean goes to `target`."""

    target: str
    reference: str | None = None
    text: str | None = None
    boolean: bool | None = None
    operator: str = "Assign"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One Assignment element."""

    name: str
    label: str
    assign_items: tuple[Item, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; the right side is a number or a boolean."""

    left: str
    operator: str
    number: str | None = None
    boolean: bool | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One Decision element with one rule."""

    name: str
    label: str
    rule_name: str
    rule_label: str
    conditions: tuple[Condition, ...]
    logic: str = "and"
    then: str | None = None
    otherwise: str | None = None
    otherwise_label: str = "Otherwise"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the flow."""

    name: str
    data_type: str
    apex_class: str | None = None
    description: str | None = None
    is_collection: bool = False
    is_input: bool = False
    is_output: bool = False
    scale: int | None = None
    initial: bool | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """Assignments, all of them or only under a condition."""

    assignment: Assignment
    decision: Decision | None = None

    @property
    def entry(self) -> str:
        return self.decision.name if self.decision else self.assignment.name


@dataclass
class _Flow:
    assignments: list[Assignment] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def context(spec: IntegrationSpec, interface: FlowInterface, api_version: str) -> dict[str, Any]:
    """Everything the template shows."""
    if spec.flow is None:
        raise ValueError("the integration has no flow")
    return _Builder(spec, interface, api_version).context()


class _Builder:
    def __init__(self, spec: IntegrationSpec, interface: FlowInterface, api_version: str) -> None:
        assert spec.flow is not None
        self.spec, self.flow, self.interface, self.api_version = spec, spec.flow, interface, api_version
        objects = [built.variable for built in _objects(interface.body)]
        taken = [*(item.name for item in interface.inputs), *interface.output_names, *objects]
        self.namer = Namer(taken)
        self.call = self.namer.give(f"Call_{interface.operation.operation_id or interface.operation.method}")
        self.made = _Flow()

    def context(self) -> dict[str, Any]:
        body_reference, steps = self._request()
        first = self._chain(steps, self.call)
        accepted = self._accepted()
        fault = self._fault()
        inputs = [{"name": item.target, "reference": item.name} for item in self.interface.parameters]
        if body_reference:
            inputs.append({"name": self.interface.body_input, "reference": body_reference})
        return {
            "api_version": self.api_version,
            "has_metrics_switch": number(self.api_version) >= _METRICS_SWITCH_SINCE,
            "description": self.flow.description,
            "label": self.flow.label,
            "interview_label": f"{self.flow.label} {{!$Flow.CurrentDateTime}}",
            "restrict": self.flow.restrict,
            "status": "Active" if self.flow.activate else "Draft",
            "first": first,
            "call": {
                "name": self.call,
                "label": _label(f"Call {self.interface.operation.operation_id or self.interface.operation.path}"),
                "action_name": self.interface.action_name,
                "inputs": sorted(inputs, key=lambda item: item["name"]),
                "next": accepted,
                "fault": fault,
            },
            "assignments": sorted(self.made.assignments, key=lambda node: node.name),
            "decisions": sorted(self.made.decisions, key=lambda node: node.name),
            "variables": sorted(self._variables(), key=lambda variable: variable.name),
        }

    # the request

    def _request(self) -> tuple[str, list[_Step]]:
        interface = self.interface
        if interface.body_value is not None:
            return interface.body_value.name, []
        if interface.body is None:
            return "", []
        if not interface.body_is_collection:
            return interface.body.variable, list(self._fill(interface.body))
        steps = list(self._fill(interface.body))
        many = self._list_variable
        add = Item(many, reference=interface.body.variable, operator="Add")
        return many, [*steps, self._always(f"Add_{interface.body.variable}", "Add the element", (add,))]

    @property
    def _list_variable(self) -> str:
        assert self.interface.body is not None
        return f"{self.interface.body.variable}_list"

    def _fill(self, built: BuiltObject) -> Iterator[_Step]:
        sure = tuple(_assign(built, item) for item in built.fields if item.required)
        if sure:
            yield self._always(f"Set_{built.variable}", f"Set {built.variable}", sure)
        for item in built.fields:
            if not item.required:
                yield self._when_given(item.name, (item,), _assign(built, item))
        for child in built.children:
            yield from self._fill(child)
            put = Item(
                f"{built.variable}.{child.property}",
                reference=child.variable,
                operator="Add" if child.into_collection else "Assign",
            )
            if child.required:
                yield self._always(f"Put_{child.variable}", f"Put {child.variable} into {built.variable}", (put,))
            else:
                yield self._when_given(child.variable, tuple(child.leaves()), put)

    def _always(self, name: str, label: str, items: tuple[Item, ...]) -> _Step:
        return _Step(Assignment(self.namer.give(name), _label(label), items))

    def _when_given(self, name: str, inputs: tuple[FlowInput, ...], item: Item) -> _Step:
        conditions = tuple(Condition(given.name, "IsNull", boolean=False) for given in inputs)
        assignment = Assignment(self.namer.give(f"Set_{name}"), _label(f"Set {name}"), (item,))
        decision = Decision(
            name=self.namer.give(f"Is_{name}_given"),
            label=_label(f"Is {name} given?"),
            rule_name=self.namer.give(f"Given_{name}"),
            rule_label="Given",
            conditions=conditions,
            logic="or" if len(conditions) > 1 else "and",
            otherwise_label="Not given",
        )
        return _Step(assignment, decision)

    # the answer

    def _accepted(self) -> str:
        code = f"{self.call}.responseCode"
        steps = [self._always("Set_outcome", "Set the outcome", self._outcome(code))]
        steps += [self._result(success, code) for success in self.interface.successes]
        steps += self._scalars()
        then = self._chain(steps, None)
        decision = Decision(
            name=self.namer.give("Was_it_accepted"),
            label="Was it accepted?",
            rule_name=self.namer.give("Accepted"),
            rule_label="Status 2xx",
            conditions=(
                Condition(code, "GreaterThanOrEqualTo", number="200.0"),
                Condition(code, "LessThan", number="300.0"),
            ),
            then=then,
            otherwise=self._refused(code),
            otherwise_label="Any other status",
        )
        self.made.decisions.append(decision)
        return decision.name

    def _outcome(self, code: str) -> tuple[Item, ...]:
        return (Item("ok", boolean=True), Item("responseCode", reference=code))

    def _result(self, success: Success, code: str) -> _Step:
        item = Item("result", reference=f"{self.call}.{success.name}")
        suffix = "" if success is self.interface.successes[0] else f"_{success.name}"
        if success.code is None:
            return self._always(f"Set_result{suffix}", "Set the result", (item,))
        decision = Decision(
            name=self.namer.give(f"Is_it_{success.code}"),
            label=f"Is it {success.code}?",
            rule_name=self.namer.give(f"Status_{success.code}"),
            rule_label=f"Status {success.code}",
            conditions=(Condition(code, "EqualTo", number=f"{success.code}.0"),),
        )
        return _Step(Assignment(self.namer.give(f"Set_result{suffix}"), "Set the result", (item,)), decision)

    def _scalars(self) -> list[_Step]:
        groups: dict[tuple[str, ...], list[Item]] = {}
        for output in self.interface.outputs:
            groups.setdefault(output.guards, []).append(Item(output.name, reference=f"result.{output.reference}"))
        steps = []
        for guards, items in groups.items():
            name = "_".join(("result", *(guards[-1].split(".") if guards else ())))
            assignment = Assignment(self.namer.give(f"Flatten_{name}"), _label(f"Flatten {name}"), tuple(items))
            # reading a member of an object that is not there stops a flow
            there = ("result", *(f"result.{guard}" for guard in guards))
            decision = Decision(
                name=self.namer.give(f"Is_{name}_there"),
                label=_label(f"Is {name} there?"),
                rule_name=self.namer.give(f"There_{name}"),
                rule_label="There",
                conditions=tuple(Condition(reference, "IsNull", boolean=False) for reference in there),
                otherwise_label="Not there",
            )
            steps.append(_Step(assignment, decision))
        return steps

    def _refused(self, code: str) -> str:
        details = "".join(f" {{!{self.call}.{name}}}" for name in self.interface.error_texts)
        message = f"The service answered with HTTP status {{!{code}}}.{details}"
        items = (Item("ok", boolean=False), Item("responseCode", reference=code), Item("errorMessage", text=message))
        return self._last("Set_refusal", "Set the refusal", items)

    def _fault(self) -> str:
        # both are readable on the fault path of a flow in a real org (reference 'external services', section 5)
        details = "".join(f" {{!{self.call}.{name}}}" for name in self.interface.error_texts)
        items = (
            Item("ok", boolean=False),
            Item("responseCode", reference=f"{self.call}.responseCode"),
            Item("errorMessage", text=f"{{!$Flow.FaultMessage}}{details}"),
        )
        return self._last("Set_failure", "Set the failure", items)

    def _last(self, name: str, label: str, items: tuple[Item, ...]) -> str:
        assignment = Assignment(self.namer.give(name), label, items)
        self.made.assignments.append(assignment)
        return assignment.name

    def _chain(self, steps: list[_Step], end: str | None) -> str:
        """Links steps in their order and ends at `end`; gives the first element. Empty steps lead straight to `end`."""
        following = end
        for step in reversed(steps):
            self.made.assignments.append(replace(step.assignment, next=following))
            if step.decision is not None:
                decision = replace(step.decision, then=step.assignment.name, otherwise=following)
                self.made.decisions.append(decision)
            following = step.entry
        assert following is not None
        return following

    # variables

    def _variables(self) -> Iterator[Variable]:
        for item in self.interface.inputs:
            yield Variable(
                item.name,
                _DATA_TYPES[item.type],
                is_collection=item.is_collection,
                is_input=True,
                scale=_scale(item.type, item.is_integer),
            )
        for built in _objects(self.interface.body):
            yield Variable(built.variable, "Apex", apex_class=built.apex_class)
        if self.interface.body is not None and self.interface.body_is_collection:
            body = self.interface.body
            yield Variable(self._list_variable, "Apex", apex_class=body.apex_class, is_collection=True)
        yield Variable("ok", "Boolean", is_output=True, initial=False)
        yield Variable("responseCode", "Number", is_output=True, scale=0)
        yield Variable("errorMessage", "String", is_output=True)
        result = self.interface.result
        if result is not None:
            kind = "Apex" if result.type == "Apex" else _DATA_TYPES[result.type]
            yield Variable(
                "result",
                kind,
                apex_class=result.apex_class if kind == "Apex" else None,
                is_collection=result.is_collection,
                is_output=True,
                scale=_scale(result.type, False),
            )
        for output in self.interface.outputs:
            scale = _scale(output.type, output.is_integer)
            yield Variable(output.name, _DATA_TYPES[output.type], is_output=True, scale=scale)


def _objects(built: BuiltObject | None) -> Iterator[BuiltObject]:
    if built is not None:
        yield built
        for child in built.children:
            yield from _objects(child)


def _assign(built: BuiltObject, item: FlowInput) -> Item:
    return Item(f"{built.variable}.{item.target}", reference=item.name)


def _scale(kind: str, is_integer: bool) -> int | None:
    return (0 if is_integer else _DECIMALS) if kind == "Number" else None


def _label(text: str) -> str:
    return text[:80].rstrip()
