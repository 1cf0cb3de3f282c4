"""2.0 and 3.x as one: operations, servers and security schemes of a document. Skips what has the wrong type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sfsetup.openapi.parts import (
    METHODS,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    Response,
    SecurityScheme,
    Server,
)
from sfsetup.text.pointers import escape

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument

_METHODS = frozenset(METHODS)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def operations(document: OpenApiDocument) -> Iterator[Operation]:
    """Every operation of every path item, in order."""
    for path, item in _mapping(document.value.get("paths")).items():
        pointer = f"/paths/{escape(path)}"
        if not path.startswith("/"):
            continue
        item, pointer = document.follow(item, pointer)
        if not isinstance(item, dict):
            continue
        shared = list(_parameters(document, item.get("parameters"), f"{pointer}/parameters"))
        for method, raw in item.items():
            if method in _METHODS and isinstance(raw, dict):
                yield _operation(document, method, path, raw, f"{pointer}/{method}", shared)


def _operation(
    document: OpenApiDocument,
    method: str,
    path: str,
    raw: dict[str, Any],
    pointer: str,
    shared: list[tuple[Mapping[str, Any], str]],
) -> Operation:
    own = list(_parameters(document, raw.get("parameters"), f"{pointer}/parameters"))
    own_keys = {_key(found) for found, _ in own}
    merged = [pair for pair in shared if _key(pair[0]) not in own_keys] + own
    identifier = raw.get("operationId")
    body = _body_v2(document, raw, pointer, merged) if document.is_v2 else _body_v3(document, raw, pointer)
    return Operation(
        method=method,
        path=path,
        operation_id=identifier if isinstance(identifier, str) and identifier else None,
        pointer=pointer,
        parameters=tuple(_parameter(document, found, place) for found, place in merged if found.get("in") != "body"),
        request_body=body,
        responses=tuple(_responses(document, raw, pointer)),
        raw=raw,
    )


def _key(parameter: Mapping[str, Any]) -> tuple[str, str]:
    """Name and place of a parameter; a broken document may hold anything there."""
    return str(parameter.get("name")), str(parameter.get("in"))


def _parameters(document: OpenApiDocument, raw: Any, pointer: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    for index, entry in enumerate(_items(raw)):
        found, place = document.follow(entry, f"{pointer}/{index}")
        if isinstance(found, dict):
            yield found, place


def _parameter(document: OpenApiDocument, raw: Mapping[str, Any], pointer: str) -> Parameter:
    name, location = raw.get("name"), raw.get("in")
    schema: Any
    if document.is_v2:
        schema, schema_pointer = raw, pointer
    else:
        schema, schema_pointer = raw.get("schema"), f"{pointer}/schema"
    return Parameter(
        name=name if isinstance(name, str) else "",
        location=location if isinstance(location, str) else "",
        required=raw.get("required") is True or location == "path",
        schema=schema,
        pointer=pointer,
        schema_pointer=schema_pointer,
        raw=raw,
        content=() if document.is_v2 else content_of(raw.get("content"), f"{pointer}/content"),
    )


def content_of(raw: Any, pointer: str) -> tuple[MediaType, ...]:
    """The media types of a 3.x `content` mapping."""
    found = []
    for name, value in _mapping(raw).items():
        place = f"{pointer}/{escape(name)}"
        found.append(MediaType(name, _mapping(value).get("schema"), place, f"{place}/schema"))
    return tuple(found)


def _body_v3(document: OpenApiDocument, raw: Mapping[str, Any], pointer: str) -> RequestBody | None:
    if "requestBody" not in raw:
        return None
    found, place = document.follow(raw["requestBody"], f"{pointer}/requestBody")
    if not isinstance(found, dict):
        return None
    content = content_of(found.get("content"), f"{place}/content")
    return RequestBody("body", found.get("required") is True, content, place, found)


def _body_v2(
    document: OpenApiDocument, raw: Mapping[str, Any], pointer: str, merged: list[tuple[Mapping[str, Any], str]]
) -> RequestBody | None:
    for found, place in merged:
        if found.get("in") != "body":
            continue
        schema = found.get("schema")
        names = media_types_v2(document, raw, pointer, "consumes") or (("", place),)
        content = tuple(MediaType(name, schema, where, f"{place}/schema") for name, where in names)
        name = found.get("name")
        return RequestBody(name if isinstance(name, str) else "", found.get("required") is True, content, place, found)
    return None


def media_types_v2(
    document: OpenApiDocument, raw: Mapping[str, Any], pointer: str, key: str
) -> tuple[tuple[str, str], ...]:
    """Media types of `consumes` or `produces` of an operation, else of the document, with their pointers."""
    own = raw.get(key)
    holder, place = (own, f"{pointer}/{key}") if isinstance(own, list) else (document.value.get(key), f"/{key}")
    return tuple((name, f"{place}/{i}") for i, name in enumerate(_items(holder)) if isinstance(name, str))


def _responses(document: OpenApiDocument, raw: Mapping[str, Any], pointer: str) -> Iterator[Response]:
    for code, entry in _mapping(raw.get("responses")).items():
        if code.startswith("x-"):
            continue
        found, place = document.follow(entry, f"{pointer}/responses/{escape(code)}")
        if not isinstance(found, dict):
            continue
        if not document.is_v2:
            yield Response(code, content_of(found.get("content"), f"{place}/content"), place, found)
            continue
        content: tuple[MediaType, ...] = ()
        if isinstance(found.get("schema"), dict):
            names = media_types_v2(document, raw, pointer, "produces") or (("", place),)
            content = tuple(MediaType(name, found["schema"], where, f"{place}/schema") for name, where in names)
        yield Response(code, content, place, found)


def servers(document: OpenApiDocument) -> Iterator[Server]:
    """The servers of the document as a whole."""
    if document.is_v2:
        yield from _servers_v2(document)
        return
    for raw in _items(document.value.get("servers")):
        url = _mapping(raw).get("url")
        if not isinstance(url, str):
            continue
        defaults = {}
        for name, variable in _mapping(raw.get("variables")).items():
            default = _mapping(variable).get("default")
            if default is not None:
                defaults[name] = str(default)
                url = url.replace(f"{{{name}}}", str(default))
        description = raw.get("description")
        yield Server(url, description if isinstance(description, str) else "", defaults)


def _servers_v2(document: OpenApiDocument) -> Iterator[Server]:
    host, base = document.value.get("host"), document.value.get("basePath")
    path = base if isinstance(base, str) and base != "/" else ""
    if not isinstance(host, str) or not host:
        if path:
            yield Server(path)
        return
    schemes = [scheme for scheme in _items(document.value.get("schemes")) if isinstance(scheme, str)] or ["https"]
    for scheme in sorted(schemes, key=lambda scheme: scheme != "https"):
        yield Server(f"{scheme}://{host}{path}")


def security(document: OpenApiDocument) -> Iterator[SecurityScheme]:
    """The declared security schemes."""
    if document.is_v2:
        declared, pointer = document.value.get("securityDefinitions"), "/securityDefinitions"
    else:
        declared = _mapping(document.value.get("components")).get("securitySchemes")
        pointer = "/components/securitySchemes"
    used = _used_schemes(document)
    for name, raw in _mapping(declared).items():
        raw = document.follow(raw, f"{pointer}/{escape(name)}")[0]
        if not isinstance(raw, dict):
            continue
        flows = _mapping(raw.get("flows"))
        token_urls = [raw.get("tokenUrl"), *(_mapping(flow).get("tokenUrl") for flow in flows.values())]
        yield SecurityScheme(
            name=name,
            kind=_text(raw.get("type")),
            scheme=_text(raw.get("scheme")).lower() or ("basic" if raw.get("type") == "basic" else ""),
            location=_text(raw.get("in")),
            parameter=_text(raw.get("name")),
            token_url=next((url for url in token_urls if isinstance(url, str)), ""),
            flows=tuple(flows) or ((_text(raw.get("flow")),) if raw.get("flow") else ()),
            used=name in used,
        )


def _used_schemes(document: OpenApiDocument) -> set[str]:
    used: set[str] = set()
    holders = [document.value, *(operation.raw for operation in document.operations)]
    for holder in holders:
        for requirement in _items(holder.get("security")):
            used.update(_mapping(requirement))
    return used


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
