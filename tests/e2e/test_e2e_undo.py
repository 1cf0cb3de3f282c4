"""Taking back and taking away: rollback, destroy, secrets by themselves, jobs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.foreign_client import ForeignClient
from tests.support.local import RunningOrg

VARIABLE = "EIGHT_BY_EIGHT_API_KEY"
FIVE = (
    ("ExternalCredential", "X8x8_CPaaS_Authentication"),
    ("NamedCredential", "X8x8_SMS_API"),
    ("ExternalServiceRegistration", "CPaaSSMS"),
    ("PermissionSet", "CPaaS_API_Access"),
    ("Flow", "Send_SMS"),
)


@pytest.fixture
def client(local: RunningOrg) -> Iterator[ForeignClient]:
    found = ForeignClient(local.url, local.token)
    yield found
    found.close()


def there(local: RunningOrg) -> set[tuple[str, str]]:
    """Which of the five components the org has."""
    state = local.server.org.state
    return {(kind, name) for kind, name in FIVE if state.components.get(kind, name) is not None}


def edit(spec: Path, *changes: tuple[str, str]) -> None:
    file = spec / "integration.yaml"
    text = file.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)


# rollback


def test_a_first_deploy_is_taken_back_whole(local: RunningOrg, spec: Path, key: str) -> None:
    name = sfsetup("deploy", spec, "-o", local.target, "--json").result["backup"]
    assert there(local) == set(FIVE)
    assert sfsetup("rollback", "-o", local.target, "--list", "--json").result == {"backups": [name]}
    dry = sfsetup("rollback", "-o", local.target, "--dry-run", "--json").result
    assert {step["status"] for step in dry["steps"]} == {"planned"}
    assert there(local) == set(FIVE)
    result = sfsetup("rollback", name, "-o", local.target, "--yes", "--json").result
    assert {step["status"] for step in result["steps"]} == {"done"}
    assert there(local) == set()
    assert sfsetup("rollback", "-o", local.target, "--yes", "--json").result["steps"] == []
    sfsetup("deploy", spec, "-o", local.target)
    sfsetup("verify", spec, "-o", local.target)


def test_an_update_is_taken_back_to_what_was_there(
    local: RunningOrg, spec: Path, key: str, client: ForeignClient
) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    before = {kind: client.read(kind, name) for kind, name in FIVE if kind != "Flow"}
    edit(spec, ("https://sms.8x8.com", "https://sms.8x8.uk"), ("label: CPaaS API Access", "label: Others"))
    edit(spec, ("flow: {name: Send_SMS, label: Send SMS", "flow: {name: Send_SMS, label: Send an SMS"))
    sfsetup("deploy", spec, "-o", local.target, "--take-flow")
    assert "sms.8x8.uk" in client.read("NamedCredential", "X8x8_SMS_API")
    ended = sfsetup("rollback", "-o", local.target, "--yes")
    assert "Version 2 of flow Send_SMS stays in the org" in ended.err
    for kind, name in FIVE:
        if kind != "Flow":
            assert client.read(kind, name) == before[kind]
    versions = client.rest("GET", "tooling/query", q="SELECT ActiveVersion.VersionNumber FROM FlowDefinition")[
        "records"
    ]
    assert versions[0]["ActiveVersion"]["VersionNumber"] == 1


def test_what_others_changed_since_is_left_and_named(
    local: RunningOrg, spec: Path, key: str, client: ForeignClient
) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    edit(spec, ("label: 8x8 SMS API", "label: SMS API"), ("label: CPaaS API Access", "label: Others"))
    sfsetup("deploy", spec, "-o", local.target)
    client.edit("NamedCredential", "X8x8_SMS_API", ("https://sms.8x8.com", "https://sms.8x8.id"))
    ended = sfsetup("rollback", "-o", local.target, "--yes")
    assert "NamedCredential X8x8_SMS_API was changed by" in ended.err
    now = client.read("NamedCredential", "X8x8_SMS_API")
    assert "sms.8x8.id" in now
    assert "<label>SMS API</label>" in now
    assert "<label>CPaaS API Access</label>" in client.read("PermissionSet", "CPaaS_API_Access")
    sfsetup("rollback", "-o", local.target, "--yes", "--allow-destructive")
    assert "sms.8x8.com" in client.read("NamedCredential", "X8x8_SMS_API")


def test_a_deploy_that_changed_nothing_is_not_the_one_to_go_back_to(local: RunningOrg, spec: Path, key: str) -> None:
    refused = sfsetup("deploy", spec, "-o", local.target, "--only", "assign", code=1)
    assert "Taken back by" not in refused.out
    assert sfsetup("rollback", "-o", local.target, "--list", "--json").result["backups"] == []
    sfsetup("deploy", spec, "-o", local.target)
    kept = sfsetup("rollback", "-o", local.target, "--list", "--json").result["backups"]
    assert len(kept) == 1
    file = spec / "integration.yaml"
    file.write_text(file.read_text().replace("label: CPaaS API Access", "label: Another label"))
    too_new = ("--test-level", "RunRelevantTests", "--api-version", "60.0")
    assert "not valid in version 60.0" in sfsetup("deploy", spec, "-o", local.target, *too_new, code=1).err
    assert sfsetup("rollback", "-o", local.target, "--list", "--json").result["backups"] == kept


def test_there_is_nothing_to_go_back_to(local: RunningOrg) -> None:
    assert "no backup" in sfsetup("rollback", "-o", local.target, "--yes", code=2).err
    assert "no backup '../x'" in sfsetup("rollback", "../x", "-o", local.target, "--yes", code=2).err


def test_nothing_is_changed_without_an_answer(local: RunningOrg, spec: Path, key: str) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    assert "--yes" in sfsetup("rollback", "-o", local.target, code=2).err
    assert "--yes" in sfsetup("destroy", spec, "-o", local.target, code=2).err
    assert "--yes" in sfsetup("secret", "clear", spec, "-o", local.target, code=2).err
    assert there(local) == set(FIVE)


# destroy


def test_destroy_removes_it_all_in_order(local: RunningOrg, spec: Path, key: str) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    dry = sfsetup("destroy", spec, "-o", local.target, "--dry-run", "--json").result
    order = [(step["action"], step["type"]) for step in dry["steps"]]
    assert order == [
        ("update", "Flow"),
        ("delete", "Flow"),
        ("delete", "PermissionSet"),
        ("delete", "PermissionSet"),
        ("delete", "ExternalServiceRegistration"),
        ("delete", "NamedCredential"),
        ("delete", "ExternalCredential"),
    ]
    assert there(local) == set(FIVE)
    sfsetup("destroy", spec, "-o", local.target, "--yes")
    assert there(local) == set()
    again = sfsetup("destroy", spec, "-o", local.target, "--yes")
    assert "nothing to do" in again.out


def test_destroy_holds_back_what_others_put_there(
    local: RunningOrg, spec: Path, key: str, client: ForeignClient
) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    client.edit("Flow", "Send_SMS", ("<label>Send SMS</label>", "<label>Mine</label>"))
    refused = sfsetup("destroy", spec, "-o", local.target, "--yes", code=2)
    assert "Flow Send_SMS: changed in the org" in refused.err
    assert there(local) == set(FIVE)
    sfsetup("destroy", spec, "-o", local.target, "--yes", "--allow-destructive")
    assert there(local) == set()


def test_destroy_stops_where_the_org_says_no_and_goes_on_later(
    local: RunningOrg, spec: Path, key: str, client: ForeignClient
) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    flow = client.read("Flow", "Send_SMS")
    client.write("Flow", "Another_Flow", flow.replace("<label>Send SMS</label>", "<label>Another</label>"))
    ended = sfsetup("destroy", spec, "-o", local.target, "--yes", code=1)
    assert "Another_Flow" in ended.err
    assert ("ExternalServiceRegistration", "CPaaSSMS") in there(local)
    assert ("Flow", "Send_SMS") not in there(local)
    assert ended.out.count("✗") == 1


# secrets by themselves


def test_secrets_are_set_rotated_shown_and_cleared(
    local: RunningOrg, spec: Path, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    rotated = tmp_path / "key.txt"
    rotated.write_text("the-rotated-key-01\n")
    rotated.chmod(0o600)
    local.control("POST", "vendor", {"accept": "the-rotated-key-01"})
    sfsetup("verify", spec, "-o", local.target, code=1)
    result = sfsetup("secret", "set", spec, "-o", local.target, "--from", f"file:{rotated}", "--json").result
    assert [(row["action"], row["revision"]) for row in result["secrets"]] == [("written", 2)]
    sfsetup("verify", spec, "-o", local.target)

    monkeypatch.setattr("sys.stdin", _Piped("the-piped-key-0001"))
    sfsetup("secret", "set", spec, "-o", local.target, "--from", "stdin")
    sfsetup("verify", spec, "-o", local.target, code=1)

    status = sfsetup("secret", "status", spec, "-o", local.target)
    assert "present" in status.out
    sfsetup("secret", "clear", spec, "-o", local.target, "--yes")
    assert "missing" in sfsetup("secret", "status", spec, "-o", local.target).out
    sfsetup("secret", "status", spec, "-o", local.target, "--exit-code", code=3)
    failed = sfsetup("verify", spec, "-o", local.target, code=1)
    assert failed.err.strip()


class _Piped(io.StringIO):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.buffer = io.BytesIO(text.encode())

    def isatty(self) -> bool:
        return False


def test_a_secret_is_never_taken_from_the_command_line(local: RunningOrg, spec: Path, key: str) -> None:
    ended = sfsetup("secret", "set", spec, "-o", local.target, "--from", "sk-live-0123456789", code=2)
    assert "sk-live-0123456789" not in ended.text
    assert "stdin" in ended.err
    positional = sfsetup("secret", "set", spec, "value-on-argv", "-o", local.target, code=2)
    assert positional.code == 2


def test_wrong_names_are_told(local: RunningOrg, spec: Path, key: str) -> None:
    words = ("secret", "set", spec, "-o", local.target)
    assert "8x8 API Key Principal" in sfsetup(*words, "--principal", "Nobody", code=2).err
    assert "api_key" in sfsetup(*words, "--parameter", "apikey", code=2).err
    absent = sfsetup(*words, code=1)
    assert "sfsetup deploy" in absent.err


# jobs


def test_jobs_are_reported_resumed_and_canceled(local: RunningOrg, spec: Path, key: str) -> None:
    deployed = sfsetup("deploy", spec, "-o", local.target, "--json").result
    job = deployed["stages"][0]["deployId"]
    report = sfsetup("job", "report", job, "-o", local.target, "--json").result
    assert (report["id"], report["status"], report["numberComponentsTotal"]) == (job, "Succeeded", 4)
    assert {row["type"] for row in report["components"]} == {kind for kind, _ in FIVE if kind != "Flow"}
    latest = sfsetup("job", "report", "-o", local.target, "--json").result
    assert latest["id"] == deployed["stages"][2]["deployId"]
    assert sfsetup("job", "resume", "-o", local.target, "--json").result["id"] == latest["id"]
    assert "not the id" in sfsetup("job", "report", "09S000000000001", "-o", local.target, code=2).err


def test_a_job_is_canceled_while_it_runs_and_not_afterwards(
    local: RunningOrg, spec: Path, key: str, client: ForeignClient
) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    late = sfsetup("job", "cancel", "-o", local.target, code=1)
    assert "was not canceled: it ended as Succeeded" in late.err
    named = client.read("NamedCredential", "X8x8_SMS_API").replace("https://sms.8x8.com", "https://sms.8x8.id")
    local.control("POST", "jobs", {"seconds": 60})
    job = client.begin({("NamedCredential", "X8x8_SMS_API"): named})
    canceled = sfsetup("job", "cancel", job, "-o", local.target, "--json").result
    assert (canceled["id"], canceled["status"]) == (job, "Canceled")
    local.control("POST", "jobs", {"seconds": 0})
    assert "https://sms.8x8.com" in client.read("NamedCredential", "X8x8_SMS_API")


def test_a_deploy_that_takes_too_long_goes_on_and_is_resumed(local: RunningOrg, spec: Path, key: str) -> None:
    local.control("POST", "jobs", {"seconds": 0.4})
    late = sfsetup("deploy", spec, "-o", local.target, "--wait", "0.001", "--only", "metadata", code=4)
    assert "goes on in the org" in late.err
    assert "sfsetup job resume 0Af" in late.err
    resumed = sfsetup("job", "resume", "-o", local.target, "--json").result
    assert resumed["status"] == "Succeeded"
    local.control("POST", "jobs", {"seconds": 0})
    sfsetup("deploy", spec, "-o", local.target)
    assert there(local) == set(FIVE)


def test_a_validated_deployment_is_quick_deployed(local: RunningOrg, spec: Path, key: str) -> None:
    checked = sfsetup("deploy", spec, "-o", local.target, "--dry-run", "--json")
    assert [stage["status"] for stage in checked.result["stages"]] == [
        "done",
        "notCheckable",
        "notCheckable",
        "notCheckable",
    ]
    assert any("cannot be checked" in warning for warning in checked.json["warnings"])
    assert there(local) == set()
    job = checked.result["stages"][0]["deployId"]
    ended = sfsetup("job", "quick", job, "-o", local.target, "--json", code=None)
    if ended.code == 0:
        assert ended.result["status"] == "Succeeded"
        assert len(there(local)) == 4
    else:
        assert ended.code == 1
        assert ended.json["actions"]


def test_somebody_at_a_terminal_is_asked_for_a_value_that_is_nowhere(
    local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sfsetup.apply import secrets
    from sfsetup.cli import terminal

    sfsetup("deploy", spec, "-o", local.target)
    monkeypatch.delenv(VARIABLE)
    assert VARIABLE in sfsetup("secret", "set", spec, "-o", local.target, code=2).err
    asked = []

    def typed(what: str, allowed: bool) -> tuple[str, tuple[str, ...]]:
        asked.append((what, allowed))
        return "the-typed-key-0001", ()

    monkeypatch.setattr(secrets, "_from_prompt", typed)
    monkeypatch.setattr(terminal, "is_interactive", lambda: True)
    ended = sfsetup("secret", "set", spec, "-o", local.target)
    assert asked == [("8x8 API Key Principal / api_key", True)]
    assert "the-typed-key-0001" not in ended.text
    local.control("POST", "vendor", {"accept": "the-typed-key-0001"})
    sfsetup("verify", spec, "-o", local.target)
