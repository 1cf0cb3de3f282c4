"""Defaults, literal values and addresses in objects, fields and workflows."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from sfsetup.facts.reader import read_facts
from sfsetup.metadata.layout import read_entries
from tests.support.metadata_files import document

OBJECT, FIELD, WORKFLOW = "objects/A__c.object", "objects/A__c/fields/K__c.field-meta.xml", "workflows/A.workflow"
KINDS = {OBJECT: "CustomObject", FIELD: "CustomField", WORKFLOW: "Workflow"}


def texts(children: str, name: str = OBJECT) -> list[tuple[str, str, str | None]]:
    facts = read_facts(read_entries({name: document(KINDS[name], children)}))
    assert facts.files == 1
    assert not facts.unreadable
    return [(each.element, each.text, each.field) for fact in facts.stored_texts for each in fact.texts]


@pytest.mark.parametrize(
    ("default", "found"),
    [
        ("'abc'", [("abc", "K__c")]),
        ('"abc"', [("abc", "K__c")]),
        ("IF(x, 'a', \"b\" & 'c')", [("a", "K__c"), ("b", "K__c"), ("c", "K__c")]),
        (r"'a\'b'", [(r"a\'b", "K__c")]),
        ("false", [("false", None)]),
        ("$Setup.A__c.K__c", [("$Setup.A__c.K__c", None)]),
        ("'open", [("'open", None)]),
    ],
)
def test_a_default_is_a_formula(default: str, found: list[tuple[str, str | None]]) -> None:
    entry = f"<fullName>K__c</fullName><defaultValue>{escape(default)}</defaultValue>"
    assert texts(entry, FIELD) == [("default of K__c", *one) for one in found]
    assert texts(f"<fields>{entry}</fields><fields/><!-- x --><?y?>") == texts(entry, FIELD)


def test_workflows_write_values_and_call_addresses() -> None:
    assert texts(
        "<fieldUpdates><fullName>S</fullName><field>K__c</field><literalValue>v</literalValue></fieldUpdates>"
        "<fieldUpdates><fullName>T</fullName><field>K__c</field><formula>'w'</formula></fieldUpdates>"
        "<outboundMessages><fullName>O</fullName><endpointUrl>https://a.example</endpointUrl></outboundMessages>",
        WORKFLOW,
    ) == [
        ("field update S", "v", "K__c"),
        ("field update T", "w", "K__c"),
        ("outbound message O", "https://a.example", None),
    ]


def test_files_without_a_sign_of_a_secret_are_not_parsed() -> None:
    files = {FIELD: b"<not xml", OBJECT: b"<neither, but key"}
    facts = read_facts(read_entries(files), may_hold_secret=lambda data: b"key" in data)
    assert [one.file for one in facts.unreadable] == [OBJECT]
    assert {one.type: one.files for one in facts.not_judged} == {"CustomField": 1, "CustomObject": 1}


@pytest.mark.slow
@pytest.mark.parametrize("part", ["'\\", "'", "\\'", "'\"", "('"])
def test_no_formula_takes_more_than_its_length(part: str) -> None:
    # with twice the time for twice the length this ends at once, with four times it does not within the test's limit
    assert texts(f"<fullName>K__c</fullName><defaultValue>{escape(part * 200_000)}</defaultValue>", FIELD)
