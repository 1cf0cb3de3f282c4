"""What holds for every document: check never fails, fit ends, and what goes over the wire stays as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sfsetup.errors import InvalidInput
from sfsetup.model.finding import Severity
from sfsetup.openapi.acceptance import check
from sfsetup.openapi.document import parse
from sfsetup.openapi.fit import Fitted, fit
from sfsetup.openapi.names import names
from tests.openapi.schemas import NoValue, documents, is_valid, value_of
from tests.openapi.support import document_of

FAST = settings(max_examples=40, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
"""The same examples at every run: what fails here fails for everybody."""
DEEP = settings(max_examples=300, suppress_health_check=list(HealthCheck))

KEYS = st.sampled_from(
    [
        "openapi",
        "swagger",
        "paths",
        "components",
        "schemas",
        "definitions",
        "get",
        "post",
        "/a",
        "parameters",
        "requestBody",
        "responses",
        "200",
        "default",
        "content",
        "application/json",
        "*/*",
        "schema",
        "type",
        "properties",
        "items",
        "required",
        "allOf",
        "oneOf",
        "anyOf",
        "not",
        "enum",
        "$ref",
        "name",
        "in",
        "description",
        "additionalProperties",
        "discriminator",
        "headers",
        "format",
        "nullable",
        "operationId",
        "servers",
        "url",
        "security",
        "tags",
        "consumes",
        "produces",
        "callbacks",
        "example",
        "A",
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["object", "array", "string", "query", "path", "body", "", "3.0.3", "2.0", "#/components/schemas/A"]
    ),
    st.sampled_from(["#/paths/~1a", "#", "#/", "a.yaml", "https://example.com/a", "ü\u202e\ud7ff", "-", "x" * 90]),
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=40
)


def check_takes_anything(value: dict[str, Any], version: str | None) -> None:
    if version is not None:
        value = {("swagger" if version == "2.0" else "openapi"): version, **value}
        value.setdefault("paths", {"/a": {"post": value.get("post", value.get("get", {}))}})
    document = document_of(value)
    acceptance = check(document)
    json.dumps(acceptance.as_json())
    names(document, "Svc").as_json()
    try:
        fitted = fit(document)
    except InvalidInput:
        return
    assert fit(parse(fitted.text.encode(), name="x")).text == fitted.text


def fitted_documents_are_accepted_and_stay_as_they_are(value: dict[str, Any]) -> None:
    fitted = fit(document_of(value))
    after = parse(fitted.text.encode(), name="fitted.json")
    acceptance = check(after)
    assert [one for one in acceptance.findings if one.severity.at_least(Severity.MEDIUM)] == []
    assert {one.verdict.value for one in acceptance.operations} <= {"flow", "apexOnly"}
    assert fit(after).text == fitted.text
    assert not [one for one in names(after, "Svc").collisions if one.kind in ("class", "property", "operation")]


def only_branches_were_dropped(fitted: Fitted) -> bool:
    """True if nothing was lost but branches of unions, which forbids nothing that is still sent."""
    return all("branch" in change.what for change in fitted.dropped)


def what_is_sent_is_valid_in_the_original(value: dict[str, Any], data: st.DataObject) -> None:
    fitted = fit(document_of(value))
    assume(only_branches_were_dropped(fitted))
    sent = _body(fitted.value)
    try:
        made = value_of(data.draw, sent, fitted.value)
        can_be_sent, is_taken = is_valid(made, sent, fitted.value), is_valid(made, _body(value), value)
    except NoValue:
        assume(False)
    assume(can_be_sent)
    assert is_taken, (made, fitted.changes)


def what_is_read_has_the_place_and_type_it_had(value: dict[str, Any], data: st.DataObject) -> None:
    fitted = fit(document_of(value))
    assume(not fitted.dropped)
    original, read = _answer(value), _answer(fitted.value)
    try:
        made = value_of(data.draw, original, value)
        can_come, is_read = is_valid(made, original, value), is_valid(made, read, fitted.value)
    except NoValue:
        assume(False)
    assume(can_come)
    assert is_read, (made, fitted.changes)


def _body(document: Any) -> Any:
    return document["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["schema"]


def _answer(document: Any) -> Any:
    return document["paths"]["/things"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]


ANY_DOCUMENT = given(st.dictionaries(KEYS, ANYTHING, max_size=6), st.sampled_from(["3.0.3", "2.0", "3.1.0", None]))

test_check_takes_anything = FAST(ANY_DOCUMENT(check_takes_anything))
test_fitted_documents_are_accepted_and_stay_as_they_are = FAST(
    given(documents())(fitted_documents_are_accepted_and_stay_as_they_are)
)
test_what_is_sent_is_valid_in_the_original = FAST(given(documents(), st.data())(what_is_sent_is_valid_in_the_original))
test_what_is_read_has_the_place_and_type_it_had = FAST(
    given(documents(), st.data())(what_is_read_has_the_place_and_type_it_had)
)

test_more_of_anything = pytest.mark.slow(DEEP(ANY_DOCUMENT(check_takes_anything)))
test_more_fitted_documents = pytest.mark.slow(
    DEEP(given(documents())(fitted_documents_are_accepted_and_stay_as_they_are))
)
test_more_of_what_is_sent = pytest.mark.slow(DEEP(given(documents(), st.data())(what_is_sent_is_valid_in_the_original)))
test_more_of_what_is_read = pytest.mark.slow(
    DEEP(given(documents(), st.data())(what_is_read_has_the_place_and_type_it_had))
)
