"""The flat interface of the sample flow: its inputs, its outputs, and the objects that are built in between.

An invocable flow is called over REST, and whether that call carries Apex-defined values is open; so every input and
output is a scalar or a list of scalars. Inputs: one per parameter, one per scalar of the body. An array of objects gets
the fields of one element. What cannot be given flat is listed in `unsettable`. Names and types come from
`openapi.names`; what the org itself says of the action (`registered`) wins over them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sfsetup.model.names import suggested_developer_name
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.model.snapshot import RegisteredOperation
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.names import OperationNames, ServiceNames

MAX_DEPTH = 5
"""Levels of a body that are made flat; a deeper object is reported as not settable."""

MAX_FIELDS = 150
"""Inputs, and outputs, of one flow; what comes later is reported as not settable."""

FIXED_OUTPUTS = ("ok", "responseCode", "errorMessage", "result")
SCALARS = frozenset({"Text", "Boolean", "Number", "Date", "DateTime"})


@dataclass(frozen=True, slots=True)
class FlowInput:
    """One input variable of the flow."""

    name: str
    type: str
    """Text, Boolean, Number, Date or DateTime."""
    path: tuple[str, ...]
    """Where `verify.inputs` holds it: `("subAccountId",)`, `("body", "template", "text")`."""
    required: bool
    is_collection: bool = False
    is_integer: bool = False
    target: str = ""
    """Name of the action's input (parameters), or of the property as a flow writes it (body)."""


@dataclass(frozen=True, slots=True)
class BuiltObject:
    """An Apex-defined variable that the flow fills: the body itself, or an object inside it."""

    variable: str
    apex_class: str
    path: tuple[str, ...]
    required: bool
    property: str = ""
    """Property of the parent that receives it; empty for the body itself."""
    into_collection: bool = False
    fields: tuple[FlowInput, ...] = ()
    children: tuple[BuiltObject, ...] = ()

    def leaves(self) -> Iterator[FlowInput]:
        """Every input below this object."""
        yield from self.fields
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True, slots=True)
class FlowOutput:
    """One `result_<path>` output. `guards` are the objects on the way that may be missing."""

    name: str
    type: str
    path: tuple[str, ...]
    reference: str
    """Behind `result`, as a flow writes it."""
    guards: tuple[str, ...] = ()
    is_integer: bool = False


@dataclass(frozen=True, slots=True)
class Success:
    """One output of the action that holds an answer of the 2xx kind."""

    name: str
    code: int | None
    """The exact status, or None for `2XX` and `default`."""
    type: str
    apex_class: str | None
    is_collection: bool


@dataclass(frozen=True, slots=True)
class Unsettable:
    """A part of the request that no flat input can give."""

    path: tuple[str, ...]
    reason: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowInterface:
    """Everything the flow template needs to know about the operation it calls."""

    operation: OperationNames
    action_name: str
    certainty: str
    """`org` or `predicted`."""
    parameters: tuple[FlowInput, ...] = ()
    body_input: str = ""
    """Name of the action's input that takes the body; empty for none."""
    body: BuiltObject | None = None
    body_value: FlowInput | None = None
    """The body where it is a scalar or a list of scalars."""
    body_is_collection: bool = False
    successes: tuple[Success, ...] = ()
    outputs: tuple[FlowOutput, ...] = ()
    error_texts: tuple[str, ...] = ()
    """Outputs of the action that hold the text of an error answer."""
    unsettable: tuple[Unsettable, ...] = ()

    @property
    def inputs(self) -> tuple[FlowInput, ...]:
        """All inputs: parameters first, then the body in the document's order."""
        body = (self.body_value,) if self.body_value else tuple(self.body.leaves()) if self.body else ()
        return self.parameters + body

    @property
    def output_names(self) -> tuple[str, ...]:
        """All outputs of the flow."""
        fixed = FIXED_OUTPUTS if self.result else FIXED_OUTPUTS[:-1]
        return (*fixed, *(output.name for output in self.outputs))

    @property
    def result(self) -> Success | None:
        """The answer that `result` is typed by: the first 2xx output with a usable type."""
        return self.successes[0] if self.successes else None


class Namer:
    """Gives out names that are unique in a flow, ignoring case, and fit its rules."""

    def __init__(self, taken: Sequence[str] = ()) -> None:
        self._taken = {name.lower() for name in taken}

    def give(self, *candidates: str) -> str:
        """The first candidate that is free, else the last one with a number. Marks it as taken."""
        names = [suggested_developer_name(candidate) or "value" for candidate in candidates]
        for name in names:
            if name.lower() not in self._taken:
                return self._take(name)
        number = 2
        while f"{names[-1][:76]}_{number}".lower() in self._taken:
            number += 1
        return self._take(f"{names[-1][:76]}_{number}")

    def _take(self, name: str) -> str:
        self._taken.add(name.lower())
        return name


def flow_interface(
    document: OpenApiDocument,
    service_names: ServiceNames,
    operation: OperationNames,
    registered: Sequence[RegisteredOperation] = (),
) -> FlowInterface:
    """The interface for one operation of `service_names`."""
    from sfsetup.spec.interface_builder import Builder

    return Builder(document, service_names, operation, registered).build()
