"""A flow as the interpreter sees it: elements by name, resources by name, where to begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sfsetup.localorg.flow.values import FlowType, FlowValue


@dataclass(frozen=True, slots=True)
class Operand:
    """A value in a flow: a literal, a reference, or text with merge fields. `problem` names what is not modelled."""

    literal: FlowValue = None
    reference: str | None = None
    template: str | None = None
    formula: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable and its default."""

    name: str
    type: FlowType
    is_input: bool = False
    is_output: bool = False
    default: Operand | None = None


@dataclass(frozen=True, slots=True)
class FormulaResource:
    """A formula: evaluated each time it is referred to."""

    name: str
    type: FlowType
    expression: str
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One row of an assignment."""

    target: str
    operator: str
    value: Operand | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """An Assignment element."""

    name: str
    items: tuple[Item, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a decision."""

    left: str
    operator: str
    right: Operand | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One outcome of a decision. `logic` is and, or, or numbers with AND, OR, NOT and brackets."""

    name: str
    logic: str
    conditions: tuple[Condition, ...]
    next: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A Decision element."""

    name: str
    rules: tuple[Rule, ...]
    default: str | None


@dataclass(frozen=True, slots=True)
class Loop:
    """A Loop element."""

    name: str
    collection: str
    ascending: bool
    each: str | None
    after: str | None
    assign_to: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """An action call or a subflow. `kind` is the actionType, or `subflow`."""

    name: str
    kind: str
    target: str
    inputs: tuple[tuple[str, Operand], ...]
    outputs: tuple[tuple[str, str], ...]
    """(output name, reference that it is assigned to)"""
    stores_output: bool
    next: str | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class Unmodelled:
    """An element that the local org does not run."""

    name: str
    kind: str


Element = Assignment | Decision | Loop | Call | Unmodelled


@dataclass(frozen=True, slots=True)
class Program:
    """A whole flow."""

    name: str
    start: str | None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    constants: Mapping[str, FlowValue | Decimal] = field(default_factory=dict)
    formulas: Mapping[str, FormulaResource] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, Element] = field(default_factory=dict)
    process_type: str = "AutoLaunchedFlow"
    problem: str | None = None
    """Why the flow as a whole cannot be run here (record-triggered, screens …)."""
