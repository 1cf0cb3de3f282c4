"""Values and types of flows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sfsetup.localorg.formula.values import number_text
from sfsetup.localorg.judge.check import OURS_MARK

TEXT, NUMBER, BOOLEAN, DATE, DATETIME, APEX, RECORD = "Text", "Number", "Boolean", "Date", "DateTime", "Apex", "Record"

TIME = "Time"
MAP = "Map"
"""`Map<String,T>`: Apex reads it, flows only hand it on (external-services 1.3 C5)."""

KINDS: Mapping[str, str] = {
    "String": TEXT,
    "Picklist": TEXT,
    "Multipicklist": TEXT,
    "Number": NUMBER,
    "Currency": NUMBER,
    "Boolean": BOOLEAN,
    "Date": DATE,
    "DateTime": DATETIME,
    "Time": TIME,
    "Apex": APEX,
    "SObject": RECORD,
}
"""FlowDataType of the WSDL -> kind of value."""


_PACKAGED = re.compile(r"(ExternalService__)[A-Za-z][A-Za-z0-9]*__(?=[A-Za-z])")


@lru_cache(maxsize=4096)
def plain_class(apex_class: str | None) -> str | None:
    """`ExternalService__ns__Svc_X` without its namespace: the local org registers services under their own name."""
    return _PACKAGED.sub(r"\1", apex_class.strip()) if apex_class else None


class FlowFault(Exception):
    """Ends a flow, or takes an element's fault path. `code` is the status code that REST callers see.

    `known`: the text is Salesforce's (reference 'messages', section 3); others carry the local org's mark.
    """

    def __init__(self, message: str, *, code: str = "UNKNOWN_EXCEPTION", known: bool = False) -> None:
        self.message = message if known else f"{message}{OURS_MARK}"
        self.code = code
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class FlowType:
    """Kind, Apex class where the kind is Apex, and whether it is a collection."""

    kind: str
    apex_class: str | None = None
    collection: bool = False

    @property
    def single(self) -> FlowType:
        """The type of one item."""
        return FlowType(self.kind, self.apex_class)

    def __str__(self) -> str:
        name = self.apex_class or self.kind
        return f"collection of {name}" if self.collection else name


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an Apex-defined type. `wire` is its name in JSON, `name` the one that flows use."""

    name: str
    wire: str
    type: FlowType
    required: bool = False
    """True if the document says that it must be there."""


@dataclass(frozen=True, slots=True)
class ClassShape:
    """An Apex-defined type."""

    name: str
    properties: Mapping[str, Property]


ClassLookup = Callable[[str], ClassShape | None]


@dataclass(slots=True)
class ApexObject:
    """An instance. Properties that were never assigned are not in `values` (External Services sends none of them)."""

    shape: ClassShape
    values: dict[str, Any] = field(default_factory=dict)

    def property(self, name: str) -> Property:
        """The property of this name. Raises FlowFault for one that the type does not have."""
        found = self.shape.properties.get(name)
        if found is None:
            raise FlowFault(f"The Apex-defined type {self.shape.name} has no property {name}.")
        return found


FlowValue = Any
"""str, Decimal, bool, date, datetime, None, ApexObject, or a list of these."""


def convert(value: FlowValue, wanted: FlowType, what: str) -> FlowValue:
    """The value as the type, or FlowFault. Numbers become text where text is wanted, as in flows."""
    if value is None:
        return [] if wanted.collection else None
    if wanted.collection:
        if not isinstance(value, list):
            raise FlowFault(f"{what} is a {wanted}; a single {kind_of(value)} was given.")
        return [convert(item, wanted.single, what) for item in value]
    if isinstance(value, list):
        raise FlowFault(f"{what} is a single {wanted}; a collection was given.")
    converted = _single(value, wanted)
    if converted is _REFUSED:
        raise FlowFault(f"{what} is {wanted}; {kind_of(value)} was given.")
    return converted


_REFUSED = object()


def _single(value: FlowValue, wanted: FlowType) -> FlowValue:
    kind = wanted.kind
    if kind == APEX:
        return value if isinstance(value, ApexObject) and wanted.apex_class == value.shape.name else _REFUSED
    if isinstance(value, ApexObject):
        return _REFUSED
    if kind == TEXT:
        return text_of(value)
    if kind == DATE and isinstance(value, datetime):
        return value.astimezone(UTC).date()
    if kind == DATETIME and isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    expected: dict[str, type] = {NUMBER: Decimal, BOOLEAN: bool, DATE: date, DATETIME: datetime, TIME: time}
    return value if kind in expected and isinstance(value, expected[kind]) else _REFUSED


def text_of(value: FlowValue) -> str:
    """A primitive as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value.isoformat(timespec='milliseconds')}Z"
    if isinstance(value, list):
        return f"[{', '.join(text_of(item) for item in value)}]"
    if isinstance(value, ApexObject):
        return f"[{', '.join(f'{name}={text_of(item)}' for name, item in value.values.items())}]"
    return str(value)


def kind_of(value: FlowValue) -> str:
    """The name of a value's type, for messages."""
    if isinstance(value, ApexObject):
        return value.shape.name
    kinds: tuple[tuple[type, str], ...] = (
        (bool, BOOLEAN),
        (Decimal, NUMBER),
        (str, TEXT),
        (datetime, DATETIME),
        (date, DATE),
        (time, TIME),
        (list, "a collection"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "nothing")


def copied(value: FlowValue) -> FlowValue:
    """Assignment copies collections; Apex-defined objects are shared, as in Apex."""
    return list(value) if isinstance(value, list) else value
