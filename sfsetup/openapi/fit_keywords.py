"""Which keywords of a schema are kept, how those of 3.1 are written in 3.0, and which type a schema means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sfsetup.openapi.check_schema import MAX_DESCRIPTION, TYPES

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.fit_log import Log

__all__ = ["ANNOTATIONS", "STRUCTURE", "TYPES", "copied", "inferred_type", "is_annotation", "is_primitive"]

PRIMITIVES: Final = frozenset({"string", "integer", "number", "boolean", "file"})

ANNOTATIONS: Final = frozenset(
    {"title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs"}
    | {"xml", "nullable", "$comment", "discriminator", "summary"}
)
"""Keywords that forbid no value."""

STRUCTURE: Final = frozenset({"properties", "items", "additionalProperties", "enum", "const", "prefixItems", "not"})
"""Keywords that give a schema content of its own beside a composition."""

_KEPT: Final = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
_BOUNDS: Final = tuple(dict.fromkeys(key for keys in _KEPT.values() for key in keys))
_COMMON: Final = ("title", "description", "nullable", "x-nullable", "deprecated", "readOnly", "writeOnly")
_HANDLED: Final = frozenset(
    {"type", "format", "enum", "const", "default", "example", "examples", "properties", "required", "items"}
    | {"additionalProperties", "patternProperties", "allOf", "oneOf", "anyOf", "prefixItems", "$ref"}
)
HARMLESS: Final = frozenset(
    {"xml", "externalDocs", "discriminator", "$schema", "$id", "$comment", "$anchor", "$defs", "definitions"}
    | {"$dynamicAnchor", "contentMediaType", "contentEncoding", "summary", "id", "name", "in", "collectionFormat"}
    | {"allowEmptyValue", "schema", "style", "explode"}
)
"""Keywords whose loss lets no other value through."""

MAX_EXAMPLE: Final = 500
"""Characters of an example that is kept: one real registration is 300 KB of examples."""


def is_primitive(node: Any) -> bool:
    """True for a schema of a simple type."""
    return isinstance(node, dict) and node.get("type") in PRIMITIVES


def is_annotation(part: Any) -> bool:
    """True for a part of `allOf` that says nothing about values."""
    return isinstance(part, dict) and all(key in ANNOTATIONS or key.startswith("x-") for key in part)


def only_constraints(parts: Sequence[tuple[int, Any]]) -> bool:
    """True for a union whose branches only say which properties are required."""
    return all(isinstance(part, dict) and set(part) <= {"required", "not", "title", "description"} for _, part in parts)


def without_null(node: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The schema with `null` taken out of its type, union and enum, and whether there was any."""
    out = dict(node)
    nullable = False
    kinds = out.get("type")
    if isinstance(kinds, list):
        named = [kind for kind in kinds if isinstance(kind, str) and kind != "null"]
        nullable = "null" in kinds
        if len(named) > 1 and "anyOf" not in out and "oneOf" not in out:
            del out["type"]
            out["anyOf"] = [{**_of_kind(out, kind), "type": kind} for kind in named]
            for key in list(out):
                if key not in _COMMON and key != "anyOf":
                    del out[key]
        elif named:
            out["type"] = named[0]
        else:
            del out["type"]
    elif kinds == "null":
        nullable = True
        del out["type"]
    for key in ("oneOf", "anyOf"):
        parts = out.get(key)
        if isinstance(parts, list) and any(isinstance(part, dict) and part.get("type") == "null" for part in parts):
            nullable = True
    values = out.get("enum")
    if isinstance(values, list) and None in values and len(values) > 1:
        nullable = True
        out["enum"] = [value for value in values if value is not None]
    return out, nullable


def _of_kind(node: Mapping[str, Any], kind: str) -> dict[str, Any]:
    keep = (*_KEPT.get(kind, ()), "format", "enum", "items", "properties", "required", "additionalProperties")
    return {key: node[key] for key in keep if key in node}


def inferred_type(node: Mapping[str, Any]) -> tuple[str, bool]:
    """The type that a schema without one means, and whether its keywords leave no doubt."""
    if "properties" in node or "additionalProperties" in node or "patternProperties" in node:
        return "object", True
    if "items" in node or "prefixItems" in node:
        return "array", True
    values = node.get("enum") if isinstance(node.get("enum"), list) else [node["const"]] if "const" in node else None
    if values:
        return _type_of_values(values)
    form = node.get("format")
    if form in ("int32", "int64"):
        return "integer", True
    if form in ("float", "double"):
        return "number", True
    if any(key in node for key in _KEPT["string"]) or isinstance(form, str):
        return "string", True
    if any(key in node for key in _KEPT["integer"]):
        return "number", True
    if "required" in node or "minProperties" in node:
        return "object", True
    for key in ("default", "example"):
        if node.get(key) is not None:
            return _type_of_values([node[key]])[0], False
    return "string", False


def _type_of_values(values: Sequence[Any]) -> tuple[str, bool]:
    kinds = {_json_type(value) for value in values if value is not None}
    if len(kinds) == 1:
        return kinds.pop(), True
    if kinds == {"integer", "number"}:
        return "number", True
    return "string", False


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names: tuple[tuple[type, str], ...] = ((int, "integer"), (float, "number"), (dict, "object"), (list, "array"))
    return next((name for kind, name in names if isinstance(value, kind)), "string")


