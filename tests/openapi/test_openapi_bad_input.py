"""Documents that nobody should send: a finding with its place or a clear refusal, in bounded time and memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.model.finding import Severity
from sfsetup.openapi.acceptance import check
from sfsetup.openapi.document import MAX_BYTES, load, parse
from sfsetup.openapi.fit import fit
from sfsetup.openapi.names import names
from tests.openapi.support import document_of, thing_document

REFUSED: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("truncated JSON", b'{"openapi": "3.0.3", "paths": {"/a": '),
    ("truncated YAML", b"openapi: 3.0.3\npaths: {a: [\n"),
    ("a list", b"[1, 2]"),
    ("a text", b'"hello"'),
    ("a number", b"7"),
    ("null", b"null"),
    ("not text", b"\x00\x01\x02\xff\xfe"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 100),
    ("nested arrays", b"[" * 2_000_000),
    ("nested objects", b'{"a":' * 100_000),
    ("aliases that explode", b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n".encode() for i in range(12)
    )),
    ("an alias of itself", b"a: &a [*a]\n"),
]  # fmt: skip


@pytest.mark.parametrize("data", [data for _, data in REFUSED], ids=[name for name, _ in REFUSED])
def test_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(InvalidInput) as error:
        check(parse(data, name="doc"))
    assert error.value.message
    assert error.value.file == "doc"


def test_a_file_of_300_megabytes_is_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(InvalidInput) as error:
        load(huge)
    assert "MB" in error.value.message or str(MAX_BYTES) in error.value.message
    huge.unlink()


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        load(tmp_path / "none.json")
    assert not isinstance(error.value, InvalidInput)


WRONG: list[Any] = [
    {"openapi": "3.0.3", "paths": []},
    {"openapi": "3.0.3", "paths": {"/a": 7}},
    {"openapi": "3.0.3", "paths": {"/a": {"get": []}}},
    {"openapi": "3.0.3", "paths": {"/a": {"get": {"parameters": 7, "responses": [], "requestBody": "x"}}}},
    {"openapi": "3.0.3", "paths": {"/a": {"get": {"parameters": [7, None, []], "responses": {"200": 7}}}}},
    {"openapi": "3.0.3", "paths": {"/a": {"get": {"operationId": 7, "responses": {"200": {"content": []}}}}}},
    {"openapi": "3.0.3", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": 7}}}}}},
    {"openapi": "3.0.3", "paths": {"/a": {"$ref": "#/paths/~1a"}}},
    {"openapi": "3.0.3", "paths": {"/a": {"$ref": 7}}},
    {"openapi": "3.0.3", "paths": {"a": {"get": {}}}},
    {"openapi": "3.0.3", "components": {"schemas": []}},
    {"openapi": "3.0.3", "components": [], "info": []},
    {"openapi": 3, "paths": {}},
    {"openapi": [], "paths": {}},
    {"openapi": None},
    {"swagger": "2.0", "definitions": [], "paths": {"/a": {"get": {"responses": {"200": {"schema": 7}}}}}},
    {"swagger": "2.0", "consumes": 7, "produces": {}, "host": 7, "basePath": [], "schemes": 7, "paths": {"/a": {}}},
    {"openapi": "3.0.3", "servers": 7, "security": 7, "tags": 7},
    {"openapi": "3.0.3", "servers": [7, {"url": 7}, {"url": "{a}", "variables": {"a": 7}}]},
    {"openapi": "3.1.0", "webhooks": 7, "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#"}}}}}},
]


@pytest.mark.parametrize("value", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_wrong_types_are_findings(value: Any) -> None:
    document = document_of(value)
    acceptance = check(document)
    assert acceptance.with_lines()
    assert [one for one in acceptance.findings if one.severity.rank <= 2]
    names(document, "Svc")
    _fit_or_refusal(document)


BAD_SCHEMAS: list[Any] = [
    7, [], "x", None, True, False, {"type": 7}, {"type": []}, {"type": ["string", 7]}, {"type": {}},
    {"properties": 7}, {"properties": []}, {"properties": {"a": 7, "b": None, "": {}}}, {"required": 7, "type": "object"},
    {"required": [7, {}], "type": "object"}, {"items": 7, "type": "array"}, {"items": [], "type": "array"},
    {"items": True, "type": "array"}, {"allOf": 7}, {"allOf": []}, {"allOf": [7, None]}, {"oneOf": {}}, {"anyOf": [7]},
    {"oneOf": [{"type": "null"}]}, {"enum": 7}, {"enum": []}, {"enum": [None, {}, []], "type": "string"},
    {"$ref": 7}, {"$ref": "#/components/schemas/Thing"}, {"$ref": "#"}, {"$ref": ""}, {"$ref": "#/%zz"},
    {"$ref": "#/components/schemas/Thing/properties/a"}, {"additionalProperties": 7}, {"additionalProperties": []},
    {"discriminator": 7, "type": "object"}, {"type": "string", "format": 7}, {"type": "string", "description": 7},
    {"type": "integer", "default": {}, "minimum": "x", "exclusiveMinimum": 7}, {"not": 7}, {"type": "object", "not": []},
    {"allOf": [{"$ref": "#/components/schemas/Thing"}]}, {"oneOf": [{"$ref": "#/components/schemas/Thing"}]},
    {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"$ref": "#/components/schemas/Thing"}]},
    {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
    {"const": {"a": 1}}, {"examples": 7, "type": "string"}, {"prefixItems": [{"type": "string"}], "type": "array"},
]  # fmt: skip


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
@pytest.mark.parametrize("schema", BAD_SCHEMAS, ids=[json.dumps(one)[:40] for one in BAD_SCHEMAS])
def test_bad_schemas_crash_nothing(schema: Any, version: str) -> None:
    value = thing_document(schema=schema)
    value["openapi"] = version
    if version == "2.0":
        value = {
            "swagger": "2.0",
            "definitions": json.loads(json.dumps({"Thing": schema}).replace("components/schemas", "definitions")),
            "paths": {
                "/things": {
                    "post": {
                        "parameters": [{"in": "body", "name": "body", "schema": {"$ref": "#/definitions/Thing"}}],
                        "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/Thing"}}},
                    }
                }
            },
        }
    document = document_of(value)
    check(document).as_json()
    names(document, "Svc").as_json()
    _fit_or_refusal(document)


def _fit_or_refusal(document: Any) -> None:
    try:
        fitted = fit(document)
    except InvalidInput:
        return
    after = parse(fitted.text.encode(), name="fitted")
    assert fit(after).text == fitted.text


@pytest.mark.parametrize("ref", [".", "..", "..#/x", "\0", "%00", "a" * 5000, "a/" * 3000, "file:///etc/passwd", "//x"])
def test_references_that_name_no_file_are_told(ref: str, tmp_path: Path) -> None:
    place = tmp_path / "main.json"
    place.write_text(json.dumps({"openapi": "3.0.3", "paths": {"/a": {"$ref": ref}}}), encoding="utf-8")
    found = [one for one in check(load(place)).findings if one.rule == "OA-A09"]
    assert [one.pointer for one in found] == ["/paths/~1a"]


def test_long_chains_of_compositions_are_walked_once() -> None:
    count = 1_500
    both = [[{"$ref": f"#/components/schemas/S{i + 1}"}] * 2 for i in range(count)]
    value = thing_document(schema={"$ref": "#/components/schemas/S0"})
    value["components"]["schemas"].update({f"S{i}": {"allOf": parts} for i, parts in enumerate(both)})
    value["components"]["schemas"][f"S{count}"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    document = document_of(value)
    check(document)
    fit(document)


def many_parameters(count: int) -> dict[str, Any]:
    return {"/a": {"get": {"operationId": "a", "parameters": [
        {"in": "query", "name": f"p_{i}", "schema": {"type": "string"}} for i in range(count)
    ], "responses": {"200": {"description": "ok"}}}}}  # fmt: skip


def many_of_one_name(count: int) -> dict[str, Any]:
    return {f"/a{i}": {"get": {"operationId": "a", "responses": {"200": {"description": "ok"}}}} for i in range(count)}


@pytest.mark.parametrize(("made", "count"), [(many_parameters, 10_000), (many_of_one_name, 3_000)])
def test_many_names_take_the_time_of_their_number(made: Any, count: int) -> None:
    document = document_of({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": made(count)})
    fitted = fit(document)
    found = names(parse(fitted.text.encode(), name="f.json"), "Svc")
    assert not [one for one in found.collisions if one.kind in ("operation", "input")]


@pytest.mark.parametrize("version", ["2.0", "3.0.3"])
def test_a_parameter_that_stands_twice_is_one(version: str) -> None:
    kind = {"type": "string"} if version == "2.0" else {"schema": {"type": "string"}}
    both = [{"in": "path", "name": "id", "required": True, **kind}] * 2
    paths = {"/a/{id}": {"get": {"operationId": "a", "parameters": both, "responses": {"200": {"description": "ok"}}}}}
    value = {("swagger" if version == "2.0" else "openapi"): version, "info": {"title": "t", "version": "1"}}
    document = document_of({**value, "paths": paths})
    assert [one.message for one in check(document).findings if one.rule == "OA-C10"] == [
        "The inputs id and id have one name."
    ]
    fitted = fit(document)
    assert len(fitted.value["paths"]["/a/{id}"]["get"]["parameters"]) == 1
    assert not fitted.dropped


def test_references_in_circles_end() -> None:
    schemas = {f"S{i}": {"$ref": f"#/components/schemas/S{(i + 1) % 50}"} for i in range(50)}
    value = thing_document(schema={"$ref": "#/components/schemas/S0"})
    value["components"]["schemas"].update(schemas)
    document = document_of(value)
    check(document)
    assert names(document, "Svc").classes == ()
    assert any(change.rule == "OA-A09" for change in fit(document).changes)


def test_a_chain_of_ten_thousand_schemas_needs_no_recursion() -> None:
    count = 10_000
    schemas: dict[str, Any] = {
        f"S{i}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/S{i + 1}"}}}
        for i in range(count)
    }
    schemas[f"S{count}"] = {"type": "object", "properties": {"end": {"type": "string"}}}
    value = thing_document(schema={"$ref": "#/components/schemas/S0"})
    value["components"]["schemas"].update(schemas)
    document = document_of(value)
    check(document)
    assert len(names(document, "Svc").classes) == count + 1
    assert len(fit(document).value["components"]["schemas"]) == count + 1


def limited(name: str) -> dict[str, Any]:
    """A list whose entries have two properties that each are the named schema, narrowed."""
    narrowed = {"allOf": [{"$ref": f"#/components/schemas/{name}"}, {"maxItems": 5}]}
    return {"type": "array", "items": {"type": "object", "properties": {"a": narrowed, "b": narrowed}}}


@pytest.mark.parametrize("count", [1, 40], ids=["contains itself", "doubles with every schema"])
def test_what_merging_unfolds_has_an_end(count: int) -> None:
    value = thing_document(schema={"$ref": "#/components/schemas/S0"})
    value["components"]["schemas"].update({f"S{i}": limited(f"S{(i + 1) % count}") for i in range(count)})
    fitted = fit(document_of(value))
    assert len(fitted.text) < 1_000_000
    assert "OA-C13" in {change.rule for change in fitted.dropped}
    assert not [one for one in check(document_of(fitted.value)).findings if one.severity.at_least(Severity.MEDIUM)]


def test_deep_nesting_ends() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(90):
        schema = {"type": "object", "properties": {"a": schema}}
    document = document_of(thing_document(schema=schema))
    assert "OA-C13" in {one.rule for one in check(document).findings}
    names(document, "Svc")
    _fit_or_refusal(document)


def test_keys_that_stand_twice_are_told() -> None:
    text = b'{"openapi": "3.0.3", "paths": {}, "components": {"schemas": {"A": {"type": "string"}, "A": {"type": "object"}}}}'
    found = [one for one in check(parse(text, name="d.json")).findings if "twice" in one.message]
    assert [one.pointer for one in found] == ["/components/schemas/A"]


def test_shared_yaml_nodes_are_looked_at_once() -> None:
    lines = ["openapi: 3.0.3", "paths: {}", "components:", "  schemas:"]
    lines.append("    A0: &a0 {type: object, properties: {a: {type: string}}}")
    lines.extend(f"    A{i}: &a{i} {{type: object, properties: {{a: *a{i - 1}, b: *a{i - 1}}}}}" for i in range(1, 16))
    check(parse("\n".join(lines).encode(), name="d.yaml"))


def test_an_object_that_contains_itself_through_a_union_has_one_name() -> None:
    inner = {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {}]}
    lists = {"type": "array", "items": {"type": "array", "items": inner}}
    document = document_of(thing_document(schema={"type": "object", "properties": {"name": lists, "other": inner}}))
    found = names(document, "Svc")
    assert len(found.classes) < 10
    check(document)
    _fit_or_refusal(document)
