"""The main job over the command line: deploy, verify, again; with a vendor of the tests' own and with the stand-in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.local import RunningOrg, running_org
from tests.support.vendor import OwnVendor

VARIABLE = "EIGHT_BY_EIGHT_API_KEY"


def edit(spec: Path, *changes: tuple[str, str]) -> None:
    """Replaces texts in integration.yaml."""
    file = spec / "integration.yaml"
    text = file.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)


def test_what_is_deployed_runs_and_a_second_deploy_sends_nothing(local: RunningOrg, spec: Path, key: str) -> None:
    first = sfsetup("deploy", spec, "-o", local.target, "--json").result
    assert [(stage["name"], stage["status"]) for stage in first["stages"]] == [
        ("metadata", "done"),
        ("secret", "done"),
        ("flow", "done"),
        ("assign", "done"),
    ]
    created = {(row["type"], row["fullName"]) for stage in first["stages"] for row in stage["components"]}
    assert created == {
        ("ExternalCredential", "X8x8_CPaaS_Authentication"),
        ("NamedCredential", "X8x8_SMS_API"),
        ("ExternalServiceRegistration", "CPaaSSMS"),
        ("PermissionSet", "CPaaS_API_Access"),
        ("Flow", "Send_SMS"),
    }
    assert first["secrets"] == [
        {"principal": "8x8 API Key Principal", "parameter": "api_key", "action": "written", "revision": 1, "note": None}
    ]
    assert first["flow"] == {"activeVersion": 1, "latestVersion": 1}
    assert first["operations"][0]["source"] == "org"

    verified = sfsetup("verify", spec, "-o", local.target, "--json").result
    assert verified["ok"] is True
    assert verified["flow"] == {"fullName": "Send_SMS", "version": 1, "runAs": f"admin@{local.name}.sfsetup.local"}
    assert verified["outputs"]["responseCode"] == 200
    (request,) = verified["requests"]
    assert (request["method"], request["status"]) == ("POST", 200)
    assert request["url"] == "https://sms.8x8.com/api/v1/subaccounts/my-subaccount/messages"
    assert request["headers"]["Authorization"].startswith("Bearer ")
    assert key not in json.dumps(verified)

    plan = sfsetup("plan", spec, "-o", local.target, "--json", "--exit-code").result
    assert (plan["steps"], plan["kept"], plan["unknown"]) == ([], [], [])

    second = sfsetup("deploy", spec, "-o", local.target, "--json").json
    assert [(s["name"], s["status"]) for s in second["result"]["stages"]] == [
        ("metadata", "unchanged"),
        ("secret", "unchanged"),
        ("flow", "unchanged"),
        ("assign", "unchanged"),
    ]
    assert second["result"]["flow"] == {"activeVersion": 1, "latestVersion": 1}
    assert second["result"]["secrets"][0]["action"] == "present"
    assert any("not comparable" in warning for warning in second["warnings"])


def test_a_vendor_outside_of_sfsetup_gets_the_request(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "S3cret/+=&<'\"%41 key"
    monkeypatch.setenv(VARIABLE, secret)
    answer = {"umid": "u-1", "destination": "+12025550123", "status": {"code": "QUEUED", "description": "ok"}}
    with OwnVendor(answer) as vendor, running_org() as org:
        sfsetup("deploy", spec, "-o", org.target)
        allow = ("--callouts", "allow", vendor.address)
        verified = sfsetup("verify", spec, "-o", org.target, *allow, "--json").result
        assert verified["ok"] is True
        assert verified["outputs"]["result_umid"] == "u-1"
        (received,) = vendor.received
        assert received.method == "POST"
        assert received.path == "/api/v1/subaccounts/my-subaccount/messages"
        assert received.header("Host") == b"sms.8x8.com"
        assert received.header("Authorization") == f"Bearer {secret}".encode()
        assert json.loads(received.body) == {
            "destination": "+12025550123",
            "source": "8x8",
            "text": "This is an SMS message.",
        }
        # the permission was for one command
        sfsetup("verify", spec, "-o", org.target)
        assert len(vendor.received) == 1


def test_a_wrong_key_is_seen_named_and_mended(local: RunningOrg, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local.control("POST", "vendor", {"accept": "the-right-key-0001"})
    monkeypatch.setenv(VARIABLE, "the-wrong-key-0001")
    sfsetup("deploy", spec, "-o", local.target)
    failed = sfsetup("verify", spec, "-o", local.target, code=1)
    assert "401" in failed.out
    assert "--secrets always" in failed.err
    as_json = sfsetup("verify", spec, "-o", local.target, "--json", code=1).json
    assert as_json["result"]["requests"][0]["status"] == 401
    assert as_json["name"] == "VerifyFailed"

    monkeypatch.setenv(VARIABLE, "the-right-key-0001")
    doubt = sfsetup("deploy", spec, "-o", local.target)
    assert "not comparable" in doubt.err
    assert "--secrets always" in doubt.err
    sfsetup("verify", spec, "-o", local.target, code=1)
    monkeypatch.setenv(VARIABLE, "the-right-key-0001")
    mended = sfsetup("deploy", spec, "-o", local.target, "--secrets", "always", "--json").result
    assert mended["secrets"][0]["action"] == "written"
    assert mended["secrets"][0]["revision"] == 2
    sfsetup("verify", spec, "-o", local.target)


def test_an_absent_variable_stops_before_anything_was_sent(
    local: RunningOrg, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    ended = sfsetup("deploy", spec, "-o", local.target, code=2)
    assert VARIABLE in ended.err
    plan = sfsetup("plan", spec, "-o", local.target, "--json").result
    assert {step["action"] for step in plan["steps"] if step["stage"] == "metadata"} == {"create"}
    # what needs no secret asks for none
    sfsetup("deploy", spec, "-o", local.target, "--dry-run")
    sfsetup("deploy", spec, "-o", local.target, "--only", "metadata")


def test_demo_shows_the_request_and_the_outputs() -> None:
    ended = sfsetup("demo")
    assert "POST /api/v1/subaccounts/my-subaccount/messages" in ended.out
    assert "Authorization: Bearer ****" in ended.out
    assert '"destination": "+12025550123"' in ended.out
    assert ended.out.rstrip().splitlines()[-1].split()[0] == "result_umid"
    for word in ("Stage 1", "Secrets", "Stage 2", "Assignment"):
        assert word in ended.err
