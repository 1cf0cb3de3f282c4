"""What is told from the arrangement of elements alone is what the walk over every element tells."""

from __future__ import annotations

import copy
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from sfsetup.errors import InvalidInput
from sfsetup.metadata import form, shapes, xml
from sfsetup.metadata.fields import enumeration, fields_of, gone_values, is_complex
from sfsetup.metadata.layout import mdapi_tree
from sfsetup.metadata.types import TYPES, type_of_file
from sfsetup.render.components import render
from sfsetup.spec.reader import load_integration
from sfsetup.text.xml import METADATA_NS, local_name, parse_xml

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "metadata"
VERSIONS = ("59.0", "62.0", "66.0", "68.0")


@cache
def _documents() -> tuple[tuple[str, bytes], ...]:
    """(type, content) of what is rendered of a ready spec."""
    tree = mdapi_tree(render(*load_integration(ROOT / "specs" / "8x8-sms")).of_stage(1))
    tree |= mdapi_tree(render(*load_integration(ROOT / "specs" / "8x8-sms")).of_stage(2))
    found = ((type_of_file(path), content) for path, content in sorted(tree.items()))
    return tuple((row[0].name, content) for row, content in found if row is not None)


def _corpus() -> list[Path]:
    return sorted(path for path in CORPUS.rglob("*") if path.is_file() and type_of_file(str(path)) is not None)


def _told(root: Any, type_name: str, version: str) -> list[form.FormProblem]:
    return form.check_form(root, type_name, version)


def _written(root: Any, type_name: str) -> bytes | str:
    try:
        return xml.canonical(type_name, root)
    except InvalidInput as error:
        return error.message


def _alike(root: Any, type_name: str) -> None:
    quick = [_told(root, type_name, version) for version in VERSIONS], _written(root, type_name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(form, "survey", lambda _root, _type: None)
        patch.setattr(xml, "survey", lambda _root, _type: None)
        slow = [_told(root, type_name, version) for version in VERSIONS], _written(root, type_name)
    assert quick == slow


def test_documents_of_our_own_need_no_walk() -> None:
    for type_name, content in _documents():
        root = parse_xml(content)
        found = shapes.survey(root, type_name)
        assert found is not None
        assert found.is_indented
        assert form.examine(root, type_name, "66.0") == ([], found)
        assert xml.as_it_stands(root, found) == content


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not there")
def test_real_files_are_judged_and_written_alike() -> None:
    seen = 0
    for path in _corpus():
        row = type_of_file(str(path))
        assert row is not None
        try:
            root = parse_xml(path.read_bytes())
        except InvalidInput:
            continue
        _alike(root, row[0].name)
        seen += 1
    assert seen > 90


def _rename(root: Any, element: Any, text: str) -> None:
    element.tag = f"{{{METADATA_NS}}}{text if text.isalpha() and text.isascii() else 'label'}"


def _double(root: Any, element: Any, text: str) -> None:
    if element is not root:
        element.addnext(copy.deepcopy(element))


def _remove(root: Any, element: Any, text: str) -> None:
    if element is not root:
        element.getparent().remove(element)


def _to_the_end(root: Any, element: Any, text: str) -> None:
    if element is not root:
        element.getparent().append(element)


def _retext(root: Any, element: Any, text: str) -> None:
    element.text = text


def _retail(root: Any, element: Any, text: str) -> None:
    if element is not root:
        element.tail = text


def _child(root: Any, element: Any, text: str) -> None:
    etree.SubElement(element, f"{{{METADATA_NS}}}name").text = text


def _attribute(root: Any, element: Any, text: str) -> None:
    element.set("{http://www.w3.org/2001/XMLSchema-instance}type" if "x" in text else "a", "xsd:string")


def _other_namespace(root: Any, element: Any, text: str) -> None:
    etree.SubElement(element, "{http://example.com/}name", nsmap={"e": "http://example.com/"}).text = text


CHANGES = (_rename, _double, _remove, _to_the_end, _retext, _retail, _child, _attribute, _other_namespace)
TEXTS = (
    "", " ", "\n", "true", "1", " true ", "5", "5.0", "x", "it's", '"<&>"', "\r", "a\n  b", " xmlns", "/>", "name",
    "fullName", "status", "Active", "Custom", "2147483648", "é\u2028😀", "\n    ", "\n        ",
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.integers(0, 10**6),
    st.lists(
        st.tuples(st.sampled_from(CHANGES), st.integers(0, 10**6), st.sampled_from(TEXTS)), min_size=1, max_size=3
    ),
)
def test_changed_documents_are_judged_and_written_alike(which: int, changes: list[tuple[Any, int, str]]) -> None:
    documents = _documents()
    type_name, content = documents[which % len(documents)]
    root = parse_xml(content)
    for change, place, text in changes:
        elements = list(root.iter())
        change(root, elements[place % len(elements)], text)
    if local_name(root):
        _alike(root, type_name)


ATTRIBUTES = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"', f'xmlns="{METADATA_NS}"', 'xmlns=""',
    'xmlns:q="http://q/"', 'xml:space="preserve"',
)  # fmt: skip
VALUES = (
    "", " ", "true", " true ", "5", "5.", "+5", "1e5", "NaN", "x", "it's", "&quot;&lt;&gt;", "&#13;", "<![CDATA[a<b]]>",
    "<![CDATA[true]]>", "t<!-- c -->rue", "<?pi x?>", "&#160;true", "-2147483648", "2024-01-01", "AA A=", "\u0663",
)  # fmt: skip


