"""What others made in the org survives a deploy, and is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.foreign_client import ForeignClient
from tests.support.local import RunningOrg


@pytest.fixture
def local(deployed: RunningOrg) -> RunningOrg:
    """An org to which the integration is deployed."""
    return deployed


@pytest.fixture
def other(local: RunningOrg) -> Iterator[ForeignClient]:
    """Another client of the org, as a user of its own."""
    token = local.user_token("olga@acme.example", name="Olga Other", profile="System Administrator")
    client = ForeignClient(local.url, token)
    yield client
    client.close()


def plan(local: RunningOrg, spec: Path, *words: str) -> dict:  # type: ignore[type-arg]
    result: dict = sfsetup("plan", spec, "-o", local.target, "--json", *words).result  # type: ignore[type-arg]
    return result


def test_an_edited_flow_survives_and_is_named_with_editor_and_date(
    local: RunningOrg, spec: Path, other: ForeignClient
) -> None:
    before = other.read("Flow", "Send_SMS")
    other.edit("Flow", "Send_SMS", ("<label>Send SMS</label>", "<label>Send SMS by Olga</label>"))
    planned = plan(local, spec)
    assert planned["steps"] == []
    (kept,) = planned["kept"]
    assert (kept["type"], kept["fullName"], kept["lastModifiedBy"]) == ("Flow", "Send_SMS", "Olga Other")
    assert kept["lastModifiedDate"][:2] == "20"
    assert kept["changes"] == [{"path": "label", "from": "Send SMS by Olga", "to": "Send SMS"}]
    sfsetup("plan", spec, "-o", local.target, "--exit-code", code=3)

    ended = sfsetup("deploy", spec, "-o", local.target)
    assert "Olga Other" in ended.err
    assert kept["lastModifiedDate"] in ended.err
    assert "Send SMS by Olga" in other.read("Flow", "Send_SMS")
    # the edit made version 2, which is the latest; nothing of ours made a third
    result = sfsetup("deploy", spec, "-o", local.target, "--json").result
    assert result["flow"]["latestVersion"] == 2

    taken = sfsetup("deploy", spec, "-o", local.target, "--take-flow", "--json").result
    assert taken["flow"] == {"activeVersion": 3, "latestVersion": 3}
    assert "<label>Send SMS</label>" in other.read("Flow", "Send_SMS")
    assert "by Olga" not in other.read("Flow", "Send_SMS")
    assert before.count("<label>") == other.read("Flow", "Send_SMS").count("<label>")


def test_an_extra_principal_keeps_its_place_and_its_secret(local: RunningOrg, spec: Path, other: ForeignClient) -> None:
    extra = (
        "<externalCredentialParameters><parameterGroup>Support</parameterGroup>"
        "<parameterName>Support</parameterName><parameterType>NamedPrincipal</parameterType>"
        "<sequenceNumber>2</sequenceNumber></externalCredentialParameters><label>"
    )
    other.edit("ExternalCredential", "X8x8_CPaaS_Authentication", ("<label>", extra))
    body = {
        "externalCredential": "X8x8_CPaaS_Authentication",
        "principalName": "Support",
        "principalType": "NamedPrincipal",
        "authenticationProtocol": "Custom",
        "credentials": {"api_key": {"value": "their own", "encrypted": True}},
    }
    other.rest("POST", "named-credentials/credential", body)
    edit(spec, ("label: 8x8 CPaaS Authentication", "label: 8x8 CPaaS Login"))
    (step,) = plan(local, spec)["steps"]
    assert [(change["path"], change["to"]) for change in step["changes"]] == [("label", "8x8 CPaaS Login")]
    assert step["destructive"] is False
    sfsetup("deploy", spec, "-o", local.target)
    assert "<parameterName>Support</parameterName>" in other.read("ExternalCredential", "X8x8_CPaaS_Authentication")
    found = other.rest(
        "GET",
        "named-credentials/credential",
        externalCredential="X8x8_CPaaS_Authentication",
        principalName="Support",
        principalType="NamedPrincipal",
    )
    assert found["credentials"]["api_key"]["revision"] == 1
    assert plan(local, spec)["steps"] == []


def test_foreign_grants_in_the_permission_set_survive(local: RunningOrg, spec: Path, other: ForeignClient) -> None:
    grant = (
        "<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit>"
        "<allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>Account</object>"
        "<viewAllRecords>false</viewAllRecords></objectPermissions><objectPermissions>"
    )
    other.edit("PermissionSet", "CPaaS_API_Access", ("<objectPermissions>", grant))
    edit(spec, ("label: CPaaS API Access", "label: CPaaS Access"))
    sfsetup("deploy", spec, "-o", local.target)
    now = other.read("PermissionSet", "CPaaS_API_Access")
    assert "<object>Account</object>" in now
    assert "<label>CPaaS Access</label>" in now
    planned = plan(local, spec)
    assert planned["steps"] == []
    assert [kept["type"] for kept in planned["kept"]] == ["PermissionSet"]


def test_an_operation_switched_off_stays_off(local: RunningOrg, spec: Path, other: ForeignClient) -> None:
    off = "<operations>\n        <active>true</active>\n        <name>sendx2dmanyx2dsms</name>"
    other.edit("ExternalServiceRegistration", "CPaaSSMS", (off, off.replace("true", "false")))
    edit(spec, ("service: {name: CPaaSSMS}", "service: {name: CPaaSSMS, label: CPaaS SMS}"))
    sfsetup("deploy", spec, "-o", local.target)
    now = other.read("ExternalServiceRegistration", "CPaaSSMS")
    assert "<label>CPaaS SMS</label>" in now
    assert off.replace("true", "false") in now
    assert plan(local, spec)["steps"] == []


def test_drift_is_shown_element_by_element_and_mended(local: RunningOrg, spec: Path, other: ForeignClient) -> None:
    other.edit("NamedCredential", "X8x8_SMS_API", ("https://sms.8x8.com", "https://evil.example"))
    (step,) = plan(local, spec)["steps"]
    assert (step["type"], step["action"]) == ("NamedCredential", "update")
    assert step["changes"] == [
        {
            "path": "namedCredentialParameters[Url].parameterValue",
            "from": "https://evil.example",
            "to": "https://sms.8x8.com",
        }
    ]
    assert "Olga Other" in step["note"]
    result = sfsetup("deploy", spec, "-o", local.target, "--json").result
    changed = [row["type"] for stage in result["stages"] for row in stage["components"] if row["changed"]]
    assert changed == ["NamedCredential"]
    assert "https://sms.8x8.com" in other.read("NamedCredential", "X8x8_SMS_API")


def test_removals_need_permission(local: RunningOrg, spec: Path, other: ForeignClient) -> None:
    header = (
        "<externalCredentialParameters><parameterGroup>DefaultGroup</parameterGroup><parameterName>X-Team</parameterName>"
        "<parameterType>AuthHeader</parameterType><parameterValue>sms</parameterValue>"
        "<sequenceNumber>2</sequenceNumber></externalCredentialParameters><label>"
    )
    other.edit("ExternalCredential", "X8x8_CPaaS_Authentication", ("<label>", header))
    (step,) = plan(local, spec)["steps"]
    assert step["destructive"] is True
    refused = sfsetup("deploy", spec, "-o", local.target, code=2)
    assert "X-Team" in refused.err
    assert "--allow-destructive" in refused.err
    assert "X-Team" in other.read("ExternalCredential", "X8x8_CPaaS_Authentication")
    sfsetup("deploy", spec, "-o", local.target, "--allow-destructive")
    assert "X-Team" not in other.read("ExternalCredential", "X8x8_CPaaS_Authentication")
    assert plan(local, spec)["steps"] == []


def edit(spec: Path, *changes: tuple[str, str]) -> None:
    file = spec / "integration.yaml"
    text = file.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)
