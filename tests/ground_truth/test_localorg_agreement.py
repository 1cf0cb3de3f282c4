"""Two independent derivations of names, sfsetup's prediction and the local org's own, over published documents.

They were written from the same pages by themselves; where those pages leave a question open they may differ, and
these differences are listed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sfsetup.facts.registration import ExternalServiceRegistration, Operation
from sfsetup.localorg.flow.values import APEX, FlowType
from sfsetup.localorg.service_shapes import ServiceShapes, registration_name
from sfsetup.openapi.document import OpenApiDocument, load, parse
from sfsetup.openapi.names import ServiceNames, names
from sfsetup.openapi.types import PropertyName

DOCUMENTS = (
    "adyen-payout.json",
    "docusign-click-v2.json",
    "galaxy-31.json",
    "messagebird-sms.yaml",
    "museum-31.yaml",
    "netlify-v2.yaml",
    "paypal-reporting.json",
    "petstore-v2.json",
    "petstore-v3.yaml",
    "twilio-lookups-v2.json",
    "twilio-proxy-v1.json",
    "ups-rating.yaml",
    "xero-assets.yaml",
)
UNUSABLE = "None"
"""What the prediction calls types that a flow cannot use: any, free-form objects, maps, lists of lists."""


def derived(document: OpenApiDocument) -> ServiceShapes:
    """The local org's derivation, with every operation active."""
    listed = tuple(Operation(registration_name(one), True) for one in document.operations)
    return ServiceShapes(
        ExternalServiceRegistration(full_name="Svc", file="", operations=listed, has_operations=True), document
    )


def same(shapes: ServiceShapes, own: FlowType | None, kind: str, apex_class: str | None, collection: bool) -> bool:
    if kind == UNUSABLE:
        # Whether such a type is a class without members or no type at all is open (external-services 11.5).
        return own is None or own.kind == "Map" or own.collection or not _members(shapes, own)
    return own == FlowType(kind, apex_class, collection)


def _members(shapes: ServiceShapes, own: FlowType) -> list[str]:
    shape = shapes.class_shape(own.apex_class or "") if own.kind == APEX else None
    return [name for name, member in shape.properties.items() if member.type.kind != "Map"] if shape else []


def differences(shapes: ServiceShapes, predicted: ServiceNames) -> Iterator[tuple[str, ...]]:
    for one in predicted.operations:
        action = shapes.action(one.action_name)
        if action is None:
            yield ("action", one.action_name)
            continue
        inputs = {each.name: each for each in action.inputs}
        for given in one.inputs:
            own = inputs.pop(given.name, None)
            kind = own.type if own else None
            if not same(shapes, kind, given.type, given.apex_class, given.collection):
                yield ("input", one.action_name, given.name, str(kind), given.type)
            elif own is not None and own.required is not given.required:
                yield ("required", one.action_name, given.name)
        yield from (("input", one.action_name, name, "only the local org") for name in inputs)
        outputs = {each.name: each.type for each in action.outputs}
        for taken in one.outputs:
            kind = outputs.pop(taken.name, None)
            if not same(shapes, kind, taken.type, taken.apex_class, taken.collection):
                yield ("output", one.action_name, taken.name, str(kind), taken.type)
        yield from (("output", one.action_name, name, "only the local org") for name in outputs)
    for found in predicted.classes:
        shape = shapes.class_shape(found.apex_class)
        if shape is None:
            yield ("class", found.apex_class)
            continue
        by_name = {each.flow_name: each for each in found.properties}
        yield from (("property", found.apex_class, name) for name in set(shape.properties) - set(by_name))
        for name, member in by_name.items():
            yield from _property(shapes, found.apex_class, name, member)


def _property(shapes: ServiceShapes, owner: str, name: str, member: PropertyName) -> Iterator[tuple[str, ...]]:
    shape = shapes.class_shape(owner)
    own = shape.properties.get(name) if shape else None
    if not same(shapes, own.type if own else None, member.type, member.apex_class, member.collection):
        yield ("property", owner, name, str(own.type if own else None), member.type)
    elif own is not None and own.wire != member.name:
        yield ("wire name", owner, name, own.wire)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_both_say_the_same(openapi_corpus: Path, name: str) -> None:
    document = load(openapi_corpus / name)
    predicted = names(document, "Svc")
    assert predicted.operations
    assert list(differences(derived(document), predicted)) == []


TEXT = {"type": "string"}
ITEM = {
    "type": "object",
    "properties": {"type": TEXT, "max_size": {"type": "integer"}, "1st": TEXT, "naïve name": TEXT},
}


def media(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"content": {kind: {"schema": schema}}}


ODDITIES: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Odd", "version": "1"},
    "paths": {
        "/things/{thing-id}/parts.list": {
            "parameters": [{"name": "thing-id", "in": "path", "required": True, "schema": TEXT}],
            "get": {
                "parameters": [
                    {"name": "connection", "in": "query", "schema": TEXT},
                    {"name": "X-Trace-Id", "in": "header", "schema": TEXT},
                    {"name": "sid", "in": "cookie", "schema": TEXT},
                    {"name": "when", "in": "query", "schema": {"type": "string", "format": "date"}},
                    {"name": "flags", "in": "query", "schema": {"type": "array", "items": {"type": "boolean"}}},
                ],
                "responses": {
                    "2XX": {"description": "", **media({"type": "array", "items": ITEM})},
                    "404": {"description": ""},
                    "default": {"description": "", **media(ITEM)},
                },
            },
            "post": {
                "operationId": "add.part/now",
                "requestBody": {"required": True, **media({"type": "array", "items": {"$ref": "#/components/schemas/A-b_c"}})},
                "responses": {"201": {"description": "", **media({"$ref": "#/components/schemas/List"})}, "204": {"description": ""}},
            },
            "head": {"responses": {"200": {"description": ""}}},
        },
        "/text": {
            "put": {
                "operationId": "class",
                "requestBody": media(TEXT, "text/plain"),
                "responses": {"200": {"description": "", **media({"type": "string", "enum": ["a"]}, "text/plain")}},
            }
        },
    },
    "components": {
        "schemas": {
            "A-b_c": {
                "allOf": [ITEM, {"$ref": "#/components/schemas/Base"}],
                "properties": {"self": {"$ref": "#/components/schemas/A-b_c"}, "kids": {"type": "array", "items": ITEM}},
            },
            "Base": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}, "deep": {
                "type": "object", "properties": {"deeper": ITEM}}}},
            "List": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number"}}}},
        }
    },
}  # fmt: skip


def test_both_say_the_same_of_odd_names_and_types() -> None:
    document = parse(json.dumps(ODDITIES).encode(), name="odd")
    predicted = names(document, "Svc")
    assert len(predicted.operations) == 3
    shapes = derived(document)
    assert list(differences(shapes, predicted)) == []
    action = shapes.action("Svc.add.part/now")
    assert action is not None
    assert [each.name for each in action.inputs] == ["thing-id", "body"]
    listing = shapes.action("Svc.getThingsByThing-idParts.list")
    assert listing is not None
    assert [each.name for each in listing.inputs] == ["thing-id", "reconnection", "X-Trace-Id", "when", "flags"]
