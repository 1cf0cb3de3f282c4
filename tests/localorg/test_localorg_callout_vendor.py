"""The stand-in of a vendor by itself: routing, authentication, errors in the vendor's own form, the token endpoint."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sfsetup.localorg.state import State
from sfsetup.localorg.vendor.requests import Incoming
from sfsetup.localorg.vendor.settings import Failure, VendorSettings
from sfsetup.localorg.vendor.stand_in import Answer, Directory, StandIn, Vendor
from sfsetup.openapi.document import parse

HOST = "api.example.com"


class Desk:
    """One vendor behind HOST."""

    def __init__(self, paths: Any, *, prefix: str = "", uses_tokens: bool = False, **more: Any) -> None:
        made = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths, **more}
        vendor = Vendor("T", parse(json.dumps(made).encode(), name="T"), uses_tokens=uses_tokens, prefix=prefix)
        self.state = State.open(None)
        self.settings = VendorSettings(self.state.documents)
        self.stand_in = StandIn(self._directory, self.settings)
        self._vendors = (vendor,)

    def _directory(self, host: str) -> Directory:
        return Directory(self._vendors if host == HOST else (), frozenset({"/token"}))

    def ask(self, method: str, path: str, *, query: str = "", body: Any = None, **headers: str) -> Answer:
        data = b"" if body is None else json.dumps(body).encode()
        sent = {name.lower().replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent.setdefault("content-type", "application/json")
        return self.stand_in.answer(Incoming(method, headers.get("host", HOST), path, query, sent, data))


def get(**more: Any) -> dict[str, Any]:
    return {"get": {"responses": {"200": {"description": "ok"}}, **more}}


def secured(scheme: dict[str, Any], *others: dict[str, Any], security: Any = None) -> Desk:
    schemes = {f"s{number}": each for number, each in enumerate((scheme, *others))}
    return Desk({"/a": get()}, security=security or [{"s0": []}], components={"securitySchemes": schemes})


BASIC = base64.b64encode(b"u:p").decode()


@pytest.mark.parametrize(
    ("scheme", "good", "bad"),
    [
        ({"type": "http", "scheme": "bearer"}, {"authorization": "Bearer t"}, [{}, {"authorization": "Basic t"}, {"authorization": "Bearer "}]),
        ({"type": "http", "scheme": "basic"}, {"authorization": f"Basic {BASIC}"}, [{}, {"authorization": "Basic !"}, {"authorization": "Bearer t"}]),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, {"x_key": "t"}, [{}, {"x_key": " "}, {"x_key": "{!$Credential.E.key}"}]),
        ({"type": "apiKey", "in": "query", "name": "key"}, {"query": "key=t"}, [{}, {"query": "key="}, {"query": "other=t"}]),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, {"cookie": "a=b; sid=t"}, [{}, {"cookie": "a=b"}]),
        ({"type": "oauth2", "flows": {}}, {"authorization": "Bearer t"}, [{}]),
    ],
)  # fmt: skip
def test_authentication_as_the_document_asks(
    scheme: dict[str, Any], good: dict[str, str], bad: list[dict[str, str]]
) -> None:
    desk = secured(scheme)
    assert desk.ask("GET", "/a", **good).status == 200
    for each in bad:
        answer = desk.ask("GET", "/a", **each)
        assert (answer.status, answer.headers.get("WWW-Authenticate")) == (401, "Bearer"), each


def test_alternatives_and_what_must_hold_together() -> None:
    bearer, key = {"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "header", "name": "X-Key"}
    either = secured(bearer, key, security=[{"s0": []}, {"s1": []}])
    assert either.ask("GET", "/a", x_key="t").status == 200
    assert either.ask("GET", "/a", authorization="Bearer t").status == 200
    assert either.ask("GET", "/a").status == 401
    both = secured(bearer, key, security=[{"s0": [], "s1": []}])
    assert both.ask("GET", "/a", x_key="t").status == 401
    assert both.ask("GET", "/a", x_key="t", authorization="Bearer t").status == 200
    optional = secured(bearer, security=[{"s0": []}, {}])
    assert optional.ask("GET", "/a").status == 200


def test_the_right_secret_wherever_it_stands() -> None:
    desk = Desk({"/a": get()})
    assert desk.ask("GET", "/a").status == 200
    desk.settings.accept("right")
    right = base64.b64encode(b"u:right").decode()
    for headers in (
        {"authorization": "Bearer right"},
        {"authorization": "right"},
        {"authorization": f"Basic {right}"},
        {"x_any": "right"},
        {"query": "key=right"},
    ):
        assert desk.ask("GET", "/a", **headers).status == 200, headers
    for headers in ({}, {"authorization": "Bearer wrong"}, {"x_any": "righty"}):
        assert desk.ask("GET", "/a", **headers).status == 401, headers
    assert "right" not in json.dumps(dict(desk.state.documents.items("vendor")))
    desk.settings.accept(None)
    assert desk.ask("GET", "/a").status == 200


PATHS = {
    "/things": get(operationId="list"),
    "/things/mine": get(operationId="mine"),
    "/things/{id}": get(operationId="one"),
    "/things/{id}/parts/{part}": get(operationId="part"),
    "/a.b/{x}": get(operationId="dotted"),
}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/things", "list"),
        ("GET", "/things/mine", "mine"),
        ("GET", "/things/7", "one"),
        ("GET", "/things/a%2Fb", "one"),
        ("GET", "/things/7/parts/8", "part"),
        ("GET", "/a.b/1", "dotted"),
        ("GET", "/aXb/1", 404),
        ("GET", "/things/", 404),
        ("GET", "/things/7/parts", 404),
        ("GET", "/nothing", 404),
        ("POST", "/things", 405),
    ],
)
def test_routing(method: str, path: str, expected: str | int) -> None:
    answer = Desk(PATHS).ask(method, path)
    assert (answer.operation if isinstance(expected, str) else answer.status) == expected


@pytest.mark.parametrize(
    ("server", "prefix", "path"),
    [("", "", "/things"), ("", "/v1", "/v1/things"), ("https://api.example.com/v2", "", "/v2/things"),
     ("https://api.example.com/v2", "/v2", "/v2/things")],
)  # fmt: skip
def test_below_one_base_path(server: str, prefix: str, path: str) -> None:
    more = {"servers": [{"url": server}]} if server else {}
    desk = Desk(PATHS, prefix=prefix, **more)
    assert desk.ask("GET", path).status == 200
    assert desk.ask("GET", f"{prefix or '/x'}{path}").status == 404


def test_a_host_that_nobody_registered() -> None:
    answer = Desk(PATHS).ask("GET", "/things", host="other.example.com")
    assert (answer.status, b"other.example.com" in answer.body) == (502, True)


ERRORS = {
    "400": {"description": "bad", "content": {"application/json": {"schema": {"type": "object", "required": ["error"], "properties": {
        "error": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}, "status": {"type": "integer"}}}}}},
    "4XX": {"description": "other", "content": {"application/problem+json": {"schema": {"type": "object", "properties": {
        "title": {"type": "string"}}}}}},
    "default": {"description": "else", "content": {"text/plain": {}}},
}  # fmt: skip


def test_errors_have_the_vendors_own_form() -> None:
    parameters = [{"name": "n", "in": "query", "required": True, "schema": {"type": "integer", "maximum": 5}}]
    desk = Desk({"/a": get(operationId="a", parameters=parameters, responses={"200": {"description": "ok"}, **ERRORS})})
    missing = desk.ask("GET", "/a")
    assert missing.status == 400
    assert json.loads(missing.body) == {"error": {"message": "query parameter 'n' is required"}, "status": 400}
    assert "6" in json.loads(desk.ask("GET", "/a", query="n=6").body)["error"]["message"]
    assert desk.ask("GET", "/a", query="n=5").status == 200
    desk.settings.fail(Failure(422, 1))
    failed = desk.ask("GET", "/a", query="n=5")
    assert (failed.status, failed.content_type) == (422, "application/problem+json")
    assert json.loads(failed.body) == {"title": "Failure on demand"}
    desk.settings.fail(Failure(503, 1))
    down = desk.ask("GET", "/a", query="n=5")
    assert (down.status, down.headers) == (503, {"Retry-After": "1"})


def test_failures_for_one_operation_leave_the_others() -> None:
    desk = Desk(PATHS)
    desk.settings.fail(Failure(500, 1, "mine"))
    assert desk.ask("GET", "/things").status == 200
    assert desk.ask("GET", "/things/mine").status == 500
    assert desk.ask("GET", "/things/mine").status == 200
    assert desk.settings.shown()["failures"] == []


def test_latency_is_told_and_not_slept() -> None:
    desk = Desk(PATHS)
    desk.settings.set("latency", 2.5)
    assert desk.ask("GET", "/things").delay == 2.5


# -- the token endpoint ------------------------------------------------------------------------------------------------------


def token(desk: Desk, form: str, **headers: str) -> tuple[int, Any]:
    sent = {"content-type": "application/x-www-form-urlencoded", **headers}
    answer = desk.stand_in.answer(Incoming("POST", HOST, "/token", "", sent, form.encode()))
    return answer.status, json.loads(answer.body)


def test_tokens_are_given_for_the_right_secret_and_are_taken_until_they_expire() -> None:
    desk = Desk({"/a": get()}, uses_tokens=True)
    desk.settings.accept("s+x")
    grant = "grant_type=client_credentials"
    assert token(desk, "grant_type=password")[1]["error"] == "unsupported_grant_type"
    assert token(desk, grant) == (
        401,
        {"error": "invalid_client", "error_description": "client id and secret expected"},
    )
    assert token(desk, f"{grant}&client_id=c&client_secret=no")[0] == 401
    pair = base64.b64encode(b"c:s%2Bx").decode()
    status, given = token(desk, f"{grant}&scope=a+b", authorization=f"Basic {pair}")
    assert (status, given["token_type"], given["scope"]) == (200, "Bearer", "a b")
    assert token(desk, f"{grant}&client_id=c&client_secret=s%2Bx")[0] == 200
    assert desk.ask("GET", "/a", authorization=f"Bearer {given['access_token']}").status == 200
    assert desk.ask("GET", "/a", authorization="Bearer other").status == 401
    assert desk.ask("GET", "/a").status == 401
    assert desk.stand_in.tokens.expire() == 2
    assert desk.ask("GET", "/a", authorization=f"Bearer {given['access_token']}").status == 401
