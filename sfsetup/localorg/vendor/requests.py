"""What is wrong with a request: its parameters and its body against the operation's description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sfsetup.errors import InvalidInput
from sfsetup.localorg.stored import loads, reason

if TYPE_CHECKING:
    from sfsetup.localorg.vendor.routing import Match
    from sfsetup.localorg.vendor.schemas import Schemas
    from sfsetup.openapi.document import MediaType, OpenApiDocument, Parameter

_NOT_IN_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI 3 ignores (Parameter Object)."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as the stand-in sees it. Header names are lower case; `path` is percent-encoded."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def problems(document: OpenApiDocument, schemas: Schemas, match: Match, request: Incoming) -> list[str]:
    """Every violation in one sentence; empty for a good request."""
    found: list[str] = []
    query = parse_qsl(request.query, keep_blank_values=True)
    form = _form(request)
    for parameter in match.operation.parameters:
        values = {
            "path": lambda p: [match.params[p.name]] if p.name in match.params else [],
            "query": lambda p: [value for name, value in query if name == p.name],
            "header": lambda p: [request.headers[p.name.lower()]] if p.name.lower() in request.headers else [],
            "formData": lambda p: [value for name, value in form if name == p.name],
        }.get(parameter.location)
        if values is None or (parameter.location == "header" and parameter.name.lower() in _NOT_IN_HEADERS):
            continue
        found.extend(_parameter(document, schemas, parameter, values(parameter)))
    found.extend(_body(document, schemas, match, request))
    return found


def _parameter(document: OpenApiDocument, schemas: Schemas, parameter: Parameter, values: list[str]) -> list[str]:
    where = f"{parameter.location} parameter {parameter.name!r}"
    if not values:
        return [f"{where} is required"] if parameter.required else []
    if parameter.schema is None:
        return []
    schema = document.follow(parameter.schema, parameter.schema_pointer)[0]
    if not isinstance(schema, Mapping) or (document.is_v2 and schema.get("type") == "file"):
        return []
    value = _typed(document, schema, values, parameter)
    return [
        f"{where}{problem if problem[:2] != '/:' else problem[1:]}"
        for problem in schemas.problems(parameter.schema_pointer, value)
    ]


def _typed(document: OpenApiDocument, schema: Mapping[str, Any], values: list[str], parameter: Parameter) -> Any:
    """Text of the URL or a header as the type that the schema names; left as text where it does not read so."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((entry for entry in kind if entry != "null"), None)
    if kind == "array":
        items = document.follow(schema.get("items"), "")[0]
        inner = items.get("type") if isinstance(items, Mapping) else None
        separator = {"ssv": " ", "tsv": "\t", "pipes": "|"}.get(str(parameter.raw.get("collectionFormat")), ",")
        texts = values if len(values) > 1 else values[0].split(separator)
        return [_scalar(inner, text) for text in texts]
    return _scalar(kind, values[0])


def _scalar(kind: Any, text: str) -> Any:
    if kind in ("integer", "number"):
        try:
            return int(text) if kind == "integer" or text.lstrip("+-").isdigit() else float(text)
        except ValueError:
            return text
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def media_kind(text: str) -> str:
    """`application/json` of `Application/JSON; charset=utf-8`."""
    return text.split(";", maxsplit=1)[0].strip().lower()


def _form(request: Incoming) -> list[tuple[str, str]]:
    if media_kind(request.headers.get("content-type", "")) != "application/x-www-form-urlencoded":
        return []
    return parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)


def _body(document: OpenApiDocument, schemas: Schemas, match: Match, request: Incoming) -> list[str]:
    body = match.operation.request_body
    if body is None:
        return []
    if not request.body:
        return ["the request body is required"] if body.required else []
    kind = media_kind(request.headers.get("content-type", ""))
    media = next((entry for entry in body.content if _accepts(entry.name, kind)), None)
    if media is None:
        expected = ", ".join(entry.name for entry in body.content) or "none"
        return [f"content type {kind or '(none)'} is not one of: {expected}"] if body.content else []
    if kind == "application/x-www-form-urlencoded":
        return _form_body(document, schemas, media, request)
    if kind != "application/json" and not kind.endswith("+json"):
        return []
    try:
        value = loads(request.body, name="request body")
    except InvalidInput as error:
        return [f"the body cannot be read: {reason(error)}"]
    return [f"body{problem}" for problem in schemas.problems(media.schema_pointer, value)]


def _form_body(document: OpenApiDocument, schemas: Schemas, media: MediaType, request: Incoming) -> list[str]:
    schema = document.follow(media.schema, media.schema_pointer)[0]
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    value: dict[str, Any] = {}
    for name, text in _form(request):
        inner = document.follow(properties.get(name), "")[0] if isinstance(properties, Mapping) else None
        value[name] = _scalar(inner.get("type") if isinstance(inner, Mapping) else None, text)
    return [f"form{problem}" for problem in schemas.problems(media.schema_pointer, value)]


def _accepts(pattern: str, kind: str) -> bool:
    pattern = media_kind(pattern)
    if pattern in ("", "*/*", kind):
        return True
    return pattern.endswith("/*") and kind.startswith(pattern[:-1])
