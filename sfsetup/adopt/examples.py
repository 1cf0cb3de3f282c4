"""Values for the required inputs of an operation: the document's examples, else something of the right type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.names import OperationNames
    from sfsetup.openapi.types import Member

_DEEPEST = 6
_PLAIN: dict[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "date": "2030-01-31",
    "date-time": "2030-01-31T12:00:00Z",
}


def example_inputs(document: OpenApiDocument, operation: OperationNames) -> dict[str, Any]:
    """Values by parameter name, the body below `body`: required parts, and optional ones that have an example."""
    found: dict[str, Any] = {}
    for item in operation.inputs:
        name = "body" if item.location == "body" else (item.wire_name or item.name)
        if not item.required or not item.pointer:
            continue
        schema, place = document.follow(document.at(item.pointer), item.pointer)
        if item.location != "body" and isinstance(schema, dict) and isinstance(schema.get("schema"), dict):
            example = schema.get("example")
            schema, place = document.follow(schema["schema"], f"{place}/schema")
            if isinstance(example, str | int | float | bool):
                found[name] = example
                continue
        found[name] = _value(document, schema, place, 0)
    return {name: value for name, value in found.items() if value is not None}


def _value(document: OpenApiDocument, schema: Any, pointer: str, depth: int) -> Any:
    from sfsetup.openapi.types import members

    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    own = _given(schema)
    kind = schema.get("type")
    if own is not None and not isinstance(own, dict | list):
        return own
    properties = list(members(document, schema, pointer))
    if properties:
        found = {}
        for member in properties:
            node, place = document.follow(member.schema, member.pointer)
            if not isinstance(node, dict) or node.get("readOnly") is True:
                continue
            if member.required:
                found[member.name] = _value(document, node, place, depth + 1)
            elif isinstance(own, dict) and isinstance(own.get(member.name), str | int | float | bool):
                found[member.name] = own[member.name]
        found = {name: value for name, value in found.items() if value is not None}
        return found or _one_of(document, properties, depth)
    if kind == "object":
        return {}
    if kind == "array":
        items, place = document.follow(schema.get("items"), f"{pointer}/items")
        value = _value(document, items, place, depth + 1)
        return [value] if value is not None else []
    if kind == "string" and schema.get("format") in _PLAIN:
        return _PLAIN[str(schema["format"])]
    return _PLAIN.get(str(kind))


def _one_of(document: OpenApiDocument, properties: list[Member], depth: int) -> dict[str, Any]:
    """The first scalar a caller may set: an object that needs none of its properties is still to be there."""
    for member in properties:
        node, place = document.follow(member.schema, member.pointer)
        if not isinstance(node, dict) or node.get("readOnly") is True:
            continue
        value = _value(document, node, place, depth + 1)
        if isinstance(value, str | int | float | bool):
            return {member.name: value}
    return {}


def _given(schema: dict[str, Any]) -> Any:
    """The schema's own example, default or first choice."""
    for key in ("example", "default"):
        if schema.get(key) is not None:
            return schema[key]
    options = schema.get("enum")
    return next((one for one in options if one is not None), None) if isinstance(options, list) else None
