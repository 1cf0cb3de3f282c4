"""Flows that would never end or outgrow the machine: each ends soon, in a sentence, with bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from sfsetup.localorg.callout.json_map import to_json
from sfsetup.localorg.flow import interpreter
from sfsetup.localorg.flow.values import FlowFault
from sfsetup.localorg.runtime import runtime_of
from tests.localorg.callout_bench import CalloutBench
from tests.localorg.judge_cases import (
    ORG,
    TEXT,
    THING,
    Piece,
    assign,
    call,
    document,
    flow,
    listed_input,
    reference,
    registration,
)
from tests.support.judging import Bench, component

NODE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "next": {"$ref": "#/components/schemas/Node"},
        "nodes": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
    },
}
BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
NODES = document(
    paths={
        "/n": {
            "post": {
                "operationId": "addNode",
                "requestBody": {**BODY, "required": True},
                "responses": {"200": {"description": "ok", **BODY}},
            }
        }
    },
    components={"schemas": {"Node": NODE}},
)
LONG = "<value><stringValue>xxxxxxxxxxxxxxxx</stringValue></value>"


def variable(name: str, *, many: bool = False, text: bool = False, start: str = "") -> str:
    kind = "<dataType>String</dataType>"
    if not text:
        kind = "<apexClass>ExternalService__Nodes_Node</apexClass><dataType>Apex</dataType>"
    flags = f"<isCollection>{str(many).lower()}</isCollection><isInput>false</isInput><isOutput>true</isOutput>"
    return f"<variables><name>{name}</name>{kind}{flags}{start}</variables>"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench(rest_carries_apex_values=True) as made:
        for piece in (*ORG[:2], registration(NODES, active={"addnode": True}, name="Nodes")):
            made.put(component(*piece))
        made.put(component("PermissionSet", "S", grant()))
        yield made


def grant() -> str:
    access = "<enabled>true</enabled><externalCredentialPrincipal>E-P</externalCredentialPrincipal>"
    rights = "".join(
        f"<{name}>true</{name}>" for name in ("allowCreate", "allowDelete", "allowEdit", "allowRead")
    ) + "<modifyAllRecords>true</modifyAllRecords><object>UserExternalCredential</object><viewAllRecords>true</viewAllRecords>"  # fmt: skip
    run = "<enabled>true</enabled><name>RunFlow</name>"
    return (
        f"<externalCredentialPrincipalAccesses>{access}</externalCredentialPrincipalAccesses><label>S</label>"
        f"<objectPermissions>{rights}</objectPermissions><userPermissions>{run}</userPermissions>"
    )


def ended(bench: Bench, piece: Piece) -> dict[str, Any]:
    """How a run of the flow ended, which must not take long."""
    said = bench.judge([component(*piece)])
    assert [each.message for each in said if not each.warning] == []
    bench.put(component(*piece))
    bench.secret("E", "P", key="x")
    runtime_of(bench.org)
    began = time.monotonic()
    outcome = bench.run(bench.user("caller@bench.example", "S"), piece[1])
    assert time.monotonic() - began < 15
    return outcome


PLACE = "<locationX>0</locationX><locationY>0</locationY>"
FIRST = assign("n.name", LONG, name="First", next_="A")
ENDLESS = {
    "an element after itself": (assign("n.name", LONG, name="A", next_="A"), "2000 elements without an end"),
    "a text that doubles": (
        assign("text", reference("text"), "Add", name="A", next_="A"), "grows beyond 100000 characters"),
    "a collection that doubles": (
        (assign("list", reference("n"), "Add", name="A", next_="B"),
         assign("list", reference("list"), "Add", name="B", next_="B")),
        "grows beyond 100000 items"),
    "an object that holds itself": (assign("n.next", reference("n"), name="A", next_=""), "The value holds itself"),
    "an object in its own list": (assign("n.nodes", reference("n"), "Add", name="A", next_=""), "The value holds itself"),
    "an object that is sent and holds itself": (
        (assign("n.next", reference("n"), name="A", next_="Call"),
         call("Nodes.addNode", inputs=listed_input("body", reference("n")))),
        "The value holds itself"),
    "a flow that calls itself": (
        f"<subflows><name>A</name><label>A</label>{PLACE}<flowName>F</flowName></subflows>",
        "more than 20 levels deep"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_has_no_end(bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(interpreter, "MAX_STEPS", 2000)
    parts, message = ENDLESS[kind]
    start = "<value><stringValue>xxxxxxxxxxxxxxxx</stringValue></value>"
    variables = (variable("n"), variable("list", many=True), variable("text", text=True, start=start))
    steps = (parts,) if isinstance(parts, str) else parts
    outcome = ended(bench, flow(FIRST, *steps, *variables, first="First"))
    assert outcome["isSuccess"] is False
    (error,) = outcome["errors"]
    assert message in error["message"]


def test_objects_that_hold_one_another_many_times_over(bench: Bench) -> None:
    """Twenty objects, each twice in the list of the next: a million when they are written out."""
    count = 20
    names = [f"n{number}" for number in range(count)]
    steps = [assign("n0.name", LONG, name="S0", next_="A1")]
    for number in range(1, count):
        after = f"A{number + 1}" if number + 1 < count else ""
        steps += [
            assign(f"n{number}.nodes", reference(f"n{number - 1}"), "Add", name=f"A{number}", next_=f"B{number}"),
            assign(f"n{number}.nodes", reference(f"n{number - 1}"), "Add", name=f"B{number}", next_=after),
        ]
    outcome = ended(bench, flow(*steps, *map(variable, names), first="S0"))
    assert outcome["isSuccess"] is False
    assert "200000 values" in outcome["errors"][0]["message"]


def test_two_objects_that_hold_themselves_are_not_compared_for_ever(bench: Bench) -> None:
    steps = (
        assign("a.name", LONG, name="M", next_="N"),
        assign("b.name", LONG, name="N", next_="A"),
        assign("a.next", reference("a"), name="A", next_="B"),
        assign("b.next", reference("b"), name="B", next_="C"),
        assign("list", reference("a"), "Add", name="C", next_="D"),
        assign("list", reference("b"), "RemoveAll", name="D", next_=""),
    )
    outcome = ended(bench, flow(*steps, variable("a"), variable("b"), variable("list", many=True), first="M"))
    assert outcome["isSuccess"] is False
    assert "holds itself" in outcome["errors"][0]["message"]


def doubling(count: int, made: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Schemas of which each holds the next one twice."""
    found = document()
    schemas = found["components"]["schemas"]
    for number in range(count):
        schemas[f"T{number}"] = made(f"#/components/schemas/T{number + 1}")
    schemas[f"T{count}"] = {"type": "object", "properties": {"x": {"type": "string"}}}
    schemas["Thing"] = {
        "type": "object",
        "required": ["top"],
        "properties": {"top": {"$ref": "#/components/schemas/T0"}},
    }
    return found


DOCUMENTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "required twice": lambda ref: {
        "type": "object", "required": ["a", "b"], "properties": {"a": {"$ref": ref}, "b": {"$ref": ref}}},
    "ten items at least": lambda ref: {
        "type": "object", "required": ["a"], "properties": {"a": {"type": "array", "minItems": 10, "items": {"$ref": ref}}}},
    "composed of two": lambda ref: {"allOf": [{"$ref": ref}, {"$ref": ref}]},
}  # fmt: skip


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_whose_examples_double_at_every_level(kind: str) -> None:
    """The vendor's stand-in answers all the same."""
    with CalloutBench(schema=doubling(30, DOCUMENTS[kind])) as bench:
        bench.secret("E", "P", key="x")
        began = time.monotonic()
        found = bench.call()
        assert time.monotonic() - began < 15
        assert isinstance(found, dict | str)


def crossing(count: int, key: str) -> dict[str, Any]:
    """Two schemas at each level, of which each is composed of both below."""
    found = document()
    schemas = found["components"]["schemas"]
    for number in range(count):
        both = [{"$ref": f"#/components/schemas/{side}{number + 1}"} for side in "LR"]
        schemas[f"L{number}"] = schemas[f"R{number}"] = {key: both}
    for side in "LR":
        schemas[f"{side}{count}"] = {"type": "object", "properties": {side.lower(): {"type": "string"}}}
    schemas["Thing"] = {"type": "object", "properties": {"top": {"$ref": "#/components/schemas/L0"}}}
    return found


