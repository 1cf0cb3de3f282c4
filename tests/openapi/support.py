"""Small documents for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfsetup.openapi.document import OpenApiDocument, parse


def document_of(value: Any, name: str = "doc.json") -> OpenApiDocument:
    """The document that a value is, read through its text."""
    return parse(json.dumps(value).encode(), name=name)


def thing_document(
    *, schema: Any = None, operation: Mapping[str, Any] | None = None, path: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """POST /things sends and reads the schema Thing; single parts replaced."""
    ref = {"$ref": "#/components/schemas/Thing"}
    post = {
        "operationId": "postThing",
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref}}},
        "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": ref}}}},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/things": dict(path) if path is not None else {"post": {**post, **(operation or {})}}},
        "components": {
            "schemas": {
                "Thing": schema if schema is not None else {"type": "object", "properties": {"id": {"type": "string"}}},
                "Other": {"type": "object", "properties": {"a": {"type": "string"}}},
            },
            "parameters": {"Page": {"in": "query", "name": "page", "schema": {"type": "string"}}},
        },
    }


def cases() -> list[dict[str, Any]]:
    """The entries of cases.yaml."""
    from sfsetup.text.documents import read_document

    file = Path(__file__).with_name("cases.yaml")
    value = read_document(file.read_bytes(), name=file.name, syntax="yaml").value
    assert isinstance(value, list)
    return value


def built(case: Mapping[str, Any]) -> dict[str, Any]:
    """The document of one case."""
    if "document" in case:
        value = case["document"]
        assert isinstance(value, dict)
        return value
    return thing_document(**{key: case[key] for key in ("schema", "operation", "path") if key in case})
