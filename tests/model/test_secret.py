"""A secret's holder shows nothing, whatever is done with it."""

import base64
import copy
import json
import pickle
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.model.secret import Secret, SecretRef, masked

VALUE = 'k3y-with "quotes" & <angle> % ü é'


def test_text_forms_hide_the_value() -> None:
    secret = Secret(VALUE)
    for text in (
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>40}",
        f"{secret}",
        repr([secret]),
        repr({"a": secret}),
    ):
        assert VALUE not in text
    assert secret.reveal() == VALUE


@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_it_cannot_be_serialised(act: object) -> None:
    with pytest.raises(TypeError):
        act(Secret(VALUE))  # type: ignore[operator]


def test_it_has_no_readable_attributes() -> None:
    secret = Secret(VALUE)
    with pytest.raises(TypeError):
        vars(secret)
    assert all(VALUE not in name for name in dir(secret))


@given(st.text(min_size=8, max_size=200))
def test_the_mask_knows_every_encoding(value: str) -> None:
    secret = Secret(value)
    raw = value.encode("utf-8", "surrogatepass")
    for form in (
        value,
        escape(value),
        escape(value, {"'": "&apos;", '"': "&quot;"}),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(value, safe="", errors="replace"),
        quote_plus(value, errors="replace"),
        base64.b64encode(raw).decode(),
    ):
        assert form not in masked(f"before {form} after") or form in "before  after********"
    assert secret


def test_references_name_the_source_only() -> None:
    assert str(SecretRef("env", "NAME")) == "env:NAME"
