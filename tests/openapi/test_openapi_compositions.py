"""Parts of a composition that contradict each other: said by `check`, left open by `names`, joined by `fit`."""

from __future__ import annotations

from typing import Any

import pytest

from sfsetup.model.finding import Certainty
from sfsetup.openapi.acceptance import check
from sfsetup.openapi.document import parse
from sfsetup.openapi.fit import fit
from sfsetup.openapi.names import names
from tests.openapi.support import document_of, thing_document

STRING, NUMBER = {"type": "string"}, {"type": "integer", "format": "int64"}
OTHER = {"$ref": "#/components/schemas/Other"}


def part(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def found(schema: Any) -> list[tuple[str | None, str, Certainty]]:
    acceptance = check(document_of(thing_document(schema=schema)))
    return [(one.pointer, one.message, one.certainty) for one in acceptance.findings if one.rule == "OA-C14"]


def test_both_declarations_are_named() -> None:
    schema = {"allOf": [part(id=STRING, at={"type": "string", "format": "date"}), part(id=NUMBER, at=STRING)]}
    [(pointer, message, certainty)] = found(schema)
    assert (pointer, certainty) == ("/components/schemas/Thing/allOf", Certainty.INFERRED)
    assert message.startswith("Parts declare id (string, integer (int64)); at (string (date), string) differently; ")
    assert message.endswith("which of them Salesforce's class follows is not known.")


def test_types_that_cannot_both_hold_are_named() -> None:
    [(_, message, certainty)] = found({"type": "object", "allOf": [STRING]})
    assert message == "object and string at once: no value can be valid, what Salesforce makes of it is not known."
    assert certainty is Certainty.INFERRED


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        (STRING, {"type": "string", "enum": ["a"]}, False),
        (NUMBER, {"type": "integer"}, False),
        (NUMBER, {"type": "number"}, True),
        (OTHER, OTHER, False),
        (OTHER, part(a=STRING), True),
        (part(a=STRING), part(a={"type": "string", "maxLength": 3}), False),
        (part(a=STRING), part(b=STRING), True),
        ({"type": "array", "items": STRING}, {"type": "array", "items": NUMBER}, True),
        ({"type": "array", "items": OTHER}, {"type": "array", "items": OTHER}, False),
        (STRING, {"description": "no type"}, True),
    ],
)
def test_what_counts_as_another_type(first: Any, second: Any, differ: bool) -> None:
    assert bool(found({"allOf": [part(id=first), part(id=second)]})) is differ
    assert bool(found({"properties": {"id": first}, "allOf": [part(id=second)]})) is differ
    assert bool(found({"allOf": [part(x=STRING), {"allOf": [part(id=first)]}, {"allOf": [part(id=second)]}]})) is differ


def test_a_contradiction_is_told_where_it_stands_and_not_again_above() -> None:
    document = thing_document(schema={"allOf": [{"$ref": "#/components/schemas/Base"}, part(b=STRING)]})
    document["components"]["schemas"]["Base"] = {"allOf": [part(a=STRING), part(a=NUMBER)]}
    findings = [one for one in check(document_of(document)).findings if one.rule == "OA-C14"]
    assert [one.pointer for one in findings] == ["/components/schemas/Base/allOf"]


def test_the_name_of_such_a_property_is_not_sure() -> None:
    schema = {"allOf": [part(id=STRING, name=STRING), part(id=NUMBER)]}
    [thing] = [
        one for one in names(document_of(thing_document(schema=schema)), "Svc").classes if "Thing" in one.apex_class
    ]
    assert {one.name: one.certainty for one in thing.properties} == {"id": Certainty.INFERRED, "name": Certainty.SEEN}


def test_fit_joins_the_parts_and_keeps_what_says_more() -> None:
    schema = {
        "allOf": [part(data={"type": "object"}, ok={"type": "boolean"}), {**part(data=OTHER), "required": ["data"]}]
    }
    fitted = fit(document_of(thing_document(schema=schema)))
    thing = fitted.value["components"]["schemas"]["Thing"]
    assert thing["properties"] == {"data": OTHER, "ok": {"type": "boolean"}}
    assert thing["required"] == ["data"]
    assert "allOf" not in thing
    assert not fitted.dropped
    assert not [one for one in check(parse(fitted.text.encode(), name="f")).findings if one.rule == "OA-C14"]


def test_fit_says_which_declaration_it_lost() -> None:
    fitted = fit(document_of(thing_document(schema={"allOf": [part(id=STRING), part(id=NUMBER)]})))
    assert fitted.value["components"]["schemas"]["Thing"]["properties"] == {"id": STRING}
    assert [one.what for one in fitted.dropped] == ["id is described more than once: the first counts"]


def test_too_many_comparisons_end_and_are_told() -> None:
    document = thing_document(schema=part(id=STRING))
    parts = {f"P{i}": part(**{f"p{j}": STRING for j in range(300)}) for i in range(40)}
    document["components"]["schemas"].update(parts)
    document["components"]["schemas"]["All"] = {"allOf": [{"$ref": f"#/components/schemas/P{i}"} for i in range(40)]}
    quick = document_of(document)
    assert not [one for one in check(quick).findings if one.rule == "OA-C14"]
    from sfsetup.openapi import compositions

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compositions, "_MOST_NAMES", -len(quick.text) + 500)
        [finding] = [one for one in check(quick).findings if one.rule == "OA-C14"]
    assert "too many compositions" in finding.message
