"""Flow values to JSON and back. Types come from the registered document, not from what the vendor happens to send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from sfsetup.localorg.flow.values import (
    APEX,
    BOOLEAN,
    DATE,
    DATETIME,
    MAP,
    NUMBER,
    TEXT,
    TIME,
    ApexObject,
    ClassLookup,
    FlowFault,
    FlowType,
    FlowValue,
    text_of,
)
from sfsetup.localorg.formula.values import is_in_range

MAX_DEPTH = 60
"""Levels of a body or an answer that are Apex-defined objects."""


MAX_VALUES = 200_000
"""Values that one JSON text may hold: objects are shared, and each is written wherever it stands."""


def to_json(value: FlowValue) -> Any:
    """What goes over the wire. Only properties that were assigned are sent. Raises FlowFault for what has no end."""
    return _written(value, [0], 0)


def _written(value: FlowValue, count: list[int], depth: int) -> Any:
    if isinstance(value, ApexObject | list):
        items = value.values.values() if isinstance(value, ApexObject) else value
        count[0] += len(items)
        if depth > MAX_DEPTH or count[0] > MAX_VALUES:
            raise FlowFault(f"The value holds itself, or has more than {MAX_DEPTH} levels or {MAX_VALUES} values.")
        if isinstance(value, ApexObject):
            properties = value.shape.properties
            return {properties[name].wire: _written(item, count, depth + 1) for name, item in value.values.items()}
        return [_written(item, count, depth + 1) for item in value]
    if isinstance(value, Decimal):
        if not is_in_range(value):
            raise FlowFault("The value holds a number that is out of range.")
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return text_of(value)
    return value


def from_json(value: Any, wanted: FlowType, classes: ClassLookup, place: str = "") -> FlowValue:
    """The value as the type. Raises FlowFault with the place of what does not fit."""
    return _from(value, wanted, classes, place, 0)


def _from(value: Any, wanted: FlowType, classes: ClassLookup, place: str, depth: int) -> FlowValue:
    if value is None:
        return None
    if depth > MAX_DEPTH:
        raise FlowFault(f"The value nests deeper than {MAX_DEPTH} levels at {place or '/'}.")
    if wanted.collection:
        if not isinstance(value, list):
            raise FlowFault(_mismatch(value, str(wanted), place))
        return [_from(item, wanted.single, classes, f"{place}/{i}", depth + 1) for i, item in enumerate(value)]
    if wanted.kind == APEX:
        return _object(value, wanted, classes, place, depth)
    return _scalar(value, wanted.kind, place)


def _object(value: Any, wanted: FlowType, classes: ClassLookup, place: str, depth: int) -> FlowValue:
    shape = classes(wanted.apex_class or "")
    if shape is None:
        raise FlowFault(f"The Apex class {wanted.apex_class} is not available.")
    if not isinstance(value, Mapping):
        raise FlowFault(_mismatch(value, shape.name, place))
    result = ApexObject(shape)
    for name, found in shape.properties.items():
        if found.wire in value and found.type.kind != MAP:
            result.values[name] = _from(value[found.wire], found.type, classes, f"{place}/{found.wire}", depth + 1)
    return result


def _scalar(value: Any, kind: str, place: str) -> FlowValue:
    try:
        if kind == TEXT:
            return value if isinstance(value, str) else _plain_text(value)
        if kind == NUMBER and isinstance(value, int | float | str) and not isinstance(value, bool):
            found = Decimal(str(value))
            if is_in_range(found):
                return found
        if kind == BOOLEAN and isinstance(value, bool):
            return value
        if kind == BOOLEAN and value in ("true", "false"):
            return value == "true"
        if kind == DATE and isinstance(value, str):
            return date.fromisoformat(value[:10])
        if kind == DATETIME and isinstance(value, str):
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if kind == TIME and isinstance(value, str):
            return time.fromisoformat(value.removesuffix("Z"))
    except (ValueError, InvalidOperation):
        pass
    raise FlowFault(_mismatch(value, kind, place))


def _plain_text(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _mismatch(value: Any, wanted: str, place: str) -> str:
    names = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
    return f"{names.get(type(value), 'a number')} at {place or '/'} cannot be read as {wanted}."
