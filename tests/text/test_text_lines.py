"""Many lines in one pass are the lines that are found one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.text.documents import Document, read_document
from sfsetup.text.pointers import join

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text('ab/~\n"', max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~ ", max_size=3), inner, max_size=4),
    max_leaves=20,
)


def pointers(value: Any, pointer: str = "") -> list[str]:
    """Every pointer into a value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer, *(one for key, child in children for one in pointers(child, join(pointer, key)))]


def compared(document: Document) -> None:
    wanted = [*pointers(document.value), "/nowhere", "/0/nowhere"]
    assert document.lines(wanted) == {pointer: document.line(pointer) for pointer in wanted}


@given(VALUES)
def test_json(value: Any) -> None:
    compared(read_document(json.dumps(value, indent=1).encode(), name="a.json", syntax="json"))


@pytest.mark.parametrize("text", ["a: {b: [1, 2]}\nc:\n  - d: 1\n    e: 2\n", "[]", "a: &x {b: 1}\nc: *x\n"])
def test_yaml(text: str) -> None:
    compared(read_document(text.encode(), name="a.yaml", syntax="yaml"))


def test_a_key_that_stands_twice_counts_where_it_stands_last() -> None:
    document = read_document(b'{\n"a": 1,\n"a": 2}', name="a.json")
    assert document.lines(["/a"]) == {"/a": 3}