class _Author:
    """Writes documents of any type of the tables, most of them right and in an org's style."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def document(self, type_name: str) -> str:
        return f'<{type_name} xmlns="{METADATA_NS}">{self._inside(type_name, 3, 1)}\n</{type_name}>\n'

    def _inside(self, type_name: str, depth: int, level: int) -> str:
        known = list(fields_of(type_name).values())
        chosen = [field for field in known if field.required or self.chance.random() < 4 / len(known)]
        if self._seldom(5):
            self.chance.shuffle(chosen)
        out = []
        for field in chosen:
            count = self.chance.choice((1, 2, 3)) if field.many or self._seldom(50) else 1
            out += [self._element(field.name, field.type, depth, level) for _ in range(count)]
        if self._seldom(40):
            self.chance.shuffle(out)
        return "".join(out)

    def _element(self, name: str, type_name: str, depth: int, level: int) -> str:
        line = "\n" + "    " * level
        lead = self.chance.choice((" ", "", "stray", "\r\n")) if self._seldom(100) else line
        tag = f"{name} {self.chance.choice(ATTRIBUTES)}" if self._seldom(60) else name
        if is_complex(type_name):
            inside = self._inside(type_name, depth - 1, level + 1) if depth else ""
            return f"{lead}<{tag}>{inside}{line if inside else ''}</{name}>"
        text = self._text(type_name)
        return f"{lead}<{tag}>{text}</{name}>" if text or self._seldom(2) else f"{lead}<{tag}/>"

    def _text(self, type_name: str) -> str:
        values = (*(enumeration(type_name) or ()), *gone_values(type_name))
        if self._seldom(6):
            return self.chance.choice(VALUES)
        right = {"boolean": ("true", "false", "0"), "double": ("1.0", "2"), "int": ("0", "300")}
        return self.chance.choice(values or right.get(type_name, ("abc", "A b")))

    def _seldom(self, times: int) -> bool:
        return self.chance.randrange(times) == 0


def test_documents_of_all_types_are_judged_and_written_alike() -> None:
    chance = random.Random(20)
    author = _Author(chance)
    surveyed = 0
    for type_name in chance.sample(sorted(TYPES), 150):
        try:
            root = parse_xml(author.document(type_name).encode())
        except InvalidInput:
            continue
        surveyed += shapes.survey(root, type_name) is not None
        _alike(root, type_name)
    assert surveyed > 20


def test_large_documents_are_walked_without_a_list_of_their_elements() -> None:
    variable = "<variables><dataType>String</dataType><name>a{}</name></variables>"
    for count, is_looked_at in ((1_600, True), (1_700, False)):
        content = f'<Flow xmlns="{METADATA_NS}">{"".join(map(variable.format, range(count)))}</Flow>'
        root = parse_xml(content.encode())
        assert (shapes.survey(root, "Flow") is not None) is is_looked_at
        _alike(root, "Flow")


def test_arrangements_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_MOST_HELD", 100)
    shapes._memory.forget()
    for count in range(40):
        item = "<parameterName>a</parameterName><parameterType>Url</parameterType>"
        items = f"<namedCredentialParameters>{item}</namedCredentialParameters>" * count
        document = f'<NamedCredential xmlns="{METADATA_NS}"><label>a</label>{items}</NamedCredential>'
        assert form.check_form(parse_xml(document.encode()), "NamedCredential", "66.0") == []
        assert sum(len(place[3][0]) for place in shapes._memory.plain) <= 100 + 64


def test_names_that_no_type_has_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be of any length, and none of them ever comes again."""
    monkeypatch.setattr(shapes, "_MOST_ODD", 10)
    shapes._memory.forget()
    for count in range(40):
        document = (
            f'<NamedCredential xmlns="{METADATA_NS}"><{"x" * 1000}{count}>a</{"x" * 1000}{count}></NamedCredential>'
        )
        assert form.check_form(parse_xml(document.encode()), "NamedCredential", "66.0")
        assert shapes._memory.plain == {}
        assert len(shapes._memory.odd) <= 11


def test_an_arrangement_that_is_not_plain_is_walked_each_time() -> None:
    document = f'<NamedCredential xmlns="{METADATA_NS}"><label>a</label><lable>a</lable></NamedCredential>'
    told = [form.check_form(parse_xml(document.encode()), "NamedCredential", "66.0") for _ in range(3)]
    assert told[0]
    assert told[0] == told[1] == told[2]