def copied(node: Mapping[str, Any], kind: str, place: str, document: OpenApiDocument, log: Log) -> dict[str, Any]:
    """Type, format, values, bounds and annotations of a schema, in the words of 2.0 and 3.0."""
    out: dict[str, Any] = {"type": kind}
    _format(out, node, kind, place, log)
    # a bound of another type than the schema's forbids nothing, so it may stay
    for key in (*_COMMON, *_BOUNDS):
        if key in node:
            out[key] = node[key]
    if "description" in out:
        out["description"] = cut(out["description"], f"{place}/description", log)
    _exclusive(out, node, place, log)
    _values(out, node, kind, place, log)
    _default(out, node, kind, place, log)
    example = node.get("example", _first(node.get("examples")))
    if example is not None and len(str(example)) <= MAX_EXAMPLE and kind in PRIMITIVES and not document.is_v2:
        out["example"] = example
    for key in node:
        if key.startswith("x-") and key not in out and len(str(node[key])) <= MAX_EXAMPLE:
            out[key] = node[key]
        elif key not in out and key not in _HANDLED and key not in HARMLESS and not key.startswith("x-"):
            rule = "OA-A06" if key == "not" else "OA-A01"
            log(f"{place}/{key}", f"{key} removed; the vendor still checks it", rule, dropped=True)
    if "discriminator" in node:
        log(f"{place}/discriminator", "discriminator removed; its property stays", "OA-C07")
    return out


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _format(out: dict[str, Any], node: Mapping[str, Any], kind: str, place: str, log: Log) -> None:
    form = node.get("format")
    if kind == "string" and node.get("contentEncoding") == "base64" and form is None:
        form = "byte"
    if not isinstance(form, str):
        return
    allowed = {"integer": ("int32", "int64"), "number": ("float", "double", "int32", "int64")}
    if kind in ("object", "array", "boolean") or form not in allowed.get(kind, (form,)):
        log(f"{place}/format", f"format {form} of {kind} removed", "OA-C12")
        return
    out["format"] = form


def _exclusive(out: dict[str, Any], node: Mapping[str, Any], place: str, log: Log) -> None:
    for key, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = out.get(key)
        if key not in out or isinstance(value, bool):
            continue
        out.pop(key)
        if not isinstance(value, (int, float)):
            continue
        other = node.get(bound)
        other = other if isinstance(other, (int, float)) else None
        tighter = other is not None and (other > value if bound == "minimum" else other < value)
        if not tighter:
            out[bound] = value
            out[key] = True
        log(f"{place}/{key}", f"{key} written as 3.0 does", "OA-A01")


def _values(out: dict[str, Any], node: Mapping[str, Any], kind: str, place: str, log: Log) -> None:
    values = node.get("enum")
    if "const" in node:
        values = [node["const"]]
        log(f"{place}/const", "const written as enum of one value", "OA-A01")
    if not isinstance(values, list):
        return
    if kind not in PRIMITIVES:
        log(f"{place}/enum", f"values of {kind} removed; the vendor still checks them", "OA-C01", dropped=True)
        return
    fitting = [value for value in values if _json_type(value) == kind or (kind == "number" and type(value) is int)]
    if len(fitting) < len(values):
        log(f"{place}/enum", f"values that are no {kind} removed", "OA-C01", dropped=True)
    if fitting:
        out["enum"] = fitting


def _default(out: dict[str, Any], node: Mapping[str, Any], kind: str, place: str, log: Log) -> None:
    if "default" not in node:
        return
    default = node["default"]
    fits = kind in PRIMITIVES and (_json_type(default) == kind or (kind == "number" and type(default) is int))
    if default is None or not fits or (kind == "integer" and out.get("format") is None):
        log(f"{place}/default", "default removed; Salesforce ignores it", "OA-C08")
    else:
        out["default"] = default


def copy_required(out: dict[str, Any], node: Mapping[str, Any], place: str, log: Log, *, sending: bool) -> None:
    """Copies `required`, without names that no property has."""
    required = node.get("required")
    if not isinstance(required, list):
        return
    names = list(dict.fromkeys(name for name in required if isinstance(name, str)))
    known = [name for name in names if name in out.get("properties", {})]
    lost = [name for name in names if name not in known]
    composed = "allOf" in node or out.get("additionalProperties") or not out.get("properties")
    if lost and not composed:
        log(f"{place}/required", f"required names without a property: {', '.join(lost)}", "OA-C01", dropped=sending)
        names = known
    if names:
        out["required"] = names


def cut(value: Any, place: str, log: Log) -> str:
    """A description of at most 1,333 characters."""
    text: str = value if isinstance(value, str) else str(value)
    if len(text) <= MAX_DESCRIPTION:
        return text
    log(place, f"description cut to {MAX_DESCRIPTION:,} characters", "OA-B13")
    return text[: MAX_DESCRIPTION - 1].rstrip() + "…"
