"""URL, parameters and body of a callout.

URL = Named Credential URL + base path of the registered document + path (external-services 7.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from sfsetup.localorg.callout.json_map import to_json
from sfsetup.localorg.callout.service import ActionInput, ServiceAction
from sfsetup.localorg.callout.values import Endpoint
from sfsetup.localorg.flow.values import ApexObject, FlowFault, FlowValue, text_of

SUPPORTED = ("application/json", "application/x-www-form-urlencoded", "text/plain")
"""Media types of External Services (vendors 2, help: intro_openapi_2_3_support)."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The request before any credential has touched it."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def compose(
    action: ServiceAction,
    endpoint: Endpoint,
    inputs: Mapping[str, FlowValue],
    media_types: Mapping[str, str],
) -> Composed:
    """Raises FlowFault for a missing required input and for one that the operation does not have."""
    known = {item.name: item for item in action.inputs}
    for item in action.inputs:
        if item.required and inputs.get(item.name) is None:
            raise FlowFault(f"The action {action.name} needs a value for its input {item.name}.")
    path, query, headers, form = action.operation.path, [], [], []
    body_value: FlowValue = None
    has_body = False
    for name, value in inputs.items():
        found = known.get(name)
        if found is None or value is None:
            # A value that the operation has no place for is ignored (switch flow-inputs-checked, off).
            continue
        if found.parameter is None:
            body_value, has_body = value, True
        elif found.parameter.location == "path":
            path = path.replace(f"{{{found.parameter.name}}}", quote(_text(value), safe=""))
        elif found.parameter.location == "query":
            query.extend(_pairs(found, value))
        elif found.parameter.location == "header":
            headers.append((found.parameter.name, _text(value)))
        elif found.parameter.location == "formData":
            form.extend(_pairs(found, value))
    url = f"{endpoint.url.rstrip('/')}{action.document.base_path}{path}"
    if query:
        url += f"{'&' if '?' in url else '?'}{urlencode(query, quote_via=quote)}"
    content_type, body = _form(form) if form else _body(action, body_value, media_types) if has_body else ("", b"")
    headers.append(("Accept", _accept(action)))
    if content_type:
        headers.append(("Content-Type", content_type))
    return Composed(action.operation.method.upper(), url, tuple(headers), body)


def _text(value: FlowValue) -> str:
    if isinstance(value, list):
        return ",".join(text_of(item) for item in value)
    return text_of(value)


def _pairs(item: ActionInput, value: FlowValue) -> list[tuple[str, str]]:
    """A list repeats its name unless the document says otherwise (OpenAPI 3 `explode`; 2.0 `collectionFormat`)."""
    assert item.parameter is not None
    raw = item.parameter.raw
    if not isinstance(value, list):
        return [(item.parameter.name, text_of(value))]
    texts = [text_of(entry) for entry in value]
    is_v2 = "schema" not in raw
    repeats = raw.get("collectionFormat") == "multi" if is_v2 else raw.get("explode") is not False
    if repeats:
        return [(item.parameter.name, text) for text in texts]
    separator = {"ssv": " ", "tsv": "\t", "pipes": "|", "pipeDelimited": "|", "spaceDelimited": " "}
    return [(item.parameter.name, separator.get(str(raw.get("collectionFormat") or raw.get("style")), ",").join(texts))]


def _form(pairs: list[tuple[str, str]]) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", urlencode(pairs).encode()


def _body(action: ServiceAction, value: FlowValue, media_types: Mapping[str, str]) -> tuple[str, bytes]:
    body = action.operation.request_body
    names = [media.name for media in body.content if media.name] if body else []
    chosen, treated = "application/json", "application/json"
    for name in names:
        kind = name.split(";")[0].strip().lower()
        like = media_types.get(name, media_types.get(kind, kind))
        if like in SUPPORTED:
            chosen, treated = name, like
            break
    data = to_json(value)
    if treated == "application/x-www-form-urlencoded":
        if not isinstance(value, ApexObject):
            raise FlowFault("A form body needs an Apex-defined value.")
        return chosen, urlencode([pair for key, item in data.items() for pair in _form_pairs(key, item)]).encode()
    if treated == "text/plain":
        return chosen, _text(value).encode()
    return chosen, json.dumps(data, ensure_ascii=False).encode()


def _form_pairs(key: str, item: Any) -> list[tuple[str, str]]:
    if isinstance(item, list):
        return [(key, part if isinstance(part, str) else json.dumps(part)) for part in item]
    return [(key, item if isinstance(item, str) else json.dumps(item, ensure_ascii=False))]


def _accept(action: ServiceAction) -> str:
    """The response media types that apply (external-services 7.2)."""
    names = [media.name for response in action.operation.responses for media in response.content if media.name]
    return ", ".join(dict.fromkeys(names)) or "application/json, text/plain"
