"""What a callout sends and what becomes of the answer: URL, parameters, bodies, codes, failures, the log."""

from __future__ import annotations

import base64
import json
import urllib.parse
from typing import Any

import pytest

from sfsetup.localorg.callout.access import Authority
from sfsetup.localorg.callout.request_log import MASK, redact_body, redact_header, redact_url
from sfsetup.localorg.callout.values import Outgoing
from sfsetup.localorg.judge.check import OURS_MARK
from sfsetup.localorg.vendor.settings import Failure
from tests.localorg.callout_bench import PRINCIPAL, SECRET, CalloutBench, bearer_header
from tests.localorg.judge_cases import WAY, document, endpoint, nc_parameter, parameter, registration
from tests.support.vendor import OwnVendor, Received

TEXT = {"type": "string"}
JSON_HEADERS = (("Content-Type", "application/json"),)


def operation(parameters: list[dict[str, Any]] | None = None, body: Any = None, **responses: Any) -> dict[str, Any]:
    """POST /things/{id} called doThing."""
    path = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    made: dict[str, Any] = {
        "operationId": "doThing",
        "parameters": [path, *(parameters or [])],
        "responses": responses or {"200": {"description": "ok"}},
    }
    if body is not None:
        made["requestBody"] = body
    return {"paths": {"/things/{id}": {"post": made}}}


def json_body(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema}}}


def bench_of(schema: dict[str, Any], **more: Any) -> CalloutBench:
    bench = CalloutBench(schema=document(**schema), **more)
    bench.take(registration(document(**schema), active={"dothing": True}, binding=more.pop("binding", "")))
    bench.secret("E", "P", key=SECRET)
    return bench


def arrived(bench: CalloutBench, answer: Any = None, status: int = 200, **inputs: Any) -> tuple[Received, Any]:
    """The request as a vendor of the tests' own gets it, and the outcome."""
    with OwnVendor(answer, status) as vendor:
        bench.org.callouts = (vendor.address,)
        outcome = bench.call("doThing", {"id": "7", **inputs})
        (received,) = vendor.received
        return received, outcome


# -- URL and parameters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "server", "path"),
    [
        ("https://api.example.com", "https://api.example.com", "/things/7"),
        ("https://api.example.com/", "https://elsewhere.example/v1", "/v1/things/7"),
        ("https://api.example.com/v1", "https://api.example.com", "/v1/things/7"),
        ("https://api.example.com/v1/", "https://api.example.com/v1", "/v1/v1/things/7"),
        ("https://api.example.com:8443", "https://api.example.com/v1/", "/v1/things/7"),
    ],
)
def test_url_is_named_credential_plus_base_path_plus_path(url: str, server: str, path: str) -> None:
    schema = {**operation(), "servers": [{"url": server}]}
    with bench_of(schema) as bench:
        before = "<allowMergeFieldsInHeader>true</allowMergeFieldsInHeader>"
        bench.take(endpoint(nc_parameter("Url", "Url", url), WAY, before=before))
        received, _ = arrived(bench)
        assert (received.method, received.path) == ("POST", path)
        assert received.header("Host").decode() == urllib.parse.urlsplit(url).netloc


def test_parameters_are_encoded_where_they_stand() -> None:
    parameters = [
        {"name": "q", "in": "query", "schema": TEXT},
        {"name": "many", "in": "query", "schema": {"type": "array", "items": TEXT}},
        {"name": "joined", "in": "query", "explode": False, "schema": {"type": "array", "items": TEXT}},
        {"name": "X-Trace", "in": "header", "schema": TEXT},
        {"name": "flag", "in": "query", "schema": {"type": "boolean"}},
        {"name": "n", "in": "query", "schema": {"type": "integer"}},
        {"name": "unset", "in": "query", "schema": TEXT},
    ]
    with bench_of(operation(parameters)) as bench:
        given = {
            "id": "a/b c?",
            "q": "x&y=ü",
            "many": ["1", "2"],
            "joined": ["1", "2"],
            "X-Trace": "t",
            "flag": True,
            "n": 3,
        }
        received, _ = arrived(bench, **given)
        path, _, query = received.path.partition("?")
        assert path == "/things/a%2Fb%20c%3F"
        assert urllib.parse.parse_qsl(query) == [
            ("q", "x&y=ü"),
            ("many", "1"),
            ("many", "2"),
            ("joined", "1,2"),
            ("flag", "true"),
            ("n", "3"),
        ]
        assert received.header("X-Trace") == b"t"


