"""What becomes of a registration when its document changes: refused, breaking or safe, who is concerned, which order."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfsetup.facts.reader import read_facts
from sfsetup.metadata.layout import read_tree
from sfsetup.openapi.callers import Callers, Source
from sfsetup.openapi.change_values import SchemaChange
from sfsetup.openapi.changes import changes, order
from sfsetup.openapi.names import names
from tests.openapi.support import document_of

NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


def test_what_is_sent_and_read_is_told_once() -> None:
    old, new = base(), base()
    new["components"]["schemas"]["Order"]["properties"]["extra"] = {"type": "string"}
    new["components"]["schemas"]["Order"]["properties"]["note"] = {"type": "integer", "format": "int32"}
    found = changes(document_of(old), document_of(new))
    assert [(one.kind.value, one.message) for one in found] == [
        ("refused", "The type changes from string to integer (int32)."),
        ("safe", "The property extra is new."),
        ("safe", "The description changed."),
    ]
    # the class stays in use as long as one of its operations is active
    assert found[0].subject.operations == ("createOrder", "listOrders")
    assert order(found)[1] == "Deploy the registered document with createOrder, listOrders inactive."
    only = changes(document_of(old), document_of(new), ["createOrder"])
    assert only[0].subject.operations == ("createOrder",)


def base() -> dict[str, Any]:
    """Two operations: one sends and reads Order, one reads a list of it."""
    order_ref = {"$ref": "#/components/schemas/Order"}
    order_schema = {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string"},
            "note": {"type": "string", "description": "a note"},
            "state": {"type": "string", "enum": ["open", "closed"]},
            "from": {"type": "string"},
        },
    }
    query = {"name": "page", "in": "query", "schema": {"type": "integer", "format": "int32"}}
    path = {"name": "customer", "in": "query", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Orders", "version": "1"},
        "servers": [{"url": "https://api.example.com/v1"}],
        "paths": {
            "/orders": {
                "post": {
                    "operationId": "createOrder",
                    "requestBody": {"required": True, "content": {"application/json": {"schema": order_ref}}},
                    "responses": {
                        "201": {"description": "ok", "content": {"application/json": {"schema": order_ref}}},
                        "400": {"description": "bad"},
                    },
                },
                "get": {
                    "operationId": "listOrders",
                    "parameters": [query, path],
                    "responses": {
                        "200": {
                            "description": "ok",
                            "content": {"application/json": {"schema": {"type": "array", "items": order_ref}}},
                        }
                    },
                },
            }
        },
        "components": {"schemas": {"Order": order_schema, "Unused": {"type": "object"}}},
    }


def _post(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value["paths"]["/orders"]["post"]
    return found


def _get(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value["paths"]["/orders"]["get"]
    return found


def _order(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value["components"]["schemas"]["Order"]
    return found


def _set(holder: Callable[[dict[str, Any]], dict[str, Any]], key: str, what: Any) -> Callable[[dict[str, Any]], None]:
    def change(value: dict[str, Any]) -> None:
        holder(value)[key] = what

    return change


def _drop(holder: Callable[[dict[str, Any]], dict[str, Any]], key: str) -> Callable[[dict[str, Any]], None]:
    def change(value: dict[str, Any]) -> None:
        del holder(value)[key]

    return change


def _properties(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _order(value)["properties"]
    return found


def _add_parameter(required: bool) -> Callable[[dict[str, Any]], None]:
    def change(value: dict[str, Any]) -> None:
        extra = {"name": "size", "in": "query", "required": required, "schema": {"type": "string"}}
        _get(value)["parameters"].append(extra)

    return change


def _without_parameter(index: int) -> Callable[[dict[str, Any]], None]:
    def change(value: dict[str, Any]) -> None:
        del _get(value)["parameters"][index]

    return change


def _required(*names_: str) -> Callable[[dict[str, Any]], None]:
    return _set(_order, "required", list(names_))


def _renamed_schema(value: dict[str, Any]) -> None:
    value["components"]["schemas"]["Purchase"] = value["components"]["schemas"].pop("Order")
    ref = {"$ref": "#/components/schemas/Purchase"}
    _post(value)["requestBody"]["content"]["application/json"]["schema"] = ref
    _post(value)["responses"]["201"]["content"]["application/json"]["schema"] = ref
    _get(value)["responses"]["200"]["content"]["application/json"]["schema"]["items"] = ref


# what is changed, kind of the worst change, and a part of its message
CHANGES: list[tuple[str, Callable[[dict[str, Any]], None], str, str]] = [
    ("operation gone", lambda v: v["paths"]["/orders"].pop("post"), "refused", "createOrder is gone"),
    ("operation renamed", _set(_post, "operationId", "makeOrder"), "refused", "renamed to makeOrder"),
    ("operation in other letters", _set(_post, "operationId", "CreateOrder"), "safe", "letter case may change"),
    (
        "operation new",
        lambda v: v["paths"].update({"/x": {"get": {"operationId": "x", "responses": {}}}}),
        "safe",
        "new",
    ),
    ("required parameter gone", _without_parameter(1), "refused", "customer of listOrders is gone"),
    ("optional parameter gone", _without_parameter(0), "breaking", "page of listOrders is gone"),
    ("required parameter new", _add_parameter(True), "breaking", "size of listOrders is required"),
    ("optional parameter new", _add_parameter(False), "safe", "size of listOrders is new"),
    ("required property gone", _drop(_properties, "id"), "refused", "required property id is gone"),
    ("optional property gone", _drop(_properties, "note"), "breaking", "optional property note is gone"),
    ("property new", _set(_properties, "fresh", {"type": "string"}), "safe", "fresh is new"),
    ("property becomes required", _required("id", "note"), "breaking", "note becomes required"),
    ("property becomes optional", _required(), "safe", "was required and is optional"),
    ("property of another type", _set(_properties, "note", {"type": "integer"}), "refused", "from string to integer"),
    ("value gone", _set(_properties, "state", {"type": "string", "enum": ["open"]}), "breaking", "closed is gone"),
    ("value new", _set(_properties, "state", {"type": "string", "enum": ["open", "closed", "x"]}), "safe", "x is new"),
    ("description", _set(_properties, "note", {"type": "string", "description": "other"}), "safe", "description"),
    ("schema renamed", _renamed_schema, "refused", "Order to Purchase"),
    ("unused schema gone", lambda v: v["components"]["schemas"].pop("Unused"), "safe", "Unused is gone"),
    ("body gone", _drop(_post, "requestBody"), "refused", "body of createOrder is gone"),
    ("response gone", lambda v: _post(v)["responses"].pop("400"), "refused", "response 400"),
    ("response new", lambda v: _post(v)["responses"].update({"404": {"description": "none"}}), "safe", "404"),
    ("base path", _set(lambda v: v["servers"][0], "url", "https://api.example.com/v2"), "breaking", "base path"),
]


@pytest.mark.parametrize(("change", "kind", "words"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_change(change: Callable[[dict[str, Any]], None], kind: str, words: str) -> None:
    new = copy.deepcopy(base())
    change(new)
    found = changes(document_of(base()), document_of(new))
    assert found, "nothing was seen"
    assert found[0].kind.value == kind, [one.message for one in found]
    assert any(words in one.message for one in found if one.kind.value == kind), [one.message for one in found]
    assert all(one.pointer.startswith("/") for one in found)


def test_a_body_of_a_type_that_was_not_named_reads_as_such() -> None:
    body = {"name": "body", "in": "body", "required": True, "schema": {"type": "object"}}
    post = {"operationId": "createOrder", "parameters": [body], "responses": {"200": {"description": "ok"}}}
    old = {"swagger": "2.0", "info": {"title": "Orders", "version": "1"}, "paths": {"/orders": {"post": post}}}
    found = changes(document_of(old), document_of({**old, "consumes": ["application/json"]}))
    assert any("instead of a type that the document did not name." in one.message for one in found)


def test_nothing_changes_in_the_same_document() -> None:
    assert changes(document_of(base()), document_of(base())) == ()


@pytest.mark.parametrize("change", [_without_parameter(1), _set(_post, "operationId", "makeOrder")])
def test_what_is_inactive_may_change(change: Callable[[dict[str, Any]], None]) -> None:
    new = copy.deepcopy(base())
    change(new)
    assert {one.kind.value for one in changes(document_of(base()), document_of(new), active=[])} == {"safe"}


def test_order_is_only_for_what_is_refused() -> None:
    new = copy.deepcopy(base())
    _add_parameter(True)(new)
    assert order(changes(document_of(base()), document_of(new))) == ()
    _without_parameter(1)(new)
    steps = order(changes(document_of(base()), document_of(new)), ["Send"])
    assert steps[0] == "Deactivate the flows that call listOrders: Send."
    assert [step.split()[0] for step in steps] == ["Deactivate", "Deploy", "Deploy", "Deploy", "Change"]


FLOW = f"""<?xml version="1.0" encoding="UTF-8"?>
<Flow {NS}>
    <actionCalls>
        <name>Create</name>
        <label>Create</label>
        <actionName>Shop.createOrder</actionName>
        <actionType>externalService</actionType>
        <inputParameters>
            <name>body</name>
            <value><elementReference>theOrder</elementReference></value>
        </inputParameters>
        <storeOutputAutomatically>true</storeOutputAutomatically>
    </actionCalls>
    <assignments>
        <name>Fill</name>
        <label>Fill</label>
        <assignmentItems>
            <assignToReference>theOrder.note</assignToReference>
            <operator>Assign</operator>
            <value><stringValue>x</stringValue></value>
        </assignmentItems>
        <assignmentItems>
            <assignToReference>theOrder.z0from</assignToReference>
            <operator>Assign</operator>
            <value><elementReference>Create.201.id</elementReference></value>
        </assignmentItems>
    </assignments>
    <label>Send</label>
    <processType>AutoLaunchedFlow</processType>
    <status>Active</status>
    <variables>
        <name>theOrder</name>
        <apexClass>ExternalService__Shop_Order</apexClass>
        <dataType>Apex</dataType>
        <isCollection>false</isCollection>
        <isInput>false</isInput>
        <isOutput>false</isOutput>
    </variables>
