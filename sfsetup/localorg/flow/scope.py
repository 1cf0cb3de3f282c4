"""What a reference stands for while a flow runs, and writing to one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from sfsetup.localorg.flow.program import Operand, Program
from sfsetup.localorg.flow.values import (
    APEX,
    ApexObject,
    ClassLookup,
    FlowFault,
    FlowType,
    FlowValue,
    convert,
    text_of,
)
from sfsetup.localorg.formula import FormulaError, evaluate, merged

MAX_FORMULA_DEPTH = 20
"""Formulas that refer to formulas."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flow sees of the org: global variables, classes, the clock."""

    globals: Mapping[str, FlowValue]
    """`$User.Username`, `$Organization.Id` …"""
    classes: ClassLookup
    now: Callable[[], datetime]


@dataclass(slots=True)
class Scope:
    """Variables, stored outputs and loop items of one interview."""

    program: Program
    around: Surroundings
    values: dict[str, FlowValue] = field(default_factory=dict)
    outputs: dict[str, dict[str, FlowValue]] = field(default_factory=dict)
    """Element -> its stored outputs by name."""
    items: dict[str, FlowValue] = field(default_factory=dict)
    """Loop -> its current item."""
    fault_message: str | None = None
    visited: set[str] = field(default_factory=set)
    _depth: int = 0

    def read(self, reference: str) -> FlowValue:
        """The value of `var`, `var.property`, `Action.200.field`, `$Flow.FaultMessage` … Raises FlowFault."""
        if reference.startswith("$"):
            return self._global(reference)
        head, *path = reference.split(".")
        program = self.program
        if head in program.variables:
            return self._walk(self.values.get(head), path, reference)
        if head in self.items:
            return self._walk(self.items[head], path, reference)
        if head in self.outputs:
            if not path:
                return self._subflow_or_single(head, reference)
            if path[0] not in self.outputs[head]:
                return None
            return self._walk(self.outputs[head][path[0]], path[1:], reference)
        if head in program.constants and not path:
            return program.constants[head]
        if head in program.formulas and not path:
            return self._formula(head)
        if head in program.templates and not path:
            return self.fill(program.templates[head])
        if head in program.elements:
            # The element exists and has not run, or stores nothing: its outputs are empty.
            return None
        raise FlowFault(f"The flow {program.name} has no resource or element {head} ({reference}).")

    def operand(self, operand: Operand | None) -> FlowValue:
        """The value of an operand; None for none."""
        if operand is None:
            return None
        if operand.problem:
            raise FlowFault(operand.problem)
        if operand.reference is not None:
            return self.read(operand.reference)
        if operand.template is not None:
            return self.fill(operand.template)
        if operand.formula is not None:
            return self._evaluate(operand.formula)
        return operand.literal

    def fill(self, text: str) -> str:
        """Text with its `{!reference}` merge fields replaced."""
        return merged(text, lambda inner: text_of(self.read(inner.strip()))) if "{!" in text else text

    def type_of(self, reference: str) -> FlowType:
        """The type of what can be assigned to. Raises FlowFault for anything else."""
        head, *path = reference.split(".")
        variable = self.program.variables.get(head)
        item = self.items.get(head)
        if variable is not None:
            current = variable.type
        elif path and isinstance(item, ApexObject):
            # The properties of a loop's current item; the item itself is no variable.
            current = FlowType(APEX, item.shape.name)
        else:
            raise FlowFault(f"{reference} cannot be assigned to: the flow has no variable {head}.")
        for name in path:
            if current.collection or current.apex_class is None:
                raise FlowFault(f"{reference} cannot be assigned to: {current} has no properties.")
            current = self._shape(current.apex_class).property(name).type
        return current

    def write(self, reference: str, value: FlowValue) -> None:
        """Assigns; objects on the way that do not exist yet are made."""
        head, *path = reference.split(".")
        wanted = self.type_of(reference)
        value = convert(value, wanted, reference)
        if not path:
            self.values[head] = value
            return
        variable = self.program.variables.get(head)
        holder = self.values.get(head) if variable else self.items[head]
        if holder is None and variable:
            holder = self.values[head] = self.new(variable.type)
        for name in path[:-1]:
            assert isinstance(holder, ApexObject)
            inner = holder.values.get(name)
            if inner is None:
                inner = holder.values[name] = self.new(holder.property(name).type)
            holder = inner
        assert isinstance(holder, ApexObject)
        holder.values[path[-1]] = value

    def new(self, wanted: FlowType) -> ApexObject:
        """An empty object of an Apex-defined type."""
        assert wanted.apex_class is not None
        return self._shape(wanted.apex_class)

    def _shape(self, apex_class: str) -> ApexObject:
        shape = self.around.classes(apex_class)
        if shape is None:
            raise FlowFault(f"The Apex class {apex_class} is not available.")
        return ApexObject(shape)

    def _walk(self, value: FlowValue, path: list[str], reference: str) -> FlowValue:
        for name in path:
            if value is None:
                return None
            if not isinstance(value, ApexObject):
                raise FlowFault(f"{reference} cannot be read: there are no properties at {name}.")
            value.property(name)
            value = value.values.get(name)
        return value

    def _subflow_or_single(self, head: str, reference: str) -> FlowValue:
        raise FlowFault(f"{reference} names all outputs of {head}; name one of them.")

    def _global(self, reference: str) -> FlowValue:
        now = self.around.now()
        known: dict[str, FlowValue] = {
            "$Flow.FaultMessage": self.fault_message,
            "$Flow.CurrentDateTime": now,
            "$Flow.CurrentDate": now.astimezone(UTC).date(),
            "$GlobalConstant.True": True,
            "$GlobalConstant.False": False,
            "$GlobalConstant.EmptyString": "",
            **self.around.globals,
        }
        if reference not in known:
            raise FlowFault(f"The local org does not model the global variable {reference}.")
        return known[reference]

    def _formula(self, name: str) -> FlowValue:
        formula = self.program.formulas[name]
        value = self._evaluate(formula.expression)
        if formula.scale is not None and isinstance(value, Decimal):
            # a number with too many digits for its places stays as it is
            with contextlib.suppress(InvalidOperation):
                value = value.quantize(Decimal(1).scaleb(-formula.scale), rounding=ROUND_HALF_UP)
        return convert(value, formula.type, name)

    def _evaluate(self, expression: str) -> FlowValue:
        if self._depth >= MAX_FORMULA_DEPTH:
            raise FlowFault("Formulas refer to one another without end.")
        self._depth += 1
        try:
            return evaluate(expression, self._operand_of_formula, now=self.around.now)
        except FormulaError as error:
            raise FlowFault(str(error)) from error
        finally:
            self._depth -= 1

    def _operand_of_formula(self, reference: str) -> FlowValue:
        value = self.read(reference)
        if isinstance(value, list | ApexObject):
            raise FormulaError(f"{reference} cannot be used in a formula: it is no single value.")
        return value
