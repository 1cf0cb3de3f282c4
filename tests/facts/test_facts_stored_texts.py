"""Defaults, literal values and addresses in objects, fields and workflows."""

from __future__ import annotations

import time
from xml.sax.saxutils import escape

import pytest

from sfsetup.facts.stored_texts import StoredTextReader
from sfsetup.metadata.layout import read_entries
from tests.support.metadata_files import document

OBJECT, FIELD, WORKFLOW = "objects/A__c.object", "objects/A__c/fields/K__c.field-meta.xml", "workflows/A.workflow"
KINDS = {OBJECT: "CustomObject", FIELD: "CustomField", WORKFLOW: "Workflow"}


def texts(children: str, name: str = OBJECT) -> list[tuple[str, str, str | None]]:
    reader = StoredTextReader(lambda _: True)
    seen = list(reader.watch(read_entries({name: document(KINDS[name], children)})))
    assert len(seen) == 1
    assert not reader.unreadable
    return [(each.element, each.text, each.field) for fact in reader.found for each in fact.texts]


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
    reader = StoredTextReader(lambda data: b"key" in data)
    files = {FIELD: b"<not xml", OBJECT: b"<neither, but key"}
    assert len(list(reader.watch(read_entries(files)))) == 2
    assert [one.file for one in reader.unreadable] == [OBJECT]


@pytest.mark.parametrize("part", ["'\\", "'", "\\'", "'\"", "('"])
def test_no_formula_takes_more_than_its_length(part: str) -> None:
    started = time.process_time()
    texts(f"<fullName>K__c</fullName><defaultValue>{escape(part * 50_000)}</defaultValue>", FIELD)
    assert time.process_time() - started < 2
