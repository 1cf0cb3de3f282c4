"""OpenAPI schemas (2.0, 3.0, 3.1) as JSON Schema 2020-12, judged by jsonschema-rs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema_rs

    from sfsetup.openapi.document import OpenApiDocument

MAX_PROBLEMS = 20
"""Problems told of one value."""
MAX_PARTS = 2000
"""Parts that a composition may unfold to at one place: the validator looks at each, however often it is named, and
cannot be stopped. What goes beyond is not judged."""

_PLAIN = (
    "const",
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "multipleOf",
    "format",
    "minContains",
    "maxContains",
    "dependentRequired",
)
_MAPS = ("properties", "patternProperties", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLES = ("not", "additionalProperties", "contains", "propertyNames", "if", "then", "else", "unevaluatedProperties")

# OpenAPI formats that are no JSON Schema formats are annotations there too; jsonschema-rs ignores unknown ones.
_FORMATS = frozenset({"date", "date-time", "email", "uuid", "uri", "ipv4", "ipv6", "hostname"})


class Schemas:
    """The schemas of one document, translated when first needed. `response` tells which way the data travels."""

    def __init__(self, document: OpenApiDocument) -> None:
        self._document = document
        self._validators: dict[tuple[str, bool], jsonschema_rs.Validator | None] = {}

    def problems(self, pointer: str, value: Any, *, response: bool = False) -> list[str]:
        """What is wrong with `value` by the schema at `pointer`: `/messages/0/text: "x" is too short`."""
        key = (pointer, response)
        if key not in self._validators:
            self._validators[key] = self._compile(pointer, response=response)
        validator = self._validators[key]
        if validator is None:
            return []
        found = []
        for error in validator.iter_errors(value):
            place = "".join(f"/{step}" for step in error.instance_path)
            message = error.message if len(error.message) <= 300 else f"{error.message[:300]}…"
            found.append(f"{place or '/'}: {message}")
            if len(found) >= MAX_PROBLEMS:
                break
        return found

    def _compile(self, pointer: str, *, response: bool) -> jsonschema_rs.Validator | None:
        import jsonschema_rs

        for patterns in (True, False):
            # A pattern that this regex engine cannot read must not make the whole schema useless.
            schema = _Translation(self._document, response=response, patterns=patterns).of(pointer)
            if _unfolds_too_far(schema):
                return None
            try:
                return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)
            except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
                continue
        return None


_IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")


def _unfolds_too_far(schema: dict[str, Any]) -> bool:
    """True if a part of the schema is composed of too many others, or of itself."""
    definitions: dict[str, Any] = schema["$defs"]
    known: dict[str, int] = {}

    def parts(node: Any) -> int:
        """How many schemas judge one value."""
        count = 1
        if not isinstance(node, dict):
            return count
        ref = node.get("$ref")
        if isinstance(ref, str):
            name = ref.rpartition("/")[2]
            if name not in known:
                known[name] = MAX_PARTS  # what it is while it leads back to itself
                known[name] = min(MAX_PARTS, parts(definitions[name]))
            count += known[name]
        for key in _IN_PLACE:
            inner = node.get(key)
            count += sum(parts(each) for each in (inner if isinstance(inner, list) else [inner] if inner else ()))
        return count

    try:
        return any(parts(each) > MAX_PARTS for each in _all_parts(schema))
    except RecursionError:
        return True


def _all_parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


class _Translation:
    """Translates one schema and all that it refers to; each target of a `$ref` becomes a `$defs` entry."""

    def __init__(self, document: OpenApiDocument, *, response: bool, patterns: bool) -> None:
        self._document = document
        self._hidden = "writeOnly" if response else "readOnly"
        self._patterns = patterns
        self._names: dict[str, str] = {}
        self._waiting: list[tuple[str, Any]] = []

    def of(self, pointer: str) -> dict[str, Any]:
        root = self._schema(self._document.at(pointer))
        definitions: dict[str, Any] = {}
        while self._waiting:
            name, target = self._waiting.pop()
            definitions[name] = self._schema(target)
        top: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        if isinstance(root, dict):
            return {**top, "allOf": [root], "$defs": definitions}
        return {**top, "allOf": [root], "$defs": definitions}

    def _reference(self, ref: str) -> Any:
        value, pointer = self._document.target(ref)
        if not pointer and ref != "#":
            return True
        if pointer not in self._names:
            self._names[pointer] = f"d{len(self._names)}"
            self._waiting.append((self._names[pointer], value))
        return {"$ref": f"#/$defs/{self._names[pointer]}"}

    def _schema(self, node: Any) -> Any:
        if isinstance(node, bool):
            return node
        if not isinstance(node, Mapping):
            return True
        ref = node.get("$ref")
        if isinstance(ref, str):
            return self._reference(ref)
        result: dict[str, Any] = {key: node[key] for key in _PLAIN if key in node and node[key] is not None}
        if str(result.get("format")) not in _FORMATS:
            result.pop("format", None)
        if self._patterns and isinstance(node.get("pattern"), str):
            result["pattern"] = node["pattern"]
        self._limits(node, result)
        self._types(node, result)
        self._members(node, result)
        return result

    def _limits(self, node: Mapping[str, Any], result: dict[str, Any]) -> None:
        """`exclusiveMinimum: true` of 2.0 and 3.0 becomes the number of JSON Schema."""
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            limit, strict = node.get(bound), node.get(exclusive)
            if isinstance(strict, int | float) and not isinstance(strict, bool):
                result[exclusive] = strict
            if isinstance(limit, int | float) and not isinstance(limit, bool):
                result[exclusive if strict is True else bound] = limit

    def _types(self, node: Mapping[str, Any], result: dict[str, Any]) -> None:
        kind = node.get("type")
        if kind == "file":
            kind = "string"
        nullable = node.get("nullable") is True or node.get("x-nullable") is True
        if isinstance(kind, str):
            result["type"] = [kind, "null"] if nullable else kind
        elif isinstance(kind, list):
            result["type"] = [entry for entry in kind if isinstance(entry, str)]
        values = node.get("enum")
        if isinstance(values, list) and values:
            result["enum"] = [*values, None] if nullable and None not in values else values

    def _members(self, node: Mapping[str, Any], result: dict[str, Any]) -> None:
        properties = node.get("properties")
        hidden: set[str] = set()
        if isinstance(properties, Mapping):
            for name, value in properties.items():
                if isinstance(value, Mapping) and value.get(self._hidden) is True:
                    hidden.add(name)
        required = node.get("required")
        if isinstance(required, list):
            result["required"] = [name for name in required if isinstance(name, str) and name not in hidden]
        for key in _MAPS:
            found = node.get(key)
            if isinstance(found, Mapping):
                result[key] = {name: self._schema(value) for name, value in found.items()}
        for key in _LISTS:
            found = node.get(key)
            if isinstance(found, list) and found:
                result[key] = [self._schema(value) for value in found]
        for key in _SINGLES:
            if isinstance(node.get(key), Mapping | bool):
                result[key] = self._schema(node[key])
        if isinstance(node.get("items"), Mapping | bool):
            result["items"] = self._schema(node["items"])
