"""A look-alike of a vendor's document that is hard in every way at once: references into `#/paths`, `*/*`, null defaults."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sfsetup.openapi.acceptance import Acceptance, check
from sfsetup.openapi.document import OpenApiDocument, parse
from sfsetup.openapi.fit import Fitted, fit
from sfsetup.openapi.names import names
from tests.openapi.support import document_of

KINDS = 20
HOME = "#/paths/~1v1~1{subAccountId}~1messages/post"


def _message() -> dict[str, Any]:
    status = {"type": "object", "properties": {"code": {"type": "string", "default": None}}}
    return {
        "type": "object",
        "required": ["destination"],
        "properties": {
            "destination": {"type": "string"},
            "source": {"type": "string", "default": None},
            "status": status,
        },
    }


def lookalike() -> dict[str, Any]:
    """One operation written out, twenty that refer to its parts: sixty references into `#/paths`."""
    paths: dict[str, Any] = {
        "/v1/{subAccountId}/messages": {
            "post": {
                "operationId": "Send-Message",
                "parameters": [{"name": "subAccountId", "in": "path", "required": True, "schema": {"type": "string"}}],
                "requestBody": {"required": True, "content": {"*/*": {"schema": _message()}}},
                "responses": {"200": {"description": "ok", "content": {"*/*": {"schema": _message()}}}},
            }
        }
    }
    for number in range(KINDS):
        answer = {"schema": {"$ref": f"{HOME}/responses/200/content/*~1*/schema"}}
        paths[f"/v1/{{subAccountId}}/kind{number}"] = {
            "post": {
                "operationId": f"Send-Kind-{number}",
                "parameters": [{"$ref": f"{HOME}/parameters/0"}],
                "requestBody": {"$ref": f"{HOME}/requestBody"},
                "responses": {"200": {"description": "ok", "content": {"*/*": answer}}},
            }
        }
    return {"openapi": "3.0.3", "info": {"title": "Messages", "version": "1"}, "paths": paths}


@pytest.fixture(scope="module")
def document() -> OpenApiDocument:
    """The look-alike as it is."""
    assert json.dumps(lookalike()).count('"#/paths/') == 3 * KINDS
    return document_of(lookalike())


@pytest.fixture(scope="module")
def fitted(document: OpenApiDocument) -> Fitted:
    """The look-alike made fit."""
    return fit(document)


def _counts(acceptance: Acceptance) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for one in acceptance.findings:
        key = (one.rule, one.severity.value)
        found[key] = found.get(key, 0) + 1
    return found


def test_what_is_found(document: OpenApiDocument) -> None:
    acceptance = check(document)
    # the shared request body is one place, each response its own
    assert _counts(acceptance) == {
        ("OA-A07", "high"): 2 + KINDS,
        ("OA-A09", "medium"): KINDS,
        ("OA-C08", "info"): 4,
    }
    assert {one.verdict.value for one in acceptance.operations} == {"afterFit"}


def test_what_becomes_of_it(fitted: Fitted) -> None:
    after = parse(fitted.text.encode(), name="fitted.json")
    acceptance = check(after)
    assert acceptance.findings == ()
    assert {one.verdict.value for one in acceptance.operations} == {"flow"}
    assert fitted.dropped == ()
    assert "#/paths" not in fitted.text
    assert list(after.schemas) == ["Messages"]
    assert fit(after).text == fitted.text


def test_what_the_vendor_receives_stays(document: OpenApiDocument, fitted: Fitted) -> None:
    after = parse(fitted.text.encode(), name="fitted.json")
    for before, now in zip(document.operations, after.operations, strict=True):
        assert (before.method, before.path) == (now.method, now.path)
        assert [(p.name, p.location) for p in before.parameters] == [(p.name, p.location) for p in now.parameters]
        assert before.request_body is not None
        assert now.request_body is not None
        was, is_ = (
            document.resolve(before.request_body.content[0].schema),
            after.resolve(now.request_body.content[0].schema),
        )
        assert (list(was["properties"]), was["required"]) == (list(is_["properties"]), is_["required"])


def test_names_of_it(fitted: Fitted) -> None:
    found = names(parse(fitted.text.encode(), name="fitted.json"), "Msgs")
    first = found.operations[0]
    assert (first.registration_name, first.action_name) == ("sendx2dmessage", "Msgs.Send-Message")
    assert [one.apex_class for one in found.classes if "Messages" in one.apex_class] == [
        "ExternalService__Msgs_Messages",
        "ExternalService__Msgs_Messages_status",
    ]
