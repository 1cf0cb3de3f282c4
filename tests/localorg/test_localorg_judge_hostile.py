"""Whatever a file holds, the judge says something or nothing; it never fails."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from lxml import etree

from sfsetup.localorg.deploy.package import Incoming
from sfsetup.localorg.judge.context import Deletion
from sfsetup.metadata.types import TYPES
from tests.localorg.judge_cases import FLOW, ORG, flow, grant, registration
from tests.support.judging import STAGE_1, Bench, component, names, rendered

TEXTS = ("", " ", "x", "-1", "99999999999999999999", "true", "ü", "a.b.c", "{!", "{!$Credential.a.b}", "ExternalService__", "-",
         "ExternalService__CPaaSSMS_", "::.", ".", "$", "{", "[]", "null", "x" * 5000, "'", "\n")  # fmt: skip


def mutated(root: Any, chance: random.Random) -> bytes:
    """A copy with a few things removed, doubled, renamed, emptied or filled with something odd."""
    made = copy.deepcopy(root)
    for _ in range(chance.randint(1, 4)):
        elements = list(made.iter("*"))
        one = chance.choice(elements)
        parent = one.getparent()
        kind = chance.randrange(6)
        if kind == 0 and parent is not None:
            parent.remove(one)
        elif kind == 1 and parent is not None:
            parent.insert(parent.index(one), copy.deepcopy(one))
        elif kind == 2:
            one.tag = chance.choice(elements).tag
        elif kind == 3 and parent is not None:
            chance.choice(elements).append(copy.deepcopy(one))
        else:
            one.text = chance.choice(TEXTS)
    return etree.tostring(made)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", [*STAGE_1, "Flow"])
def test_damaged_components(kind: str, seed: int) -> None:
    chance = random.Random(f"{kind}{seed}")
    root = etree.fromstring(rendered()[kind].encode())
    with Bench(registration_and_flow_refused=False) as bench:
        others = [component(each, names()[each], rendered()[each].encode()) for each in (*STAGE_1, "Flow")]
        for each in others:
            bench.put(each)
        flow_beside = [each for each in others if each.type.name == "Flow" != kind]
        for _ in range(8):
            damaged = component(kind, names()[kind], mutated(root, chance))
            for said in bench.judge([damaged, *flow_beside]):
                assert said.message


@pytest.mark.parametrize("seed", range(6))
def test_damaged_updates(seed: int) -> None:
    """Over what the org has: updates of documents, and flows that use them."""
    chance = random.Random(seed)
    with Bench() as bench:
        for piece in (*ORG, FLOW, grant()):
            bench.put(component(*piece))
        for _ in range(10):
            pieces = [component(*chance.choice((registration(), flow(), FLOW, grant(), *ORG))) for _ in range(2)]
            damaged = [
                component(each.type.name, each.full_name, mutated(etree.fromstring(each.content), chance))
                for each in pieces
            ]
            bench.judge(damaged, deletions=[Deletion(kind, "E") for kind in STAGE_1])


DOCUMENTS = [
    "",
    "{}",
    "[]",
    "null",
    '"text"',
    "{",
    "openapi: 3.0.0",
    "a: &a [*a]",
    '{"openapi": "3.0.0", "paths": []}',
    '{"openapi": "3.0.0", "paths": {"/a": null}}',
    '{"openapi": "3.0.0", "paths": {"/a": {"get": []}}}',
    '{"openapi": "3.0.0", "paths": {"/a": {"get": {"operationId": 5, "parameters": {"a": 1}, "responses": []}}}}',
    '{"openapi": "3.0.0", "paths": {"a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/x"}}}}}}}}}',
    '{"openapi": "3.0.0", "components": {"schemas": {"A": {"$ref": "#/components/schemas/A"}}}}',
    '{"openapi": "3.0.0", "components": {"schemas": {"A": {"allOf": [{"$ref": "#/components/schemas/A"}], "properties": {"a": {"$ref": "#"}}}}}}',
    '{"openapi": "3.0.0", "components": {"schemas": {"A": {"oneOf": 5, "anyOf": {"a": 1}, "required": {"b": 2}, "enum": 7, "type": {}}}}}',
    '{"openapi": {}, "swagger": 2, "definitions": []}',
    '{"swagger": "2.0", "paths": {"/a/{b}": {"post": {"parameters": [{"in": "body"}, {"in": "path", "name": "b"}, 7]}}}}',
    '{"openapi": "3.0.0", "servers": {"url": 1}, "paths": {"/{a}{a}": {"get": {"responses": {"default": {"$ref": "x.json"}}}}}}',
]


@pytest.mark.parametrize("text", DOCUMENTS)
@pytest.mark.parametrize("refused", [True, False])
def test_odd_documents(text: str, refused: bool) -> None:
    with Bench(unsupported_schema_refused=refused, openapi_31_refused=refused) as bench:
        for piece in ORG[:2]:
            bench.put(component(*piece))
        said = bench.deploy([component(*registration(text or " "))])
        assert all(each.message for each in said)
        # What was stored is met again by flows, updates and lists of actions.
        bench.judge([component(*FLOW), component(*registration())])
        runtime_actions(bench)


def runtime_actions(bench: Bench) -> None:
    from sfsetup.localorg.runtime import runtime_of

    runtime_of(bench.org).services.actions()


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"\x00", b"\xff\xfe", b"<", b"text", b"PK\x03\x04", b"<!DOCTYPE a []><a/>"]
)
@pytest.mark.parametrize("kind", [*STAGE_1, "Flow", "RemoteSiteSetting"])
def test_files_that_are_no_xml(kind: str, content: bytes) -> None:
    with Bench() as bench:
        said = bench.judge([Incoming(TYPES[kind], "Name", f"{TYPES[kind].folder}/Name", content)])
        assert [each.check for each in said] == ["FORM-01"]
        assert said[0].message.startswith("Error parsing file: ")


def test_a_bundle_without_xml_is_no_concern_of_the_judge() -> None:
    with Bench() as bench:
        assert bench.judge([Incoming(TYPES["LightningComponentBundle"], "a", "lwc/a/a.js", b"")]) == []
