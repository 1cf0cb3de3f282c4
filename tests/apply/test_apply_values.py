"""From verify.inputs to flat flow inputs, and from outputs to what verify.expect names."""

from __future__ import annotations

from typing import Any

import pytest

from sfsetup.apply.values import equal, flat_inputs, output_at
from sfsetup.spec.interface import FlowInput, FlowInterface, FlowOutput


class _Interface:
    """As much of an interface as is looked at."""

    body_input = "smsRequest"
    inputs = (
        FlowInput("subAccountId", "Text", ("subAccountId",), True),
        FlowInput("destination", "Text", ("body", "destination"), True),
        FlowInput("template_text", "Text", ("body", "template", "text"), False),
        FlowInput("count", "Number", ("body", "count"), False),
        FlowInput("tags", "Text", ("body", "tags"), False, is_collection=True),
        FlowInput("messages_to", "Text", ("body", "messages", "to"), False),
    )
    outputs = (FlowOutput("result_status_code", "Text", ("status", "code"), "status.code"),)


INTERFACE: FlowInterface = _Interface()  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("given", "flat"),
    [
        ({"subAccountId": "a", "body": {"destination": "+1"}}, {"subAccountId": "a", "destination": "+1"}),
        ({"smsRequest": {"destination": "+1"}}, {"destination": "+1"}),
        ({"destination": "+1"}, {"destination": "+1"}),
        ({"body": {"template": {"text": "t"}}}, {"template_text": "t"}),
        ({"body": {"template": "not an object"}}, {}),
        ({"body": {"count": 3, "tags": ["a", 1, True]}}, {"count": 3, "tags": ["a", "1", "true"]}),
        ({"body": {"tags": "one"}}, {"tags": ["one"]}),
        ({"body": {"messages": [{"to": "+1"}]}}, {"messages_to": "+1"}),
        ({"body": {"messages": [{"to": "+1"}, {"to": "+2"}]}}, {}),
        ({"subAccountId": 12}, {"subAccountId": "12"}),
        ({"subAccountId": None}, {}),
        ({}, {}),
    ],
)
def test_inputs(given: dict[str, Any], flat: dict[str, Any]) -> None:
    assert flat_inputs(INTERFACE, given) == flat


OUTPUTS = {"responseCode": 200, "result_status_code": "QUEUED", "result": {"items": [{"Id": 1}], "deep": {"a": None}}}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("responseCode", 200),
        ("status.code", "QUEUED"),
        ("result.status.code", "QUEUED"),
        ("result.items.0.id", 1),
        ("items.0.Id", 1),
        ("items.1.Id", None),
        ("deep.a.b", None),
        ("nothing", None),
    ],
)
def test_outputs(key: str, value: Any) -> None:
    assert output_at(INTERFACE, OUTPUTS, key) == value


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (200, 200.0, True),
        (200, "200", False),
        (True, True, True),
        (True, 1, False),
        (1, True, False),
        (None, None, True),
        ("a", "a", True),
        ([1, {"a": 2}], [1.0, {"a": 2}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_equality(expected: Any, actual: Any, same: bool) -> None:
    assert equal(expected, actual) is same
