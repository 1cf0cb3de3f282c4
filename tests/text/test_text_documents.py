"""Reading YAML and JSON: values, places, and everything a hostile file may try."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.errors import InvalidInput
from sfsetup.text.documents import Document, dump_json, read_document
from sfsetup.text.limits import DEFAULT, Limits
from sfsetup.text.pointers import get, join


def doc(text: str | bytes, name: str = "file.yaml", **options: Any) -> Document:
    return read_document(text.encode() if isinstance(text, str) else text, name=name, **options)


SCALARS = [
    ("+6591234567", "+6591234567"),
    ("6591234567", 6591234567),
    ("-1", -1),
    ("0", 0),
    ("-0", 0),
    ("1.50", 1.5),
    ("1e3", 1000.0),
    ("0123", "0123"),
    ("0x1F", "0x1F"),
    ("1_000", "1_000"),
    (".5", ".5"),
    ("5.", "5."),
    ("12:30:45", "12:30:45"),
    ("2024-01-31", "2024-01-31"),
    ("no", "no"),
    ("NO", "NO"),
    ("yes", "yes"),
    ("on", "on"),
    ("True", "True"),
    ("true", True),
    ("false", False),
    ("null", None),
    ("Null", "Null"),
    ("~", "~"),
    ("", None),
    (".inf", ".inf"),
    ("'1'", "1"),
    ('"true"', "true"),
    ("!!str 12", "12"),
    ("!!int 12", 12),
    ("|\n  a\n  b", "a\nb\n"),
    (">-\n  a\n  b", "a b"),
]


@pytest.mark.parametrize(("source", "value"), SCALARS)
def test_yaml_scalars_follow_json(source: str, value: object) -> None:
    found = doc(f"key: {source}\n").value["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_and_keep_their_spelling() -> None:
    assert doc("200: a\n0200: b\nno: c\nnull: d\n1.50: e\n").value == {
        "200": "a",
        "0200": "b",
        "no": "c",
        "null": "d",
        "1.50": "e",
    }


def test_source_text_keeps_what_a_number_loses() -> None:
    document = doc("a: +6591234567\nb: 1.50\nc: 'x'\nd: {e: 007}\nf: [1.0]\n")
    assert [document.source_text(pointer) for pointer in ("/a", "/b", "/c", "/d/e", "/f/0")] == [
        "+6591234567",
        "1.50",
        "x",
        "007",
        "1.0",
    ]
    assert document.source_text("/d") is None
    assert document.source_text("/nothing") is None
    assert doc('{"a": 1.50, "b": "x\\ty", "c": null}', "f.json").source_text("/a") == "1.50"
    assert doc('{"a": 1.50, "b": "x\\ty", "c": null}', "f.json").source_text("/b") == "x\ty"
    assert doc('{"a": 1.50, "b": "x\\ty", "c": null}', "f.json").source_text("/c") == "null"


YAML_PLACES = """\
# a comment
first: 1
paths:
  /a/{id}:
    get:
      - x: 1
        y:
          z: 2
      - two
  "quoted ~ key": text
