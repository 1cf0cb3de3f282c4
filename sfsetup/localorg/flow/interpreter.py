"""Walks through a flow from element to element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sfsetup.localorg.flow.assign import apply
from sfsetup.localorg.flow.conditions import compare, decide
from sfsetup.localorg.flow.program import Assignment, Call, Condition, Decision, Element, Loop, Program, Unmodelled
from sfsetup.localorg.flow.scope import Scope, Surroundings
from sfsetup.localorg.flow.values import FlowFault, FlowValue, convert

MAX_STEPS = 20_000
"""Elements that one interview may run; a flow that needs more goes in circles."""


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What an action or subflow is called with."""

    kind: str
    target: str
    inputs: Mapping[str, FlowValue]
    element: str


@dataclass(frozen=True, slots=True)
class CallResult:
    """What it gave. `fault`: the text of `$Flow.FaultMessage`; the outputs are there all the same."""

    outputs: Mapping[str, FlowValue] = field(default_factory=dict)
    fault: str | None = None


class Calls(Protocol):
    """Runs actions and subflows. Raises FlowFault for what it cannot run."""

    def __call__(self, request: CallRequest, /) -> CallResult: ...


@dataclass(frozen=True, slots=True)
class Interview:
    """How a run ended."""

    outputs: Mapping[str, FlowValue]
    """Output variables by name; empty after an error."""
    error: FlowFault | None = None
    path: tuple[str, ...] = ()
    """The elements in the order they ran."""


def run(program: Program, inputs: Mapping[str, FlowValue], around: Surroundings, calls: Calls) -> Interview:
    """Runs a flow. A fault that no fault path takes is in `error`."""
    interpreter = _Interpreter(program, around, calls)
    try:
        interpreter.begin(inputs)
        interpreter.walk()
    except FlowFault as fault:
        return Interview({}, fault, tuple(interpreter.path))
    except RecursionError:
        # two objects that hold themselves were compared
        return Interview({}, FlowFault("A value holds itself and cannot be compared."), tuple(interpreter.path))
    outputs = {
        name: interpreter.scope.values.get(name) for name, variable in program.variables.items() if variable.is_output
    }
    return Interview(outputs, None, tuple(interpreter.path))


class _Interpreter:
    def __init__(self, program: Program, around: Surroundings, calls: Calls) -> None:
        self.program = program
        self.scope = Scope(program, around)
        self.path: list[str] = []
        self._calls = calls
        self._loops: dict[str, list[FlowValue]] = {}

    def begin(self, inputs: Mapping[str, FlowValue]) -> None:
        """Sets defaults and inputs. Raises FlowFault for an input that the flow does not have."""
        if self.program.problem:
            raise FlowFault(self.program.problem)
        for name, variable in self.program.variables.items():
            self.scope.values[name] = [] if variable.type.collection else None
        for name, variable in self.program.variables.items():
            if variable.default is not None:
                self.scope.values[name] = convert(self.scope.operand(variable.default), variable.type, name)
        for name, value in inputs.items():
            given = self.program.variables.get(name)
            if given is None or not given.is_input:
                raise FlowFault(f"The flow {self.program.name} has no input variable {name}.", code="INVALID_INPUT")
            self.scope.values[name] = convert(value, given.type, name)

    def walk(self) -> None:
        """From the start to an end."""
        current = self.program.start
        while current is not None:
            if len(self.path) >= MAX_STEPS:
                raise FlowFault(f"The flow {self.program.name} ran {MAX_STEPS} elements without an end.")
            element = self.program.elements.get(current)
            if element is None:
                raise FlowFault(f"The flow {self.program.name} has no element {current}.")
            self.path.append(current)
            self.scope.visited.add(current)
            current = self._step(element)

    def _step(self, element: Element) -> str | None:
        if isinstance(element, Assignment):
            return self._assign(element)
        if isinstance(element, Decision):
            return self._decide(element)
        if isinstance(element, Loop):
            return self._loop(element)
        if isinstance(element, Call):
            return self._call(element)
        return self._unmodelled(element)

    def _unmodelled(self, element: Unmodelled) -> str | None:
        raise FlowFault(f"The local org does not run the element {element.name} ({element.kind}).")

    def _assign(self, element: Assignment) -> str | None:
        scope = self.scope
        for item in element.items:
            target = scope.type_of(item.target)
            value = scope.operand(item.value)
            scope.write(item.target, apply(item.operator, scope.read(item.target), value, target, item.target))
        return element.next

    def _decide(self, element: Decision) -> str | None:
        for rule in element.rules:
            if rule.problem:
                raise FlowFault(rule.problem)
            truths = [lambda condition=condition: self._holds(condition, element.name) for condition in rule.conditions]
            if decide(rule.logic, truths, f"{element.name}.{rule.name}"):
                self.scope.visited.add(rule.name)
                return rule.next
        return element.default

    def _holds(self, condition: Condition, name: str) -> bool:
        right = self.scope.operand(condition.right)
        if condition.operator == "WasVisited":
            return (condition.left in self.scope.visited) is (right is not False)
        return compare(self.scope.read(condition.left), condition.operator, right, name)

    def _loop(self, element: Loop) -> str | None:
        scope = self.scope
        if element.name not in self._loops:
            items = scope.read(element.collection) or []
            if not isinstance(items, list):
                raise FlowFault(f"{element.name} loops over {element.collection}, which is no collection.")
            # Held the other way round: the next item is taken from the end.
            self._loops[element.name] = list(reversed(items)) if element.ascending else list(items)
        waiting = self._loops[element.name]
        if not waiting:
            del self._loops[element.name]
            scope.items.pop(element.name, None)
            scope.items[element.name] = None
            return element.after
        item = waiting.pop()
        scope.items[element.name] = item
        if element.assign_to:
            scope.write(element.assign_to, item)
        return element.each

    def _call(self, element: Call) -> str | None:
        scope = self.scope
        inputs = {name: scope.operand(value) for name, value in element.inputs}
        cause: FlowFault | None = None
        try:
            result = self._calls(CallRequest(element.kind, element.target, inputs, element.name))
        except FlowFault as fault:
            cause, result = fault, CallResult({}, fault.message)
        if element.stores_output:
            scope.outputs[element.name] = dict(result.outputs)
        for name, reference in element.outputs:
            if result.fault is None or name in result.outputs:
                scope.write(reference, result.outputs.get(name))
        if result.fault is None:
            return element.next
        scope.fault_message = result.fault
        # Outputs stay readable on the fault path (external-services 5: `{!Action.defaultExc}` there).
        scope.outputs.setdefault(element.name, dict(result.outputs))
        if element.fault is None:
            # The text has its mark already, where it needs one.
            raise cause or FlowFault(result.fault, known=True)
        return element.fault