@pytest.mark.parametrize("key", ["allOf", "oneOf", "anyOf"])
def test_documents_that_cross_at_every_level_are_judged_soon(key: str) -> None:
    """A deploy holds the org's lock: a document of a few hundred lines must not keep everybody waiting."""
    schema = crossing(40, key)
    with CalloutBench(schema=schema) as bench:
        bench.secret("E", "P", key="x")
        began = time.monotonic()
        bench.judge([component(*registration(schema, name="Other")), component(*flow(call(), THING, TEXT))])
        bench.runtime.services.actions()
        assert isinstance(bench.call(), dict | str)
        assert time.monotonic() - began < 20


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_numbers_that_leave_the_range(kind: str) -> None:
    limits = {"type": kind, "minimum": 1e308, "multipleOf": 1e-300}
    made = document()
    made["components"]["schemas"]["Part"] = {"type": "object", "required": ["size"], "properties": {"size": limits}}
    with CalloutBench(schema=made) as bench:
        bench.secret("E", "P", key="x")
        assert "is no JSON number" not in str(bench.call())


def number(name: str, *, given: bool) -> str:
    flags = f"<isCollection>false</isCollection><isInput>{str(given).lower()}</isInput>"
    return f"<variables><name>{name}</name><dataType>Number</dataType>{flags}<isOutput>true</isOutput></variables>"


@pytest.mark.parametrize(
    ("expression", "value", "says"),
    [
        ("{!n}", "1e999999999", "cannot be read as Number"),
        ("{!n}", "0e999999999", "cannot be read as Number"),
        ("{!n}", "1e-999999999", "cannot be read as Number"),
        ("{!n} * {!n}", "1e300", "leaves the range of numbers"),
        ("{!n} * 1", "1e300", ""),
    ],
)
def test_numbers_of_very_many_digits(bench: Bench, expression: str, value: str, says: str) -> None:
    """`1e999999999` is short, and has a billion digits as soon as it is written down."""
    formula = f"<formulas><name>f</name><dataType>Number</dataType><expression>{expression}</expression></formulas>"
    step = assign("o", reference("f"), name="A", next_="")
    parts = (step, number("n", given=True), number("o", given=False), formula)
    bench.put(component(*flow(*parts, first="A")))
    began = time.monotonic()
    outcome = bench.run(bench.user("caller@bench.example", "S"), "F", {"n": value})
    assert time.monotonic() - began < 1
    assert (outcome["isSuccess"], says in str(outcome["errors"])) == (not says, True), outcome


@pytest.mark.parametrize("value", [Decimal("1e999999999"), Decimal("0e999999999"), Decimal("Infinity")])
def test_numbers_that_no_json_holds(value: Decimal) -> None:
    with pytest.raises(FlowFault, match="out of range"):
        to_json([value])


def test_what_is_large_and_ends_is_let_through(bench: Bench) -> None:
    steps = [
        assign("text", reference("text"), "Add", name=f"A{n}", next_=f"A{n + 1}" if n < 11 else "") for n in range(12)
    ]
    start = "<value><stringValue>xxxxxxxxxxxxxxxx</stringValue></value>"
    outcome = ended(bench, flow(*steps, variable("text", text=True, start=start), first="A0"))
    assert outcome["isSuccess"] is True
    assert len(outcome["outputValues"]["text"]) == 16 * 2**12