@pytest.mark.parametrize("missing", ["id", "body"])
def test_a_required_input_without_a_value(missing: str) -> None:
    schema = operation(body=json_body({"type": "object", "properties": {"a": TEXT}}))
    with bench_of(schema) as bench:
        inputs = {"id": "7", "body": {"a": "x"}}
        del inputs[missing]
        fault = bench.call("doThing", inputs)
        assert f"needs a value for its input {missing}" in fault
        assert bench.sent() == []


# -- bodies --------------------------------------------------------------------------------------------------------------

INNER = {
    "type": "object",
    "properties": {
        "text": TEXT,
        "count": {"type": "integer"},
        "price": {"type": "number"},
        "when": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "on": {"type": "boolean"},
        "type": TEXT,
        "max_size": {"type": "integer"},
        "items": {"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}},
        "left": TEXT,
    },
}
GIVEN = {
    "text": 'quotes " and ümlauts',
    "count": 3,
    "price": 1.25,
    "when": "2026-01-02T03:04:05Z",
    "day": "2026-01-02",
    "on": False,
    "type": "kind",
    "max_size": 9,
    "items": [{"name": "a"}, {"name": "b"}],
}


def test_a_json_body_with_wire_names_and_only_what_was_given() -> None:
    with bench_of(operation(body=json_body(INNER))) as bench:
        received, _ = arrived(bench, body=GIVEN)
        assert received.header("Content-Type") == b"application/json"
        assert json.loads(received.body) == {**GIVEN, "when": "2026-01-02T03:04:05.000Z"}


def test_a_form_body() -> None:
    with bench_of(operation(body=json_body(INNER, "application/x-www-form-urlencoded"))) as bench:
        received, _ = arrived(bench, body={"text": "a&b", "count": 3, "on": True})
        assert received.header("Content-Type") == b"application/x-www-form-urlencoded"
        assert urllib.parse.parse_qsl(received.body.decode()) == [("text", "a&b"), ("count", "3"), ("on", "true")]


def test_a_text_body() -> None:
    with bench_of(operation(body=json_body(TEXT, "text/plain"))) as bench:
        received, _ = arrived(bench, body="plain ü")
        assert (received.header("Content-Type"), received.body.decode()) == (b"text/plain", "plain ü")


def test_a_mapped_media_type_stays_on_the_wire() -> None:
    schema = operation(body=json_body(INNER, "application/vnd.acme+json"))
    binding = '{"compatibleMediaTypes":{"application/vnd.acme+json":"application/json"}}'
    with CalloutBench(schema=document(**schema)) as bench:
        bench.take(registration(document(**schema), active={"dothing": True}, binding=binding))
        bench.secret("E", "P", key=SECRET)
        received, _ = arrived(bench, body={"text": "x"})
        assert received.header("Content-Type") == b"application/vnd.acme+json"
        assert json.loads(received.body) == {"text": "x"}


def test_form_parameters_of_a_2_0_document() -> None:
    parameters = [
        {"name": "id", "in": "path", "required": True, "type": "string"},
        {"name": "channel", "in": "formData", "type": "string"},
        {"name": "tags", "in": "formData", "type": "array", "items": TEXT, "collectionFormat": "multi"},
    ]
    responses = {"200": {"description": "ok"}}
    post = {"operationId": "doThing", "parameters": parameters, "responses": responses}
    schema = {"swagger": "2.0", "info": {"title": "T", "version": "1"}, "host": "api.example.com", "basePath": "/v2",
              "paths": {"/things/{id}": {"post": post}}}  # fmt: skip
    with CalloutBench(schema=schema) as bench:
        bench.take(registration(schema, active={"dothing": True}, kind="OpenApi"))
        bench.secret("E", "P", key=SECRET)
        received, _ = arrived(bench, channel="c d", tags=["1", "2"])
        assert received.path == "/v2/things/7"
        assert urllib.parse.parse_qsl(received.body.decode()) == [("channel", "c d"), ("tags", "1"), ("tags", "2")]


# -- answers -------------------------------------------------------------------------------------------------------------

ANSWERS = operation(
    **{
        "200": {"description": "ok", "content": {"application/json": {"schema": INNER}}},
        "404": {
            "description": "none",
            "content": {"application/json": {"schema": {"type": "object", "properties": {"why": TEXT}}}},
        },
        "409": {"description": "there"},
    }
)


def test_a_typed_answer_keeps_what_the_document_knows() -> None:
    with bench_of(ANSWERS) as bench:
        _, outputs = arrived(bench, {"max_size": 7, "when": "2026-01-02T03:04:05+02:00", "unknown": 1, "left": None})
        assert outputs["responseCode"] == 200
        values = outputs["200"].values
        assert values["maxx5fsize"] == 7
        assert values["z0when"].isoformat() == "2026-01-02T03:04:05+02:00"
        assert "unknown" not in values


@pytest.mark.parametrize(
    ("status", "answer", "output"),
    [(404, {"why": "gone"}, "404Exc"), (409, {"why": "there"}, "409Exc"), (500, {"why": "down"}, "defaultExc")],
)
@pytest.mark.parametrize("faults", [True, False])
def test_error_codes_on_either_path(status: int, answer: dict[str, str], output: str, faults: bool) -> None:
    with bench_of(ANSWERS, http_error_takes_fault_path=faults) as bench:
        _, outcome = arrived(bench, answer, status)
        if faults:
            assert f"HTTP {status}" in outcome
            assert outcome.endswith(OURS_MARK)
        else:
            assert outcome["responseCode"] == status
            value = outcome[output]
            assert value.values == answer if status == 404 else json.loads(value) == answer


@pytest.mark.parametrize("answer", [{"count": "many"}, {"items": {}}, ["a"], {"on": "perhaps"}, {"day": "soon"}])
def test_an_answer_that_does_not_fit_is_a_fault(answer: Any) -> None:
    with bench_of(ANSWERS) as bench:
        _, outcome = arrived(bench, answer)
        assert isinstance(outcome, str)
        assert "cannot be read" in outcome


def test_an_answer_to_an_operation_without_one() -> None:
    with bench_of(operation(**{"204": {"description": "done"}})) as bench:
        _, outputs = arrived(bench, {"a": 1}, 204)
        assert outputs == {"responseCode": 204}


# -- the stand-in ----------------------------------------------------------------------------------------------------------


def outcome_of(bench: CalloutBench, **body: Any) -> Any:
    return bench.call("doThing", {"id": "7", "body": body})


STRICT = {**INNER, "required": ["text"], "additionalProperties": False}
STRICT["properties"] = {**INNER["properties"], "text": {"type": "string", "maxLength": 3}}


def test_the_stand_in_checks_the_body_and_answers_by_the_document() -> None:
    schema = operation(body=json_body(STRICT), **{"201": {"description": "made", "content": {"application/json": {
        "schema": INNER, "example": {"text": "made", "count": 1}}}}})  # fmt: skip
    with bench_of(schema) as bench:
        outputs = outcome_of(bench, text="abc")
        assert (outputs["responseCode"], outputs["201"].values) == (201, {"text": "made", "count": 1})
        assert "maxLength" in str(schema)
        for wrong, says in (({"text": "abcd"}, "/text"), ({"count": 1}, "text")):
            fault = outcome_of(bench, **wrong)
            assert "HTTP 400" in fault
            assert says in fault
        bench.runtime.settings.set("validate", False)
        assert outcome_of(bench, text="abcd")["responseCode"] == 201


def test_a_path_with_a_bad_value_and_a_path_that_nobody_knows() -> None:
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 3}}
    made = {"paths": {"/things/{id}": {"post": {"operationId": "doThing", "parameters": [path],
                                               "responses": {"200": {"description": "ok"}}}}}}  # fmt: skip
    with bench_of(made) as bench:
        assert "HTTP 400" in bench.call("doThing", {"id": "7"})
        assert bench.call("doThing", {"id": "777"})["responseCode"] == 200
        assert "HTTP 404" in bench.call("doThing", {"id": ""})


