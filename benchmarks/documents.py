"""Documents to measure with: a vendor's own where one lies beside the checkout, multiplied to any size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "oas"
_BASE = "twilio-proxy-v1.json"


def base_document() -> tuple[dict[str, Any], str]:
    """A document with its real findings and what it is called in the report."""
    file = CORPUS / _BASE
    if file.is_file():
        return json.loads(file.read_bytes()), _BASE
    return _made_up(), "a made-up document"


def of_size(megabytes: float) -> tuple[bytes, str]:
    """About so many megabytes of JSON: paths and schemas of the base document again and again under other names."""
    base, name = base_document()
    text = json.dumps(base, separators=(",", ":"))
    copies = max(1, round(megabytes * 1_000_000 / len(text)))
    whole = dict(base, paths={}, components={"schemas": {}})
    for number in range(copies):
        copy = _renamed(base, number)
        whole["paths"].update(copy["paths"])
        whole["components"]["schemas"].update(copy["components"]["schemas"])
    return json.dumps(whole, separators=(",", ":")).encode(), name


def _renamed(base: dict[str, Any], number: int) -> dict[str, Any]:
    """The document with every schema, path and operationId told apart by a number."""
    copy = json.loads(json.dumps(base).replace('"#/components/schemas/', f'"#/components/schemas/N{number}'))
    paths = {}
    for path, item in copy["paths"].items():
        for operation in item.values():
            if isinstance(operation, dict) and "operationId" in operation:
                operation["operationId"] = f"{operation['operationId']}{number}"
        paths[f"/n{number}{path}"] = item
    schemas = {f"N{number}{name}": schema for name, schema in copy["components"]["schemas"].items()}
    return {"paths": paths, "components": {"schemas": schemas}}


def _made_up() -> dict[str, Any]:
    """A small vendor's document with the usual breaches: an untyped property, headers of responses, a map."""
    properties: dict[str, Any] = {f"member{i}": {"type": "string", "description": f"Member {i}"} for i in range(20)}
    properties |= {"odd": {}, "map": {"type": "object", "additionalProperties": {"type": "string"}}}
    reference = {"$ref": "#/components/schemas/Thing0"}
    content = {"application/json": {"schema": reference}}
    answer = {"description": "ok", "headers": {"X-Page": {"schema": {"type": "string"}}}, "content": content}
    operation = {"requestBody": {"content": content}, "responses": {"200": answer}}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Things", "version": "1"},
        "paths": {f"/things{i}": {"post": {"operationId": f"postThing{i}", **operation}} for i in range(30)},
        "components": {"schemas": {f"Thing{i}": {"type": "object", "properties": properties} for i in range(15)}},
    }