"""
JSON_PLACES = """
{
  "first": 1,
  "paths": {
    "/a/{id}": {
      "get": [
        {"x": 1,
         "y": {
           "z": 2}},
        "two"
      ]
    },
    "quoted ~ key":
      "text"
  }
}
"""


@pytest.mark.parametrize(
    ("pointer", "yaml_key", "yaml_value", "json_key", "json_value"),
    [
        ("", 2, 2, 2, 2),
        ("/first", 2, 2, 3, 3),
        ("/paths", 3, 4, 4, 4),
        ("/paths/~1a~1{id}", 4, 5, 5, 5),
        ("/paths/~1a~1{id}/get", 5, 6, 6, 6),
        ("/paths/~1a~1{id}/get/0", 6, 6, 7, 7),
        ("/paths/~1a~1{id}/get/0/y", 7, 8, 8, 8),
        ("/paths/~1a~1{id}/get/0/y/z", 8, 8, 9, 9),
        ("/paths/~1a~1{id}/get/1", 9, 9, 10, 10),
        ("/paths/quoted ~0 key", 10, 10, 13, 14),
        ("/paths/none", None, None, None, None),
        ("/first/deeper", None, None, None, None),
        ("/paths/~1a~1{id}/get/2", None, None, None, None),
    ],
)
def test_lines(
    pointer: str, yaml_key: int | None, yaml_value: int | None, json_key: int | None, json_value: int | None
) -> None:
    from_yaml, from_json = doc(YAML_PLACES), doc(JSON_PLACES, "f.json")
    assert from_yaml.value == from_json.value
    assert (from_yaml.key_line(pointer), from_yaml.line(pointer)) == (yaml_key, yaml_value)
    assert (from_json.key_line(pointer), from_json.line(pointer)) == (json_key, json_value)


def test_every_place_of_the_published_documents_is_found(openapi_corpus: Path) -> None:
    files = [path for path in openapi_corpus.iterdir() if path.suffix in (".json", ".yaml")]
    assert files
    for path in files:
        document = read_document(path.read_bytes(), name=path.name)
        lines = document.text.split("\n")
        looked = 0
        for pointer, key in _some_keys(document.value):
            line = document.key_line(pointer)
            assert line is not None, (path.name, pointer)
            assert key in lines[line - 1], (path.name, pointer, line)
            looked += 1
        assert looked > 20


def _some_keys(value: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    todo = [("", value)]
    while todo and len(found) < 300:
        pointer, here = todo.pop()
        if isinstance(here, dict):
            for key, child in here.items():
                if key.isascii() and '"' not in key and "\\" not in key:
                    found.append((join(pointer, key), key))
                todo.append((join(pointer, key), child))
        elif isinstance(here, list):
            todo.extend((join(pointer, index), child) for index, child in enumerate(here[:3]))
    return found


def test_values_agree_with_other_parsers(openapi_corpus: Path) -> None:
    for path in openapi_corpus.glob("*.json"):
        assert read_document(path.read_bytes(), name=path.name).value == json.loads(path.read_bytes())
    for path in openapi_corpus.glob("*.yaml"):
        ours = read_document(path.read_bytes(), name=path.name).value
        theirs = yaml.load(path.read_bytes(), Loader=yaml.BaseLoader)  # texts only
        assert _as_texts(ours, read_document(path.read_bytes(), name=path.name), "") == theirs


def _as_texts(value: Any, document: Document, pointer: str) -> Any:
    if isinstance(value, dict):
        return {key: _as_texts(child, document, join(pointer, key)) for key, child in value.items()}
    if isinstance(value, list):
        return [_as_texts(child, document, join(pointer, index)) for index, child in enumerate(value)]
    return value if isinstance(value, str) else document.source_text(pointer)


def test_duplicate_keys_are_told_with_their_line() -> None:
    document = doc("a: 1\nb:\n  - c: 1\n    c: 2\na: 3\n")
    assert document.value == {"a": 3, "b": [{"c": 2}]}
    assert [(each.pointer, each.line) for each in document.duplicates] == [("/b/0/c", 4), ("/a", 5)]
    document = doc('{"a": 1,\n "b": [{"c": 1,\n "c": 2}],\n "a": 3}', "f.json")
    assert document.value == {"a": 3, "b": [{"c": 2}]}
    assert [(each.pointer, each.line) for each in document.duplicates] == [("/b/0/c", 3), ("/a", 4)]
    assert doc('{"a": {"a": 1}}', "f.json").duplicates == ()


def test_aliases_and_merge_keys() -> None:
    text = "base: &base\n  a: 1\n  b: [x]\none:\n  <<: *base\n  a: 2\ntwo:\n  <<: [*base, {c: 3}]\nthree: *base\n"
    document = doc(text)
    assert document.value == {
        "base": {"a": 1, "b": ["x"]},
        "one": {"a": 2, "b": ["x"]},
        "two": {"a": 1, "b": ["x"], "c": 3},
        "three": {"a": 1, "b": ["x"]},
    }
    assert document.line("/three") == 9
    assert document.line("/three/b/0") == 3
    assert document.line("/one/b/0") == 3
    assert document.line("/two/c") == 8
    assert document.duplicates == ()


def test_a_quoted_merge_key_is_a_key() -> None:
    assert doc('"<<": {a: 1}\n').value == {"<<": {"a": 1}}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)
)
MALFORMED = [
    ("json", b"", "the file is empty", 1),
    ("json", b"  \n ", "the file is empty", None),
    ("json", b'{"a": [1, 2', "cut off", 1),
    ("json", b'{"a": "never ends', "cut off", 1),
    ("json", b'{"a":1,}', "not JSON", 1),
    ("json", b'{\n"a":1\n"b":2}', "not JSON", 3),
    ("json", b'{"a": NaN}', "NaN", None),
    ("json", b'{"a": -Infinity}', "Infinity", None),
    ("json", b'{"a": 1e999}', "too large", None),
    ("json", b"1" * 5000, "not usable as JSON", None),
    ("json", b'{"a": "\\ud800"}', "surrogate", None),
    ("json", b'{"\\udc00": 1}', "surrogate", None),
    ("json", b'{"a": "\x01"}', "not JSON", 1),
    ("json", b"[" * 2_000_000, "nested deeper", None),
    ("json", b'{"a":' * 2_000_000, "nested deeper", None),
    ("json", b"[" * 300 + b"]" * 300, "nested deeper", None),
    ("json", b"\xff\xfe{", "UTF-16", None),
    ("json", b'{"a":\n "\xff"}', "UTF-8", 2),
    ("yaml", b"a: b: c", "not YAML", 1),
    ("yaml", b"a: [1", "not YAML", 2),
    ("yaml", b"a: 'never ends", "not YAML", 1),
    ("yaml", b"[" * 2_000_000, "nest", 1),
    ("yaml", b"- " * 300, "nested deeper", 1),
    ("yaml", b"{a: " * 2_000_000, "nest", 1),
    ("yaml", b"a: \x00", "not YAML", None),
    ("yaml", b"a: \x1b[31m", "not YAML", 1),
    ("yaml", b"a: *nothing", "", 1),
    ("yaml", b"a: &a [*a]", "complete above", 1),
    ("yaml", BOMB.encode(), "aliases stand for more than", None),
    ("yaml", b"a: 1\n---\nb: 2\n", "second document", 2),
    ("yaml", b"? [1, 2]\n: x\n", "a key has to be text", 1),
    ("yaml", b"a: &k x\n*k : 2\n", "a key has to be text", 2),
    ("yaml", b"a: !!python/object/apply:os.system [ls]", "python", 1),
    ("yaml", b"a: !custom x", "tag", 1),
    ("yaml", b"a: !!binary aGk=", "tag", 1),
    ("yaml", b"a: !!int x", "tag", 1),
    ("yaml", b"a: !!set {x}", "tag", 1),
    ("yaml", b"<<: 3\n", "merge key", 1),
    ("yaml", b"a: " + b"1" * 5000, "too many digits", 1),
    ("yaml", b"a: 1e999", "too many digits", 1),
    ("yaml", b"%YAML 9.9\n---\na: 1", "not YAML", 1),
]


@pytest.mark.parametrize(("syntax", "data", "words", "line"), MALFORMED)
def test_what_cannot_be_read_is_told_quickly(syntax: Any, data: bytes, words: str, line: int | None) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_document(data, name="the-file", syntax=syntax)
    assert words in raised.value.message
    assert raised.value.file == "the-file"
    if line is not None:
        assert raised.value.line == line


def test_size_is_looked_at_before_anything_else() -> None:
    with pytest.raises(InvalidInput, match="too big: more than 100 bytes"):
        doc(b"\x00" * 101, limits=Limits(max_bytes=100))


def test_depth_at_the_limit_is_fine() -> None:
    assert doc("[" * 200 + "]" * 200).value is not None
    assert doc("[" * 200 + "]" * 200, "f.json").value is not None
    inner = "&a " + "[" * 150 + "]" * 150
    with pytest.raises(InvalidInput, match="nested deeper"):
        doc(f"x: {inner}\ny: " + "[" * 60 + "*a" + "]" * 60)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("x.json", '{"a": 1}', {"a": 1}),
        ("x.yaml", '{"a": 1}', {"a": 1}),
        ("x", '{"a": +1}', None),
        ("x", ' {"a": 1}', {"a": 1}),
        ("x", "a: 1", {"a": 1}),
        ("x.yaml", "", None),
        ("x.yml", "- a", ["a"]),
    ],
)
def test_syntax_by_name_and_look(name: str, text: str, value: object) -> None:
    if value is None and text:
        with pytest.raises(InvalidInput):
            doc(text, name)
    else:
        assert doc(text, name).value == value


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-16-le", "UTF-16 without"), ("utf-16-be", "UTF-16 without"), ("utf-32", "UTF-32"), ("utf-32-be", "UTF-32")],
)
@pytest.mark.parametrize(("name", "text"), [("a.json", '{"a": "ü"}'), ("a.yaml", "a: ü")])
def test_wide_text_without_its_mark_is_named(encoding: str, said: str, name: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=said) as error:
        read_document(text.encode(encoding), name=name)
    assert error.value.actions == ("save the file as UTF-8",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("syntax", ["json", "yaml"])
def test_encodings(encoding: str, syntax: Any) -> None:
    assert read_document('{"ä": "ö\U0001f600"}'.encode(encoding), name="f", syntax=syntax).value == {"ä": "ö\U0001f600"}


def test_surrogate_pairs_in_json_are_characters() -> None:
    assert doc('{"a": "\\ud83d\\ude00", "b": "\\\\ud800"}', "f.json").value == {"a": "\U0001f600", "b": "\\ud800"}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN, st.sampled_from([None, 2]))
def test_json_round_trip(value: Any, indent: int | None) -> None:
    document = read_document(dump_json(value, indent=indent).encode(), name="f.json")
    assert document.value == value
    for pointer, _ in _some_keys(value):
        assert document.key_line(pointer) is not None
        assert get(document.value, pointer) == get(value, pointer)


_PRINTABLE = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"), max_size=12
)


@given(st.dictionaries(_PRINTABLE, st.lists(_PRINTABLE | st.booleans() | st.integers(), max_size=3), max_size=4))
def test_yaml_reads_what_json_writes(value: Any) -> None:
    """JSON is YAML: both readers agree on it, places included."""
    text = dump_json(value, indent=1)
    from_json, from_yaml = doc(text, "f.json"), doc(text, "f.yaml")
    assert from_yaml.value == value
    for pointer, _ in _some_keys(value):
        assert from_yaml.key_line(pointer) == from_json.key_line(pointer)
        assert from_yaml.source_text(pointer) == from_json.source_text(pointer)


@given(st.text(max_size=60), st.sampled_from(["json", "yaml"]))
def test_nothing_but_invalid_input_escapes(text: str, syntax: Any) -> None:
    data = text.encode("utf-8", "surrogatepass")
    with contextlib.suppress(InvalidInput):
        document = read_document(data, name="f", syntax=syntax)
        assert (document.line("") or 1) >= 1


@given(st.binary(max_size=60))
def test_bytes_never_break_the_reader(data: bytes) -> None:
    for syntax in ("json", "yaml"):
        try:
            read_document(data, name="f", syntax=syntax)
        except InvalidInput:
            continue


def test_a_place_deep_in_a_large_document_is_found() -> None:
    paths = {
        f"/resource{n}/{{id}}": {"get": {"operationId": f"get{n}", "description": "x" * (n % 900)}} for n in range(6000)
    }
    text = json.dumps({"openapi": "3.0.3", "paths": paths}, indent=1)
    assert len(text) > 3_000_000
    document = read_document(text.encode(), name="f.json")
    line = document.line("/paths/~1resource5999~1{id}/get/operationId")
    assert line is not None
    assert text.splitlines()[line - 1].strip() == '"operationId": "get5999",'


_TEXTS = st.sampled_from(
    ["", "a", ":", '":', '\\":', '"', "\\", "\\\\", "{", "}", "[", "]", '{"a":1}', "é", "\n", " :"]
)


class _Pairs(list[Any]):
    """A map as it is written, with the keys that stand twice."""


_VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(_TEXTS, inner), max_size=4).map(_Pairs),
    max_leaves=12,
)


def _written(value: Any, colon: str) -> str:
    if isinstance(value, _Pairs):
        return "{" + ", ".join(f"{json.dumps(key)}{colon}{_written(child, colon)}" for key, child in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(child, colon) for child in value) + "]"
    return json.dumps(value)


def _has_twins(value: Any) -> bool:
    if isinstance(value, _Pairs):
        keys = [key for key, _ in value]
        return len(set(keys)) < len(keys) or any(_has_twins(child) for _, child in value)
    return isinstance(value, list) and any(_has_twins(child) for child in value)


def _levels(value: Any) -> int:
    if isinstance(value, _Pairs):
        return 1 + max((_levels(child) for _, child in value), default=0)
    return 1 + max((_levels(child) for child in value), default=0) if isinstance(value, list) else 0


@given(_VALUES, st.sampled_from([":", " :", ": ", "\n:\t"]))
def test_repeated_keys_and_depth_are_seen_in_the_text_alone(value: Any, colon: str) -> None:
    data = _written(value, colon).encode()
    assert bool(read_document(data, name="d.json").duplicates) == _has_twins(value)
    levels = _levels(value)
    if levels:
        with pytest.raises(InvalidInput, match="nested deeper"):
            read_document(data, name="d.json", limits=replace(DEFAULT, max_depth=levels - 1))
    read_document(data, name="d.json", limits=replace(DEFAULT, max_depth=levels))