def test_failures_on_demand_are_counted() -> None:
    with bench_of(operation()) as bench:
        bench.runtime.settings.fail(Failure(429, 2))
        bench.runtime.settings.fail(Failure(503, 1, "doThing"))
        outcomes = [bench.call("doThing", {"id": "7"}) for _ in range(4)]
        assert ["HTTP 429" in str(outcomes[0]), "HTTP 429" in str(outcomes[1]), "HTTP 503" in str(outcomes[2])] == [
            True
        ] * 3
        assert outcomes[3]["responseCode"] == 200


def test_a_cut_connection_is_a_fault_and_in_the_log() -> None:
    with bench_of(operation()) as bench:
        bench.runtime.settings.fail(Failure(0, 1))
        assert "got no answer" in bench.call("doThing", {"id": "7"})
        (row,) = bench.sent()
        assert row["status"] is None
        assert "got no answer" in row["problem"]


def test_without_permission_nothing_leaves_for_the_real_host() -> None:
    with bench_of(operation()) as bench:
        bench.org.callouts = ("other.example.com",)
        assert bench.call("doThing", {"id": "7"})["responseCode"] == 200, "the stand-in answered"


# -- the log ----------------------------------------------------------------------------------------------------------------

SECRETS = ['quote"d', "am&p=ersand", "less<than", "per%cent", "ümläut", "x" * 4000, "back\\slash", "white space"]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_nowhere_in_the_log(secret: str) -> None:
    parameters = [{"name": "q", "in": "query", "schema": TEXT}]
    schema = operation(parameters, body=json_body(INNER))
    with bench_of(schema) as bench:
        bench.secret("E", "P", key=secret)
        # The vendor echoes it, the caller sends it along: still it must not be shown.
        arrived(bench, {"text": secret}, q=secret, body={"text": secret})
        shown = json.dumps(bench.sent(), ensure_ascii=False)
        forms = {
            secret,
            urllib.parse.quote(secret, safe=""),
            urllib.parse.quote_plus(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            base64.b64encode(secret.encode()).decode(),
        }
        assert [form for form in forms if form in shown] == []
        assert MASK in shown


def test_what_tells_by_its_name_is_redacted_too() -> None:
    assert redact_url("https://a.example/x?api_key=abc&q=1", ()) == f"https://a.example/x?api_key={MASK}&q=1"
    assert redact_header("X-Api-Key", "abc", ()) == MASK
    assert redact_header("Authorization", "Bearer abc", ()) == f"Bearer {MASK}"
    assert redact_header("Authorization", "{!$Credential.E.key}", ()) == "{!$Credential.E.key}", "no secret: shown"
    body = redact_body(b'{"access_token": "abc", "n": 1}', (("Content-Type", "application/json"),), ())
    assert json.loads(body) == {"access_token": MASK, "n": 1}
    form = redact_body(b"client_secret=abc&n=1", (("Content-Type", "application/x-www-form-urlencoded"),), ())
    assert form == f"client_secret={MASK}&n=1"


@pytest.mark.parametrize(
    "name",
    ["access_token", "idToken", "client_secret", "password", "apiKey", "api-key", "X-Secret", "credentials", "token"],
)
def test_a_property_with_a_telling_name_is_redacted(name: str) -> None:
    body = json.dumps({"a": [{name: 'ab\\"c'}], "page": "next"}).encode()
    assert json.loads(redact_body(body, JSON_HEADERS, ())) == {"a": [{name: MASK}], "page": "next"}
    assert redact_body(b'{"token_type": "Bearer"}', JSON_HEADERS, ()) == '{"token_type": "Bearer"}'


def test_a_parameter_that_is_not_encrypted_is_no_secret() -> None:
    """A client id of `me` must not blot out every `me` of the log."""
    header = parameter("AuthHeader", "X-Client", "{!$Credential.E.id}", sequence=2)
    with CalloutBench(bearer_header(), header, PRINCIPAL) as bench:
        given = {"key": (SECRET, True), "id": ("me", False)}
        bench.state.credentials.write("E", "P", given, replace=True)
        assert isinstance(bench.call("getThing", {"id": "some-meter"}), dict)
        (sent,) = bench.sent()
    assert sent["url"].endswith("/things/some-meter")
    assert sent["headers"]["X-Client"] == "me"
    assert SECRET not in str(sent)


@pytest.mark.parametrize("before", range(19_985, 20_010))
def test_a_secret_at_the_end_of_what_is_shown_stays_whole_hidden(before: int) -> None:
    body = b"x" * before + SECRET.encode() + b"y" * 50
    shown = redact_body(body, (), (SECRET,))
    assert len(shown) <= 20_000
    assert "s3cr3t" not in shown
    named = b'{"' + b"x" * before + b'": 1, "token": "' + b"t" * 30_000 + b'"}'
    assert "tttt" not in redact_body(named, JSON_HEADERS, ())


def test_a_secret_that_is_longer_than_what_is_read_is_hidden() -> None:
    for key in ("key" * 30_000, "\N{GRINNING FACE}" * 9_000):
        shown = redact_body(json.dumps({"page": "x" * 10_000, "value": key}).encode(), JSON_HEADERS, (key,))
        assert shown.endswith(f'"{MASK}"}}')


def test_requests_and_credentials_do_not_tell_in_their_repr() -> None:
    sent = Outgoing("GET", f"https://a.example/?k={SECRET}", (("Authorization", SECRET),), SECRET.encode(), (SECRET,))
    assert SECRET not in repr(sent)
    assert SECRET not in repr(Authority(None, {"key": SECRET}))