</Flow>
"""
APEX = """public class Shopping {
    public void send() {
        ExternalService.Shop_Order wanted = new ExternalService.Shop_Order();
        wanted.note = 'x';
        ExternalService.Shop.createOrder_Request request = new ExternalService.Shop.createOrder_Request();
        new ExternalService.Shop().createOrder(request);
    }
}
"""


def _callers(folder: Path) -> Callers:
    (folder / "flows").mkdir()
    (folder / "flows" / "Send.flow-meta.xml").write_text(FLOW, encoding="utf-8")
    facts = read_facts(read_tree(folder))
    assert not facts.unreadable
    return Callers(names(document_of(base()), "Shop"), facts.flows, [Source("Shopping.cls", APEX)])


def _one(change: Callable[[dict[str, Any]], None], words: str) -> SchemaChange:
    new = copy.deepcopy(base())
    change(new)
    return next(one for one in changes(document_of(base()), document_of(new)) if words in one.message)


@pytest.mark.parametrize(
    ("change", "words", "expected"),
    [
        (_drop(_properties, "note"), "note", {"Fill", "note"}),
        (_drop(_properties, "from"), "from", {"Fill"}),
        (_drop(_properties, "id"), "id", {"Fill"}),
        (lambda v: v["paths"]["/orders"].pop("post"), "createOrder", {"Create", "Fill", "createOrder_Request"}),
        (lambda v: v["paths"]["/orders"].pop("get"), "listOrders", set()),
    ],
    ids=["property", "reserved word", "through an output", "operation", "nobody"],
)
def test_callers(change: Callable[[dict[str, Any]], None], words: str, expected: set[str], tmp_path: Path) -> None:
    found = _callers(tmp_path).of(_one(change, words))
    assert {one.element for one in found} - {"createOrder"} == expected
    in_flow = [one for one in found if one.flow == "Send"]
    assert len({one.element for one in in_flow}) == len(in_flow), "an element counts once"
    lines = FLOW.splitlines()
    assert all(one.line is not None and one.line <= len(lines) for one in in_flow)


def test_flows_that_call_are_named(tmp_path: Path) -> None:
    assert _callers(tmp_path).calling_flows == ("Send",)
