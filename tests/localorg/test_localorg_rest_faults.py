"""Bad days on demand: each fault does what its row says, as often as it was told, to the requests it was told."""

from __future__ import annotations

import http.client
from typing import Any

import pytest
import requests

from sfsetup.errors import UsageError
from sfsetup.localorg import control
from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.faults import FAULTS
from sfsetup.localorg.state import State
from tests.support.rest_client import Client

SOAP = (
    '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns="http://soap.sforce.com/2006/04/metadata"><soapenv:Header><SessionHeader><sessionId>{token}</sessionId>'
    "</SessionHeader></soapenv:Header><soapenv:Body><describeMetadata><asOfVersion>66.0</asOfVersion>"
    "</describeMetadata></soapenv:Body></soapenv:Envelope>"
)


def arm(server: Embedded, name: str, **more: Any) -> None:
    control.run(server.org, "faults", "POST", {"name": name, **more})


def soap(server: Embedded) -> requests.Response:
    return requests.post(
        f"{server.url}/services/Soap/m/66.0",
        data=SOAP.format(token=server.token),
        headers={"Content-Type": "text/xml", "SOAPAction": '""'},
        timeout=60,
    )


REFUSALS = {
    "expired-session": (401, "INVALID_SESSION_ID"),
    "unavailable": (503, "SERVER_UNAVAILABLE"),
    "row-lock": (400, "UNABLE_TO_LOCK_ROW"),
    "request-limit": (403, "REQUEST_LIMIT_EXCEEDED"),
    "missing-right": (403, "INSUFFICIENT_ACCESS"),
    "server-error": (500, "UNKNOWN_EXCEPTION"),
}


@pytest.mark.parametrize(("name", "verdict"), REFUSALS.items(), ids=REFUSALS)
def test_refusals_strike_once_and_are_spent(
    server: Embedded, rest: Client, name: str, verdict: tuple[int, str]
) -> None:
    arm(server, name)
    assert rest("GET", "/limits").verdict == verdict
    assert rest("GET", "/limits").status == 200


@pytest.mark.parametrize("name", [name for name in REFUSALS if name != "unavailable"])
def test_refusals_are_faults_on_the_soap_side(server: Embedded, name: str) -> None:
    arm(server, name)
    answer = soap(server)
    assert answer.status_code == 500
    assert f"<faultcode>sf:{REFUSALS[name][1]}</faultcode>" in answer.text
    assert soap(server).status_code == 200


def test_maintenance_is_a_page_for_people(server: Embedded) -> None:
    arm(server, "maintenance")
    answer = requests.get(f"{server.url}/services/data", timeout=60)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html;charset=UTF-8")
    assert "maintenance" in answer.text


CUTS = {"cut-unsent": 0, "cut-before": 0, "cut-after": 1, "cut-short": 1}


@pytest.mark.parametrize(("name", "done"), CUTS.items(), ids=CUTS)
def test_cut_connections_before_and_after_the_work(
    server: Embedded, state: State, rest: Client, name: str, done: int
) -> None:
    holder = state.permissions.put("PS", label="PS")
    body = {"AssigneeId": state.admin_id, "PermissionSetId": holder.id}
    arm(server, name, match="POST")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        rest("POST", "/sobjects/PermissionSetAssignment", body)
    assert len([a for a in state.permissions.assignments() if a.permission_set_id == holder.id]) == done
    assert rest("GET", "/limits").status == 200


def test_a_request_is_cut_while_it_is_on_its_way(server: Embedded) -> None:
    """The org ends the connection having read the head alone: the client gets no answer to wait for."""
    arm(server, "cut-unsent", match="POST /services/Soap", skip=1)
    assert soap(server).status_code == 200
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=60)
    connection.putrequest("POST", "/services/Soap/m/66.0")
    connection.putheader("Content-Type", "text/xml")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()
    assert soap(server).status_code == 200


@pytest.mark.parametrize("name", ["cut-unsent", "cut-before", "cut-after", "cut-short"])
def test_a_cut_is_told_in_the_log_as_what_it_is(
    server: Embedded, rest: Client, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    arm(server, name)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        rest("GET", "/limits")
    assert rest("GET", "/limits").status == 200
    assert [record.getMessage() for record in caplog.records] == [
        f"fault on demand: {name} strikes GET /services/data/v66.0/limits"
    ]


def test_a_path_writes_no_lines_of_its_own_into_the_log(
    server: Embedded, rest: Client, caplog: pytest.LogCaptureFixture
) -> None:
    arm(server, "unavailable")
    assert rest("GET", "/a%0Aunexpected%1B[31m").status == 503
    (said,) = [record.getMessage() for record in caplog.records]
    assert said == "fault on demand: unavailable strikes GET /services/data/v66.0/a unexpected [31m"


def test_half_an_answer_arrives(server: Embedded) -> None:
    arm(server, "cut-short")
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=60)
    connection.request("GET", "/services/data")
    answer = connection.getresponse()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)) as caught:
        answer.read()
    if isinstance(caught.value, http.client.IncompleteRead):
        assert caught.value.partial
    connection.close()


