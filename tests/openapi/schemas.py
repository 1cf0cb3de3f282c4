"""Random schemas, the values they allow, and their translation for an independent validator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

NAMES = ("A", "B", "C", "D")
HOME = "#/components/schemas/"
_PROPERTIES = st.sampled_from(["id", "kind", "name", "size", "from", "a_b", "x-y"])

_SIMPLE: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "string", "maxLength": 3}),
    st.just({"type": "string", "enum": ["x", "y"]}),
    st.just({"enum": ["x", "y"]}),
    st.just({"type": "integer"}),
    st.just({"type": "integer", "minimum": 0, "maximum": 9}),
    st.just({"type": "number", "format": "decimal"}),
    st.just({"type": "boolean"}),
    st.just({"maximum": 5}),
    st.just({}),
    st.just({"description": "anything"}),
    st.sampled_from(NAMES).map(lambda name: {"$ref": HOME + name}),
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    @st.composite
    def build(draw: st.DrawFn) -> dict[str, Any]:
        properties = draw(st.dictionaries(_PROPERTIES, inner, min_size=1, max_size=3))
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True, max_size=2))
        if required:
            schema["required"] = required
        if draw(st.integers(0, 9)) == 0:
            schema["additionalProperties"] = draw(st.sampled_from([True, False, {"type": "string"}]))
        if draw(st.integers(0, 9)) == 0:
            del schema["type"]
        return schema

    return build()


_BESIDE: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {}, {}, {"type": "object"}, {"type": "string", "maxLength": 2}, {"required": ["id"]}, {"description": "d"}]
)
_LINKS = st.sampled_from(NAMES).map(lambda name: {"$ref": HOME + name})


def _composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    objects = _objects(inner)
    parts = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        objects,
        objects,
        inner.map(lambda one: {"type": "array", "items": one}),
        _beside(parts.map(lambda some: {"oneOf": some})),
        _beside(parts.map(lambda some: {"anyOf": some})),
        _beside(st.lists(objects | _LINKS, min_size=1, max_size=2).map(lambda some: {"allOf": some})),
    )


def _beside(composition: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(composition, _BESIDE).map(lambda both: {**both[0], **both[1]})


# made once: strategies that are built anew for every example are what takes the time
SCHEMAS: st.SearchStrategy[Any] = st.recursive(_SIMPLE, _composed, max_leaves=8)
"""Schemas of every kind that a vendor writes."""


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document that sends and reads random schemas."""
    body, answer = draw(SCHEMAS), draw(SCHEMAS)
    return {
        "openapi": draw(st.sampled_from(["3.0.3", "3.1.0"])),
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/things": {
                "post": {
                    "operationId": "postThing",
                    "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
                    "responses": {"200": {"description": "", "content": {"application/json": {"schema": answer}}}},
                }
            }
        },
        "components": {"schemas": {name: draw(SCHEMAS) for name in NAMES}},
    }


def translated(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema 2020-12. `oneOf` is read as `anyOf`: branches overlap in every API."""
    if isinstance(schema, list):
        return [translated(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: translated(value) for key, value in schema.items() if key not in ("nullable", "format", "oneOf")}
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if out.get(bound) is True:
            out[bound] = out.pop(limit)
    if "oneOf" in schema:
        out.setdefault("allOf", []).append({"anyOf": translated(schema["oneOf"])})
    return {"anyOf": [out, {"type": "null"}]} if schema.get("nullable") is True else out


def is_valid(value: Any, schema: Any, document: Mapping[str, Any]) -> bool:
    """Whether the independent validator takes a value. Raises NoValue for schemas that it never comes to the end of."""
    from jsonschema import Draft202012Validator

    components = translated(document.get("components", {}))
    root = {"components": components, "allOf": [translated(schema)]}
    try:
        return bool(Draft202012Validator(root).is_valid(value))
    except RecursionError:
        raise NoValue from None


class NoValue(Exception):
    """The schema is too deep or allows nothing that is easily made."""


def value_of(draw: st.DrawFn, schema: Any, document: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that the schema allows as far as one can tell by making it. Raises NoValue."""
    if depth > 12:
        raise NoValue
    if not isinstance(schema, dict):
        return "free"
    if "$ref" in schema:
        return value_of(draw, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, depth + 1)
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return value_of(draw, draw(st.sampled_from(schema[key])), document, depth + 1)
    merged: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        found = value_of(draw, part, document, depth + 1)
        if not isinstance(found, dict):
            return found
        merged.update(found)
    kind = schema.get("type") or _meant(schema)
    if kind == "object":
        return {**merged, **_object(draw, schema, document, depth)}
    if kind == "array":
        count = draw(st.integers(0, 2)) if depth < 6 else 0
        return [value_of(draw, schema.get("items"), document, depth + 1) for _ in range(count)]
    return _simple(draw, kind, schema)


def _simple(draw: st.DrawFn, kind: str, schema: Mapping[str, Any]) -> Any:
    if kind in ("integer", "number"):
        low, high = int(schema.get("minimum", -3)), int(schema.get("maximum", 5))
        return draw(st.integers(min(low, high), high))
    if kind == "boolean":
        return draw(st.booleans())
    return draw(st.sampled_from(["", "a", "abc"]))


def _meant(schema: Mapping[str, Any]) -> str:
    """The type that a vendor has in mind who wrote none; by the letter such a schema allows every type."""
    if "properties" in schema or "allOf" in schema:
        return "object"
    return "number" if "maximum" in schema else "string"


def _object(draw: st.DrawFn, schema: Any, document: Mapping[str, Any], depth: int) -> dict[str, Any]:
    made = {}
    for name, inner in schema.get("properties", {}).items():
        if name in schema.get("required", ()) or (depth < 6 and draw(st.booleans())):
            made[name] = value_of(draw, inner, document, depth + 1)
    return made
