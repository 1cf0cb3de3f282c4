"""An example or a generated value for a response: the same one every time.

Order: the media type's `example`, its first `examples`, then of each schema `const`, `example`, `examples`,
`default`, the first of `enum`, and last a value made from type, format, pattern and limits. Examples that break
their own schema are passed over where that gives a valid value. Required properties are always there; optional ones
down to a few levels, so that recursive documents end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.vendor.patterns import matching

if TYPE_CHECKING:
    from sfsetup.openapi.document import MediaType, OpenApiDocument

OPTIONAL_DEPTH = 4
"""Levels down to which optional properties and list items are made."""

MAX_DEPTH = 24
"""Levels below which even required properties are left out: only a schema that requires itself goes there."""

MAX_NODES = 5000
"""Values made for one answer: optional ones up to this number, required ones up to twice as many."""

_FORMATS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T10:30:00Z",
    "time": "10:30:00Z",
    "email": "user@example.com",
    "uuid": "6f1d2b6e-5f7a-4c1e-9a55-0b1c2d3e4f50",
    "uri": "https://example.com/resource",
    "url": "https://example.com/resource",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "ZXhhbXBsZQ==",
    "binary": "example",
}


def media_example(document: OpenApiDocument, media: MediaType, is_valid: Callable[[Any], bool]) -> Any:
    """The value that a media type of a response shows: the first valid one, the first of all where none is."""
    first: list[Any] = []
    for value in _candidates(document, media):
        if is_valid(value):
            return value
        first.append(value)
    return first[0]


def _candidates(document: OpenApiDocument, media: MediaType) -> Iterator[Any]:
    raw = document.at(media.pointer)
    if isinstance(raw, Mapping) and not document.is_v2:
        if "example" in raw:
            yield raw["example"]
        examples = raw.get("examples")
        for named in examples.values() if isinstance(examples, Mapping) else ():
            entry = document.follow(named, "")[0]
            if isinstance(entry, Mapping) and "value" in entry:
                yield entry["value"]
    yield generate(document, media.schema)
    yield generate(document, media.schema, examples=False)


def generate(document: OpenApiDocument, schema: Any, *, examples: bool = True) -> Any:
    """A value for a schema; None where a schema allows nothing. Without `examples` those of schemas are not used."""
    return _Maker(document, examples).value(schema, 0)


@dataclass
class _Maker:
    document: OpenApiDocument
    examples: bool = True
    made: int = field(default=0)

    def value(self, schema: Any, depth: int) -> Any:
        self.made += 1
        if self.made > 2 * MAX_NODES:
            return None
        schema = self.document.follow(schema, "")[0]
        if not isinstance(schema, Mapping):
            return None
        if "const" in schema:
            return schema["const"]
        if self.examples:
            if "example" in schema:
                return schema["example"]
            examples = schema.get("examples")
            if isinstance(examples, list) and examples:
                return examples[0]
        if self.examples and schema.get("default") is not None:
            return schema["default"]
        values = schema.get("enum")
        if isinstance(values, list) and values:
            return next((value for value in values if value is not None), None)
        return self._composed(schema, depth)

    def _composed(self, schema: Mapping[str, Any], depth: int) -> Any:
        own = {key: value for key, value in schema.items() if key not in ("allOf", "oneOf", "anyOf")}
        parts = [part for part in schema.get("allOf") or () if isinstance(part, Mapping)]
        for key in ("oneOf", "anyOf"):
            branches = schema.get(key)
            if isinstance(branches, list) and branches:
                parts.append(branches[0])
        if not parts:
            return self._typed(own, depth)
        values = [self.value(part, depth + 1) for part in parts] if depth < MAX_DEPTH else []
        if own.get("properties") or own.get("type") == "object":
            values.append(self._typed({**own, "type": "object"}, depth))
        if values and all(isinstance(value, Mapping) for value in values):
            merged: dict[str, Any] = {}
            for value in values:
                merged.update(value)
            return merged
        return next((value for value in values if value is not None), None)

    def _typed(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((entry for entry in kind if entry != "null"), "null")
        if kind is None:
            kind = "object" if schema.get("properties") else "array" if "items" in schema else "string"
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind in ("integer", "number"):
            return _number(schema, whole=kind == "integer")
        if kind == "boolean":
            return True
        return None if kind == "null" else _text(schema)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        required = schema.get("required")
        needed = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
        result: dict[str, Any] = {}
        if not isinstance(properties, Mapping):
            properties = {}
        wanted = [
            *(name for name in needed if name in properties),
            *(name for name in properties if name not in needed),
        ]
        for name in wanted:
            is_needed = name in needed
            if depth >= MAX_DEPTH or (not is_needed and (depth >= OPTIONAL_DEPTH or self.made > MAX_NODES)):
                continue
            if isinstance(properties[name], Mapping) and properties[name].get("writeOnly") is True:
                continue
            result[name] = self.value(properties[name], depth + 1)
        for name in needed:
            result.setdefault(name, "example")
        return result

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        least = schema.get("minItems")
        count = least if isinstance(least, int) and not isinstance(least, bool) else 0
        if count == 0 and depth < OPTIONAL_DEPTH and schema.get("maxItems") != 0:
            count = 1
        if depth >= MAX_DEPTH:
            return []
        return [self.value(schema.get("items"), depth + 1) for _ in range(min(count, 10))]


def _number(schema: Mapping[str, Any], *, whole: bool) -> int | float:
    low, high, step = (_bound(schema, name) for name in ("minimum", "maximum", "multipleOf"))
    strict_low, strict_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(strict_low, int | float):
        low = (low or 0) + 1 if strict_low is True else strict_low + 1 if strict_low is not False else low
    if isinstance(strict_high, int | float):
        high = (high or 0) - 1 if strict_high is True else strict_high - 1 if strict_high is not False else high
    value: int | float = 1
    if low is not None and value < low:
        value = low
    if high is not None and value > high:
        value = high
    if step:
        stepped = step * max(1, -(-value // step)) if value > 0 else 0
        value = stepped if abs(stepped) <= sys.float_info.max else value
    return int(value) if whole else value


def _bound(schema: Mapping[str, Any], name: str) -> int | float | None:
    found = schema.get(name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _text(schema: Mapping[str, Any]) -> str:
    text = _FORMATS.get(str(schema.get("format")), "example")
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        wanted = schema.get("minLength")
        found = matching(pattern, wanted if isinstance(wanted, int) and 0 <= wanted <= 1000 else 0)
        if found is not None:
            return found
    least, most = schema.get("minLength"), schema.get("maxLength")
    if isinstance(least, int) and len(text) < least <= 10_000:
        text = (text * (least // len(text) + 1))[:least]
    if isinstance(most, int) and len(text) > most >= 0:
        text = text[:most]
    return text