def test_slow_waits_and_then_answers(server: Embedded, rest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfsetup.localorg import faults

    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(faults, "asyncio", type("Asyncio", (), {"sleep": staticmethod(sleep)}))
    arm(server, "slow", seconds=7)
    assert rest("GET", "/limits").status == 200
    assert waited == [7.0]


def test_a_deploy_is_cancelled_by_somebody_else(server: Embedded, state: State, rest: Client) -> None:
    import json

    state.settings.set("job_seconds", 30)
    arm(server, "cancelled", match="deployRequest")
    sent = requests.post(
        f"{server.url}/services/data/v66.0/metadata/deployRequest",
        headers={"Authorization": f"Bearer {server.token}"},
        files={
            "file": ("package.xml", b"PK\x05\x06" + b"\x00" * 18, "application/zip"),
            "entity_content": (None, json.dumps({"deployOptions": {}}), "application/json"),
        },
        timeout=60,
    )
    assert sent.status_code == 201, sent.text
    state.clock.advance(60)
    found = rest("GET", f"/metadata/deployRequest/{sent.json()['id']}").json["deployResult"]
    assert found["status"] == "Canceled"
    assert found["canceledBy"] != state.admin_id


def test_a_fault_strikes_what_it_names_after_what_it_lets_pass_as_often_as_told(server: Embedded, rest: Client) -> None:
    arm(server, "server-error", match="/query", times=2, skip=1)
    paths = ("/limits", "/query", "/limits", "/query", "/query", "/query")
    statuses = [rest("GET", path, q="SELECT Id FROM User").status for path in paths]
    assert statuses == [200, 200, 200, 500, 500, 200]


def test_a_fault_can_name_something_in_the_body(server: Embedded, rest: Client) -> None:
    arm(server, "row-lock", match="AssigneeId")
    assert rest("POST", "/sobjects/SetupEntityAccess", {"x": 1}).code == "INVALID_FIELD"
    assert rest("POST", "/sobjects/PermissionSetAssignment", {"AssigneeId": "x"}).code == "UNABLE_TO_LOCK_ROW"


def test_the_control_routes_are_never_struck(server: Embedded, rest: Client) -> None:
    arm(server, "server-error", times=99)
    answer = rest("GET", "//sfsetup/control/faults")
    assert answer.json["armed"][0]["times"] == 99
    assert list(answer.json["known"]) == list(FAULTS)
    assert rest("DELETE", "//sfsetup/control/faults").json["armed"] == []
    assert rest("GET", "/limits").status == 200


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        ("faults", {"name": "earthquake"}),
        ("faults", {"name": "slow", "times": "often"}),
        ("faults", []),
        ("switches", {"nonsense": True}),
        ("switches", {"soap-login": "off"}),
        ("clock", {"advance": "soon"}),
        ("clock", {}),
        ("clock", {"advance": 1e11}),
        ("clock", {"advance": -1e11}),
        ("clock", {"advance": 10**400}),
        ("jobs", {"seconds": 1e13}),
        ("jobs", {"seconds": None}),
        ("users", {"username": "x"}),
        ("users", {"username": "a@b.c", "permissions": "ApiEnabled"}),
        ("users", {"username": "a@b.c", "colour": "red"}),
        ("tokens", {"kind": "golden"}),
        ("tokens", {"username": "nobody@example.com"}),
        ("apps", {}),
        ("apps", {"clientId": "a", "runAs": "nobody@example.com"}),
        ("vendor", []),
        ("vendor", {"fail": 5}),
        ("vendor", {"fail": ["429"]}),
        ("vendor", {"fail": [{"status": "429"}]}),
        ("vendor", {"fail": [{"status": False}]}),
        ("vendor", {"fail": [{"status": 429, "times": True}]}),
        ("vendor", {"latency": True}),
        ("vendor", {"accept": ""}),
        ("callouts", {"allow": 5}),
        ("apps", {"clientId": "a", "users": 5}),
        ("nonsense", None),
    ],
)
def test_the_control_routes_refuse_nonsense(server: Embedded, rest: Client, topic: str, value: Any) -> None:
    answer = rest("POST", f"//sfsetup/control/{topic}", value)
    assert answer.verdict == (400, "INVALID_INPUT"), answer
    with pytest.raises(UsageError):
        control.run(server.org, topic, "POST", value)


def test_the_control_routes_are_the_administrators_alone(server: Embedded, rest: Client) -> None:
    user = rest.of("u@example.com", "ApiEnabled", "ModifyAllData", "CustomizeApplication")
    assert user("GET", "//sfsetup/control/users").status == 403
    assert Client(server, "")("GET", "//sfsetup/control/users").status == 401
    ready = requests.get(f"{server.url}/sfsetup/ready", timeout=60)
    assert (ready.status_code, ready.text) == (200, server.org.mark)


def test_a_page_of_another_site_cannot_reach_the_org(server: Embedded) -> None:
    for host in ("evil.example.com", "evil.example.com:80", "127.0.0.1.evil.example.com"):
        answer = requests.get(f"{server.url}/services/data", headers={"Host": host}, timeout=60)
        assert answer.status_code == 421, host
    for host in ("localhost", "127.0.0.1:1"):
        assert requests.get(f"{server.url}/services/data", headers={"Host": host}, timeout=60).status_code == 200
