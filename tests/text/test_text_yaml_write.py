"""YAML that is written is read back as the same values, by our reader and by another one."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.text.documents import read_document
from sfsetup.text.yaml_write import dump_yaml

_texts = st.one_of(
    st.sampled_from(
        ["no", "yes", "on", "~", "null", "true", "1e3", "1", "1.0", "007", "+12025550123", "2026-01-01", "a: b", "- x",
         "#c", "{x}", "[x]", "", " x ", "=", "<<", "x\ny", "0x1F", "1_000", ".5", "!t", "&a", "*a", "a #b", "é☃"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
)  # fmt: skip
_values = st.recursive(
    st.one_of(_texts, st.booleans(), st.none(), st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6, width=32)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_texts, inner, max_size=3)),
    max_leaves=10,
)


@given(st.dictionaries(_texts, _values, max_size=4))
def test_what_is_written_is_read(value: dict[str, object]) -> None:
    text = dump_yaml(value)
    assert read_document(text.encode(), name="x.yaml", syntax="yaml").value == value
    assert yaml.safe_load(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": {"b": "c", "d": 1}}, "a: {b: c, d: 1}\n"),
        ({"a": [{"b": {"c": "d"}}]}, "a:\n- b: {c: d}\n"),
        ({"phone": "+12025550123"}, "phone: '+12025550123'\n"),
    ],
)
def test_the_form(value: object, text: str) -> None:
    assert dump_yaml(value) == text
