"""Rules that need other documents than the ready one: authentication, bodies that flows cannot fill, names that clash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sfsetup.model.finding import Finding, Severity
from sfsetup.spec.reader import check_integration


def _document(**more: Any) -> dict[str, Any]:
    operation = {
        "operationId": "send",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}},
        },
        "responses": {
            "200": {
                "description": "ok",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}},
            }
        },
        **more.pop("operation", {}),
    }
    schemas = {
        "In": {"type": "object", "properties": {"text": {"type": "string"}}},
        "Out": {"type": "object", "properties": {"id": {"type": "string"}}},
        **more.pop("schemas", {}),
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": "Test", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": {"/send": {"post": operation}},
        "components": {"schemas": schemas, **more.pop("components", {})},
        **more,
    }


def _found(folder: Path, document: dict[str, Any], spec: dict[str, Any] | None = None) -> tuple[Finding, ...]:
    value = {
        "openapi": "openapi.json",
        "service": {"name": "Test"},
        "external_credential": {"protocol": "no_authentication"},
    }
    (folder / "integration.json").write_text(json.dumps(value | (spec or {})))
    (folder / "openapi.json").write_text(json.dumps(document))
    return check_integration(folder).findings


def _rules(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.rule for finding in findings]


def test_the_base_of_these_tests_is_clean(tmp_path: Path) -> None:
    assert _found(tmp_path, _document()) == ()


def test_sp_026_how_to_authenticate_is_not_said(tmp_path: Path) -> None:
    findings = _found(tmp_path, _document(), {"external_credential": {}})
    assert _rules(findings) == ["SP-026"]
    assert "the document declares no security scheme" in findings[0].message
    key_in_query = {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}}}
    findings = _found(tmp_path, _document(components=key_in_query), {"external_credential": {}})
    assert _rules(findings) == ["SP-026"]
    assert "an API key in the query" in findings[0].message


def test_sp_026_is_silent_where_the_document_says_it(tmp_path: Path) -> None:
    basic = {"securitySchemes": {"login": {"type": "http", "scheme": "basic"}}}
    findings = _found(tmp_path, _document(components=basic), {"external_credential": {}})
    assert set(_rules(findings)) == {"SP-031"}


def test_sp_034_a_required_part_that_no_flat_input_gives(tmp_path: Path) -> None:
    self_made = {
        "In": {
            "type": "object",
            "required": ["inner"],
            "properties": {"inner": {"$ref": "#/components/schemas/In"}, "text": {"type": "string"}},
        }
    }
    findings = _found(tmp_path, _document(schemas=self_made))
    assert "SP-034" in _rules(findings)
    told = next(one for one in findings if one.rule == "SP-034")
    assert told.severity is Severity.MEDIUM
    assert "body.inner" in told.message


def test_sp_034_more_than_one_element(tmp_path: Path) -> None:
    listed = {
        "In": {
            "type": "object",
            "properties": {"rows": {"type": "array", "items": {"$ref": "#/components/schemas/Out"}}},
        }
    }
    spec = {"verify": {"inputs": {"body": {"rows": [{"id": "a"}, {"id": "b"}]}}}}
    assert _rules(_found(tmp_path, _document(schemas=listed), spec)) == ["SP-034"]
    one = {"verify": {"inputs": {"body": {"rows": [{"id": "a"}]}}}}
    assert _found(tmp_path, _document(schemas=listed), one) == ()


def test_sp_035_what_is_left_out_is_told(tmp_path: Path) -> None:
    clashing = {"In": {"type": "object", "properties": {"Text": {"type": "string"}, "text": {"type": "string"}}}}
    findings = _found(tmp_path, _document(schemas=clashing))
    assert _rules(findings) == ["SP-035"]
    assert findings[0].severity is Severity.LOW
    assert "Text" in findings[0].message or "text" in findings[0].message


def test_sp_037_a_class_name_that_is_too_long(tmp_path: Path) -> None:
    inner: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}}
    for _level in range(4):
        inner = {"type": "object", "properties": {"a" * 70: inner}}
    findings = _found(tmp_path, _document(schemas={"In": inner}))
    assert "SP-037" in _rules(findings)
    told = next(one for one in findings if one.rule == "SP-037")
    assert "the registration fails" in told.message


def test_a_document_of_31_is_fitted(tmp_path: Path) -> None:
    nullable = {"In": {"type": "object", "properties": {"text": {"type": ["string", "null"]}}}}
    findings = _found(tmp_path, _document(openapi="3.1.0", schemas=nullable))
    assert [one for one in findings if one.severity.at_least(Severity.HIGH)] == []


def test_read_only_properties_are_not_given(tmp_path: Path) -> None:
    read_only = {
        "In": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string", "readOnly": True}, "text": {"type": "string"}},
        }
    }
    spec = {"verify": {"inputs": {"body": {"id": "1", "text": "a"}}}}
    findings = _found(tmp_path, _document(schemas=read_only), spec)
    assert _rules(findings) == ["SP-014"]
    assert "read-only" in findings[0].message
    assert _found(tmp_path, _document(schemas=read_only), {"verify": {"inputs": {"body": {"text": "a"}}}}) == ()


def test_an_apex_only_operation_cannot_be_the_flow(tmp_path: Path) -> None:
    untyped = {"Out": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": True}}}
    findings = _found(tmp_path, _document(schemas=untyped))
    assert [one.rule for one in findings if one.severity.at_least(Severity.HIGH)] == ["SP-033"]
    assert not [
        one
        for one in _found(tmp_path, _document(schemas=untyped), {"flow": False})
        if one.severity.at_least(Severity.HIGH)
    ]


def test_references_across_files(tmp_path: Path) -> None:
    (tmp_path / "common.json").write_text(
        json.dumps({"Out": {"type": "object", "properties": {"id": {"type": "string"}}}})
    )
    document = _document()
    document["components"]["schemas"]["Out"] = {"$ref": "common.json#/Out"}
    assert _found(tmp_path, document) == ()


def _with_upload() -> dict[str, Any]:
    document = _document()
    body = {"multipart/form-data": {"schema": {"type": "object", "properties": {}}}}
    document["paths"]["/upload"] = {
        "post": {
            "operationId": "upload",
            "requestBody": {"required": True, "content": body},
            "responses": {"200": {"description": "ok"}},
        }
    }
    return document


def test_operations_that_nobody_asked_for_are_left_out(tmp_path: Path) -> None:
    findings = _found(tmp_path, _with_upload())
    assert [(one.rule, one.severity) for one in findings] == [("SP-035", Severity.LOW)]
    assert findings[0].file is not None
    assert findings[0].file.endswith("openapi.json")


def test_operations_that_are_asked_for_are_errors(tmp_path: Path) -> None:
    findings = _found(tmp_path, _with_upload(), {"operations": ["send", "upload"]})
    assert [(one.rule, one.severity) for one in findings] == [("SP-033", Severity.HIGH)]
    findings = _found(tmp_path, _with_upload(), {"flow": {"operation": "upload"}})
    assert [(one.rule, one.severity) for one in findings] == [("SP-033", Severity.HIGH)]
