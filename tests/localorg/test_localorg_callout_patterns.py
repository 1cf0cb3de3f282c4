"""Texts for patterns, and answers of the stand-in that fit their own document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.localorg.vendor.examples import media_example
from sfsetup.localorg.vendor.patterns import matching
from sfsetup.localorg.vendor.schemas import Schemas
from sfsetup.openapi.document import load

KNOWN = [
    r"^KI[0-9a-fA-F]{32}$",
    r"^\d{4}-(0[1-9]|1[0-2])-\d\d[T,t]([0-1][0-9]|2[0-3]):[0-5][0-9]:00(\.\d+)?(Z|[+-]\d{2}:\d{2})$",
    r"^((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))$",
    r"^[A-Z]{2,3}$",
    r"^\+[1-9]\d{1,14}$",
    r"^[^,]+$",
    r"^(?:a|b)?c*$",
    r"[\w.-]+@example\.com",
    r"^.{3,}$",
    r"^\S+$",
    "",
]


@pytest.mark.parametrize("pattern", KNOWN)
def test_a_text_that_matches(pattern: str) -> None:
    text = matching(pattern)
    assert text is not None
    assert re.search(pattern, text), text


@pytest.mark.parametrize(("pattern", "least"), [(r"^[a-z]+$", 20), (r"^A\d*$", 9), (r"^(ab)*$", 7)])
def test_as_long_as_wanted(pattern: str, least: int) -> None:
    text = matching(pattern, least)
    assert text is not None
    assert len(text) >= least
    assert re.search(pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [r"^(?=.*\d)x$", r"(a)\1", r"\p{L}", "(", ")", "a{999999999}", "[", "(" * 3000, r"^[a-c]{2}$x{5000}", "\\"],
)
def test_what_it_does_not_know(pattern: str) -> None:
    assert matching(pattern) is None


@given(st.text(alphabet="ab1\\d[]()^$|*+?{},.-x", max_size=25))
def test_no_pattern_makes_it_fail(pattern: str) -> None:
    matching(pattern, 3)


@pytest.mark.parametrize(
    "name", ["paypal-reporting.json", "twilio-proxy-v1.json", "xero-assets.yaml", "messagebird-sms.yaml"]
)
def test_every_answer_of_a_published_document_fits_its_schema(openapi_corpus: Path, name: str) -> None:
    document = load(openapi_corpus / name)
    schemas = Schemas(document)
    judged = 0
    for operation in document.operations:
        for response in operation.responses:
            for media in response.content:

                def problems(value: object, pointer: str = media.schema_pointer) -> list[str]:
                    return schemas.problems(pointer, value, response=True)

                value = media_example(document, media, lambda made: not problems(made))
                assert media.schema is None or problems(value) == [], (operation.label, response.code)
                judged += 1
    assert judged >= 3
