"""Every acceptance rule over its hand-made documents: found where it must be, silent where it must be, repaired."""

from __future__ import annotations

from typing import Any

import pytest

from sfsetup.errors import InvalidInput
from sfsetup.model.finding import Severity
from sfsetup.openapi.acceptance import RULES, check
from sfsetup.openapi.document import parse
from sfsetup.openapi.fit import fit
from tests.openapi.support import built, cases, document_of, thing_document

CASES = cases()
FAILS = [(entry["rule"], i, case) for entry in CASES for i, case in enumerate(entry["fails"])]
PASSES = [(entry["rule"], i, case) for entry in CASES for i, case in enumerate(entry["passes"])]
MADE = {"OA-A02", "OA-A03", "OA-A04", "OA-B13", "OA-A11"}
"""Rules about size and form of the text, tested below with documents that are made, not written."""


def _ids(rows: list[tuple[str, int, Any]]) -> list[str]:
    return [f"{rule}-{i}" for rule, i, _ in rows]


def test_every_rule_has_cases() -> None:
    assert {entry["rule"] for entry in CASES} | MADE == set(RULES)


@pytest.mark.parametrize(("rule", "number", "case"), FAILS, ids=_ids(FAILS))
def test_breach_is_found(rule: str, number: int, case: dict[str, Any]) -> None:
    acceptance = check(document_of(built(case)))
    found = [one for one in acceptance.findings if one.rule == rule and one.pointer == case["at"]]
    assert found, [(one.rule, one.pointer, one.message) for one in acceptance.findings]
    assert found[0].severity.value == case["severity"]
    assert found[0].fix
    if "verdict" in case:
        assert acceptance.operations[0].verdict.value == case["verdict"], acceptance.operations[0]
        assert rule in acceptance.operations[-1 if rule == "OA-B12" else 0].rules or rule == "OA-A08"


@pytest.mark.parametrize(("rule", "number", "case"), PASSES, ids=_ids(PASSES))
def test_good_document_is_left_alone(rule: str, number: int, case: dict[str, Any]) -> None:
    acceptance = check(document_of(built(case)))
    assert [one.message for one in acceptance.findings if one.rule == rule] == []


@pytest.mark.parametrize(("rule", "number", "case"), FAILS, ids=_ids(FAILS))
def test_fit_repairs_what_it_says(rule: str, number: int, case: dict[str, Any]) -> None:
    document = document_of(built(case))
    if case.get("after") == "refused":
        with pytest.raises(InvalidInput):
            fit(document)
        return
    fitted = fit(document)
    after = parse(fitted.text.encode(), name="fitted.json")
    acceptance = check(after)
    left = [one for one in acceptance.findings if one.severity.at_least(Severity.MEDIUM)]
    if not case.get("stays"):
        left += [one for one in acceptance.findings if one.rule == rule]
        assert left == []
        assert fitted.changes
    if "after" in case:
        assert acceptance.operations[0].verdict.value == case["after"], acceptance.operations[0]
    assert fit(after).text == fitted.text


def test_size_is_counted_in_characters() -> None:
    value = thing_document()
    value["info"]["description"] = "ü" * 10_000_001
    found = [one for one in check(document_of(value)).findings if one.rule == "OA-A02"]
    assert [one.severity for one in found] == [Severity.HIGH]
    text = "openapi: 3.0.3\npaths: {}\ninfo: {title: '" + "a" * 3_000_000 + "'}\n"
    assert "OA-A02" in {one.rule for one in check(parse(text.encode(), name="d.yaml")).findings}
    text = "openapi: 3.0.3\npaths: {}\ninfo: {title: '" + "a" * 2_900_000 + "'}\n"
    assert "OA-A02" not in {one.rule for one in check(parse(text.encode(), name="d.yaml")).findings}


def test_limits_of_an_org() -> None:
    response = {"200": {"description": "ok"}}
    value = {
        "openapi": "3.0.3",
        "paths": {f"/p{i}": {"get": {"operationId": f"op{i}", "responses": response}} for i in range(3001)},
    }
    acceptance = check(document_of(value))
    assert [one.severity for one in acceptance.findings if one.rule == "OA-A03"] == [Severity.HIGH]
    assert {limit.name: limit.count for limit in acceptance.limits}["activeOperations"] == 3001
    value["paths"] = dict(list(value["paths"].items())[:10])  # type: ignore[attr-defined]
    assert not [one for one in check(document_of(value)).findings if one.rule == "OA-A03"]


def test_unused_schemas_are_named() -> None:
    acceptance = check(document_of(thing_document()))
    assert [one.message for one in acceptance.findings if one.rule == "OA-A04"] == [
        "1 of 2 schemas are used by no operation: Other."
    ]


def test_long_descriptions_are_cut() -> None:
    value = thing_document(schema={"type": "string", "description": "x" * 1334})
    document = document_of(value)
    assert [one.pointer for one in check(document).findings if one.rule == "OA-B13"] == [
        "/components/schemas/Thing/description"
    ]
    fitted = fit(document).value
    assert len(fitted["components"]["schemas"]["Thing"]["description"]) <= 1333
    assert not [
        one for one in check(document_of(thing_document(schema={"type": "string", "description": "x" * 1333}))).findings
        if one.rule == "OA-B13"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schemas", "line"),
    [
        ("{A: &a {type: object, properties: {x: {type: string}}}, B: *a}", 4),
        ("{A: &a {type: object}, B: {<<: *a, description: b}}", 4),
        ("{A: &a {type: object}, B: {type: string}}", None),
        ("{A: {type: object, properties: {'<<': {type: string}}}}", None),
    ],
)
def test_yaml_parts_that_stand_for_others_are_told(schemas: str, line: int | None) -> None:
    text = f"openapi: 3.0.3\npaths: {{}}\ncomponents:\n  schemas: {schemas}\n"
    document = parse(text.encode(), name="d.yaml")
    found = [one for one in check(document).findings if one.rule == "OA-A11"]
    assert [(one.severity, f"line {line})" in one.message) for one in found] == [(Severity.LOW, True)] * bool(line)
    after = parse(fit(document).text.encode(), name="f.json")
    assert "OA-A11" not in {one.rule for one in check(after).findings}


def test_every_rule_is_described_in_full() -> None:
    for row in RULES.values():
        assert row.title
        assert row.fix.endswith(".")
        assert row.source
        assert row.example


def test_an_object_keeps_no_part_that_is_none() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "object", "allOf": [{"$ref": "#/components/schemas/A"}]}}}
    document = thing_document(schema=schema)
    document["components"]["schemas"]["A"] = {"type": "string"}
    fitted = fit(document_of(document))
    assert fitted.value["components"]["schemas"]["Thing"]["properties"]["id"] == {"type": "object"}
    assert any(one.dropped and "string and object at once" in one.what for one in fitted.changes)


def test_no_rule_says_both_that_it_is_refused_and_that_it_works() -> None:
    from sfsetup.rules import openapi

    graded = [rule for rule in openapi.RULES if "refuse" in rule.why and "stays usable" in rule.why]
    assert [rule.id for rule in graded] == ["OA-C15"]
    assert (
        graded[0].why
        == "Of severity high, Salesforce refuses the registration. Else the operation stays usable in Flow."
    )
