"""Two who work on one org at the same time: no change is lost without a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sfsetup.apply import others
from sfsetup.apply.remote import Remote
from sfsetup.apply.writing import PendingSecrets
from tests.support.commands import sfsetup
from tests.support.foreign_client import ForeignClient
from tests.support.local import RunningOrg, running_org

NAMED = ("NamedCredential", "X8x8_SMS_API")


@pytest.fixture
def local(deployed: RunningOrg) -> RunningOrg:
    """An org to which the integration is deployed."""
    return deployed


@pytest.fixture
def olga(local: RunningOrg, spec: Path) -> Iterator[ForeignClient]:
    """Another administrator of the org; the spec has changed since it was deployed."""
    file = spec / "integration.yaml"
    text = file.read_text().replace("label: 8x8 SMS API", "label: SMS API").replace("label: Send SMS", "label: Send it")
    file.write_text(text)
    client = ForeignClient(
        local.url, local.user_token("olga@acme.example", name="Olga Other", profile="System Administrator")
    )
    yield client
    client.close()


def before(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, act: Callable[[], object]) -> None:
    """Somebody acts just before this step of the deploy, once."""
    original = getattr(owner, name)
    acted: list[object] = []

    def wrapped(self: object, *arguments: object, **more: object) -> object:
        if not acted:
            acted.append(None)
            act()
        return original(self, *arguments, **more)

    monkeypatch.setattr(owner, name, wrapped)


def test_a_deployment_under_way_is_told_and_what_it_loses(local: RunningOrg, spec: Path, olga: ForeignClient) -> None:
    theirs = olga.read(*NAMED).replace("https://sms.8x8.com", "https://sms.8x8.id")
    local.control("POST", "jobs", {"seconds": 30})
    job = olga.begin({NAMED: theirs})
    local.control("POST", "jobs", {"seconds": 0})
    planned = sfsetup("plan", spec, "-o", local.target)
    assert f"Another deployment is under way in this org: {job} by Olga Other" in planned.err
    ended = sfsetup("deploy", spec, "-o", local.target, "--json")
    warnings = [warning for warning in ended.json["warnings"] if job in warning]
    assert "is under way" in warnings[0]
    (concurrent,) = ended.result["concurrent"]
    assert concurrent == {
        "deployId": job,
        "user": "Olga Other",
        "status": "Pending",
        "components": [],
        "effect": "running",
    }
    for command in (("rollback",), ("destroy", spec)):
        assert job in sfsetup(*command, "-o", local.target, "--dry-run").err


def test_a_deployment_that_came_in_between_is_told(
    local: RunningOrg, spec: Path, olga: ForeignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = olga.read(*NAMED).replace("https://sms.8x8.com", "https://sms.8x8.id")
    before(monkeypatch, Remote, "deploy", lambda: olga.deploy({NAMED: theirs}))
    ended = sfsetup("deploy", spec, "-o", local.target, code=5)
    assert (
        "NamedCredential X8x8_SMS_API as it was sent now: what that deployment had changed there is lost" in ended.err
    )
    assert "by Olga Other" in ended.err
    assert "Done, and another deployment touched the same components meanwhile" in ended.err


def test_a_change_since_the_plan_stops_it_before_anything_is_sent(
    local: RunningOrg, spec: Path, olga: ForeignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "FRESH", -1.0)
    edit = ("https://sms.8x8.com", "https://sms.8x8.id")
    before(monkeypatch, others.Others, "check_all", lambda: olga.edit(*NAMED, edit))
    ended = sfsetup("deploy", spec, "-o", local.target, code=2)
    assert "NamedCredential X8x8_SMS_API was changed by Olga Other on 20" in ended.err
    assert "Nothing was sent" in ended.err
    assert "https://sms.8x8.id" in olga.read(*NAMED)
    assert "<label>8x8 SMS API</label>" in olga.read(*NAMED)
    sfsetup("deploy", spec, "-o", local.target)
    assert "<label>SMS API</label>" in olga.read(*NAMED)


def test_nothing_is_found_where_nothing_has_moved(
    local: RunningOrg, spec: Path, olga: ForeignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "FRESH", -1.0)
    ended = sfsetup("deploy", spec, "-o", local.target, "--take-flow", "--json")
    assert ended.result["concurrent"] == []
    assert not [warning for warning in ended.json["warnings"] if "deployment" in warning]


def test_a_flow_edited_between_the_stages_is_not_overwritten(
    local: RunningOrg, spec: Path, olga: ForeignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = ("<label>Send SMS</label>", "<label>By Olga</label>")
    before(monkeypatch, PendingSecrets, "write", lambda: olga.edit("Flow", "Send_SMS", edit))
    ended = sfsetup("deploy", spec, "-o", local.target, "--take-flow", code=1)
    assert "Flow Send_SMS has version 2 now by Olga Other" in ended.err
    assert "<label>By Olga</label>" in olga.read("Flow", "Send_SMS")
    # stage 1 stays, and can be taken back
    assert "sfsetup rollback" in ended.out
    sfsetup("deploy", spec, "-o", local.target, "--take-flow")
    assert "<label>Send it</label>" in olga.read("Flow", "Send_SMS")


def test_a_permission_set_edited_between_the_stages(
    local: RunningOrg, spec: Path, olga: ForeignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = spec / "integration.yaml"
    file.write_text(file.read_text().replace("label: Send it", "restrict: true, label: Send it"))
    edit = ("<label>CPaaS API Access</label>", "<label>Set by Olga</label>")
    before(monkeypatch, PendingSecrets, "write", lambda: olga.edit("PermissionSet", "CPaaS_API_Access", edit))
    ended = sfsetup("deploy", spec, "-o", local.target, "--take-flow", code=1)
    assert "PermissionSet CPaaS_API_Access was changed by Olga Other" in ended.err
    assert "Set by Olga" in olga.read("PermissionSet", "CPaaS_API_Access")


def test_a_restricted_flow_without_a_race(local: RunningOrg, spec: Path, olga: ForeignClient) -> None:
    file = spec / "integration.yaml"
    text = file.read_text().replace("label: Send it", "restrict: true, label: Send it")
    file.write_text(text.replace("label: CPaaS API Access", "label: Another label"))
    sfsetup("deploy", spec, "-o", local.target, "--take-flow")


def test_a_secret_that_somebody_stored_meanwhile_stays(
    local: RunningOrg, spec: Path, olga: ForeignClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    principal = {"externalCredential": "X8x8_CPaaS_Authentication", "principalName": "8x8 API Key Principal"}
    query = {**principal, "principalType": "NamedPrincipal"}
    sfsetup("secret", "clear", spec, "-o", local.target, "--yes")
    body = {
        **query,
        "authenticationProtocol": "Custom",
        "credentials": {"api_key": {"value": "olgas-own-key-01", "encrypted": True}},
    }
    with monkeypatch.context() as patch:
        before(patch, Remote, "store", lambda: olga.rest("POST", "named-credentials/credential", body))
        ended = sfsetup("deploy", spec, "-o", local.target, code=1)
    assert "8x8 API Key Principal / api_key was stored by somebody else since this was planned" in ended.err
    revision = olga.rest("GET", "named-credentials/credential", **query)["credentials"]["api_key"]["revision"]
    sfsetup("deploy", spec, "-o", local.target, "--secrets", "always")
    now = olga.rest("GET", "named-credentials/credential", **query)["credentials"]["api_key"]["revision"]
    assert now == revision + 1


@pytest.mark.parametrize("command", ["rollback", "destroy"])
def test_what_was_answered_with_yes_is_what_is_done(
    local: RunningOrg, spec: Path, olga: ForeignClient, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    from sfsetup.cli import terminal

    sfsetup("deploy", spec, "-o", local.target, "--take-flow")
    words = (command, "-o", local.target) if command == "rollback" else (command, spec, "-o", local.target)
    what, edit = {
        "rollback": (NAMED, ("https://sms.8x8.com", "https://sms.8x8.id")),
        "destroy": (("Flow", "Send_SMS"), ("<label>Send it</label>", "<label>By Olga</label>")),
    }[command]

    def answered(*_arguments: object, **_more: object) -> None:
        olga.edit(*what, edit)

    with monkeypatch.context() as patch:
        patch.setattr(terminal, "confirm", answered)
        refused = sfsetup(*words, code=2)
    assert "Nothing was changed" in refused.err or "nothing was removed" in refused.err
    assert edit[1] in olga.read(*what)
    # what is shown now can be said yes to
    with monkeypatch.context() as patch:
        patch.setattr(terminal, "confirm", lambda *_arguments, **_more: None)
        sfsetup(*words, *(("--allow-destructive",) if command == "destroy" else ()))


def test_a_rollback_leaves_a_version_that_came_after(local: RunningOrg, spec: Path, olga: ForeignClient) -> None:
    sfsetup("deploy", spec, "-o", local.target, "--take-flow")
    olga.edit("Flow", "Send_SMS", ("<label>Send it</label>", "<label>By Olga</label>"))
    ended = sfsetup("rollback", "-o", local.target, "--yes")
    assert "Flow Send_SMS has version 3 by Olga Other, which came after the deploy, and is left as it is" in ended.err
    assert "<label>By Olga</label>" in olga.read("Flow", "Send_SMS")
    sfsetup("rollback", "-o", local.target, "--yes", "--allow-destructive")
    (flow,) = olga.rest("GET", "tooling/query", q="SELECT ActiveVersion.VersionNumber FROM FlowDefinition")["records"]
    assert flow["ActiveVersion"]["VersionNumber"] == 1


def test_what_a_flow_of_others_uses_is_not_taken_from_under_it(spec: Path, key: str) -> None:
    with running_org() as fresh:
        sfsetup("deploy", spec, "-o", fresh.target)
        client = ForeignClient(fresh.url, fresh.token)
        client.edit("Flow", "Send_SMS", ("<label>Send SMS</label>", "<label>Theirs</label>"))
        for words in (("--yes",), ("--dry-run",)):
            refused = sfsetup("rollback", "-o", fresh.target, *words, code=2)
            assert "Flow Send_SMS, which the deploy made, has version 2 by Local Admin" in refused.err
            assert "Nothing was changed" in refused.err
            assert "--allow-destructive" in refused.err
        assert sfsetup("diagnose", spec, "-o", fresh.target, "--json").json["status"] == 0
        sfsetup("rollback", "-o", fresh.target, "--yes", "--allow-destructive")
        assert sfsetup("plan", spec, "-o", fresh.target, "--json").result["steps"][0]["action"] == "create"
        client.close()


@pytest.mark.parametrize(
    ("what", "label", "stays"),
    [
        (("PermissionSet", "CPaaS_API_Access"), "CPaaS API Access", ["ExternalCredential"]),
        (("NamedCredential", "X8x8_SMS_API"), "8x8 SMS API", ["ExternalCredential"]),
        (("ExternalServiceRegistration", "CPaaSSMS"), "CPaaSSMS", ["NamedCredential", "ExternalCredential"]),
    ],
)
def test_what_others_have_changed_keeps_what_it_uses(
    spec: Path, key: str, what: tuple[str, str], label: str, stays: list[str]
) -> None:
    with running_org() as fresh:
        sfsetup("deploy", spec, "-o", fresh.target)
        client = ForeignClient(fresh.url, fresh.token)
        client.edit(*what, (f"<label>{label}</label>", "<label>Theirs</label>"))
        ended = sfsetup("rollback", "-o", fresh.target, "--yes", "--json")
        client.close()
    assert [step["action"] for step in ended.result["steps"] if step["type"] in stays] == []
    assert {step["status"] for step in ended.result["steps"]} == {"done"}
    changed, *used = ended.result["kept"]
    assert f"{what[0]} {what[1]} was changed by Local Admin" in changed
    assert [text.split()[0] for text in used] == stays
    assert f"because {what[0]} {what[1]} may use it" in used[0]
