"""`sfsetup local`: what each command does to an org, running or stopped, and what it prints."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sfsetup.apply import secrets
from sfsetup.localorg import places
from sfsetup.localorg.state import State
from sfsetup.localorg.switches import SWITCHES
from tests.support.commands import sfsetup
from tests.support.local import RunningOrg, running_org

SECRET = "vendor-secret-90125"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def _no_taken_secret() -> Iterator[None]:
    secrets._taken.clear()
    yield
    secrets._taken.clear()


@pytest.fixture
def running() -> Iterator[RunningOrg]:
    with running_org("uat") as org:
        yield org


@pytest.fixture(params=["running", "stopped"])
def uat(request: pytest.FixtureRequest) -> str:
    """The name of an org that exists, in both conditions."""
    if request.param == "running":
        request.getfixturevalue("running")
    else:
        places.open_state("uat").close()
    return "uat"


def opened(name: str = "uat") -> State:
    return places.open_state(name)


# -- looking -----------------------------------------------------------------------------------------------------------


def test_status_has_the_keys_of_the_contract_and_no_token(running: RunningOrg) -> None:
    ended = sfsetup("local", "status", "uat", "--json")
    assert set(ended.result) >= {
        "name", "running", "pid", "url", "orgId", "username", "apiVersions", "stateDir",
    }  # fmt: skip
    assert ended.result["running"] is True
    assert ended.result["url"] == running.url
    assert ended.result["username"] == "admin@uat.sfsetup.local"
    assert running.token not in ended.text + sfsetup("local", "status", "uat").text


def test_the_status_of_an_org_that_never_was(tmp_path: Path) -> None:
    ended = sfsetup("local", "status", "--json")
    assert (ended.result["name"], ended.result["running"], ended.result["url"]) == ("default", False, None)
    assert "stopped" in sfsetup("local", "status").out


def test_token_prints_the_token_alone_and_always_the_same(uat: str) -> None:
    first = sfsetup("local", "token", uat)
    assert first.err == ""
    assert first.out.count("\n") == 1
    token = first.out.strip()
    assert token.startswith("00D")
    assert token[15] == "!"
    assert sfsetup("local", "token", uat).out.strip() == token
    assert sfsetup("local", "token", uat, "--json").result["token"] == token


def test_token_makes_the_org_when_there_is_none() -> None:
    assert sfsetup("local", "token", "fresh").out.startswith("00D")
    assert [org["name"] for org in sfsetup("local", "list", "--json").result["orgs"]] == ["fresh"]


def test_a_refresh_token_and_an_auth_url(running: RunningOrg) -> None:
    assert sfsetup("local", "token", "uat", "--kind", "refresh").out.startswith("00D")
    text = sfsetup("local", "token", "uat", "--kind", "auth-url").out.strip()
    assert text.startswith("force://PlatformCLI::00D")
    assert text.endswith("@" + running.url.partition("://")[2])


def test_an_auth_url_needs_an_address() -> None:
    places.open_state("uat").close()
    ended = sfsetup("local", "token", "uat", "--kind", "auth-url", code=2)
    assert "sfsetup local start uat" in ended.err


def test_the_list_of_orgs(running: RunningOrg) -> None:
    places.open_state("other", org_type="sandbox").close()
    found = {org["name"]: org for org in sfsetup("local", "list", "--json").result["orgs"]}
    assert {name: org["running"] for name, org in found.items()} == {"other": False, "uat": True}
    assert found["other"]["type"] == "sandbox"
    assert "uat" in sfsetup("local", "list").out


def test_the_help_imports_no_command() -> None:
    text = sfsetup("local", "--help").out
    for name in ("start", "stop", "status", "token", "reset", "requests", "switches", "vendor", "faults", "refresh"):
        assert f"\n  {name} " in text


# -- switches, faults, clock, jobs -------------------------------------------------------------------------------------


def test_switches_are_listed_turned_and_set_back(uat: str) -> None:
    rows = sfsetup("local", "switches", "-o", f"local:{uat}", "--json").result["switches"]
    assert [row["name"] for row in rows] == sorted(SWITCHES)
    assert all(row["value"] is row["default"] and row["source"] for row in rows)
    turned = sfsetup("local", "switches", "soap-login=off", "openapi-31-refused=off", "-o", f"local:{uat}", "--json")
    assert {row["name"]: row["value"] for row in turned.result["switches"]} == {
        "soap-login": False,
        "openapi-31-refused": False,
    }
    assert "soap-login = off (turned)" in sfsetup("local", "switches", "soap-login", "-o", f"local:{uat}").out
    sfsetup("local", "switches", "--defaults", "-o", f"local:{uat}")
    shown = sfsetup("local", "switches", "soap-login", "-o", f"local:{uat}", "--json").result["switches"]
    assert shown[0]["value"] is True


def test_switches_follow_the_answers_of_a_real_org(uat: str, tmp_path: Path) -> None:
    answers = {
        "openapi-31-refused": {"value": False, "seen": ""},
        "soap-login": {"value": None, "seen": "not to be seen"},
        "redeploy-keeps-secrets": {"value": True, "seen": "a question without a switch"},
    }
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"format": 1, "apiVersion": "66.0", "answers": answers}))
    turned = sfsetup("local", "switches", "--from", str(file), "-o", f"local:{uat}", "--json").result["switches"]
    assert {row["name"]: row["value"] for row in turned} == {"openapi-31-refused": False}
    file.write_text("{}")
    assert "no answers file" in sfsetup("local", "switches", "--from", str(file), "-o", f"local:{uat}", code=2).err
    sfsetup("local", "switches", "--defaults", "-o", f"local:{uat}")


@pytest.mark.parametrize("words", [["nonsense=on"], ["soap-login=maybe"], ["nonsense"]])
def test_switches_that_are_none(uat: str, words: list[str]) -> None:
    ended = sfsetup("local", "switches", *words, "-o", f"local:{uat}", code=2)
    assert words[0].partition("=")[0] in ended.err


def test_faults_are_armed_listed_and_cleared(uat: str) -> None:
    target = ("-o", f"local:{uat}", "--json")
    sfsetup("local", "faults", "arm", "slow", "--match", "/query", "--times", "3", "--seconds", "2", *target)
    armed = sfsetup("local", "faults", "list", *target).result["armed"]
    assert armed == [{"name": "slow", "match": "/query", "times": 3, "seconds": 2.0, "skip": 0}]
    assert "slow 3x on requests with '/query'" in sfsetup("local", "faults", "list", "-o", f"local:{uat}").out
    assert sfsetup("local", "faults", "clear", *target).result["armed"] == []
    ended = sfsetup("local", "faults", "arm", "earthquake", "-o", f"local:{uat}", code=2)
    assert "expired-session" in ended.err


@pytest.mark.parametrize(
    ("amount", "seconds"), [("30", 30), ("90s", 90), ("5m", 300), ("2h", 7200), ("11d", 950_400), ("1.5h", 5400)]
)
def test_the_clock_advances(uat: str, amount: str, seconds: int) -> None:
    from datetime import datetime

    before = datetime.fromisoformat(sfsetup("local", "clock", uat, "--json").result["now"])
    after = datetime.fromisoformat(sfsetup("local", "clock", uat, "--advance", amount, "--json").result["now"])
    assert seconds <= (after - before).total_seconds() < seconds + 20
    back = datetime.fromisoformat(sfsetup("local", "clock", uat, "--reset", "--json").result["now"])
    assert abs((back - before).total_seconds()) < 20


def test_a_clock_takes_amounts_of_time_only(uat: str) -> None:
    assert "yesterday" in sfsetup("local", "clock", uat, "--advance", "yesterday", code=2).err
    assert "100 years" in sfsetup("local", "clock", uat, "--advance", "40000d", code=2).err
    sfsetup("local", "jobs", uat, "--seconds", "nan", code=2)
    sfsetup("local", "clock", uat)


def test_jobs_take_as_long_as_they_are_told(uat: str) -> None:
    assert sfsetup("local", "jobs", uat, "--json").result["seconds"] == 0
    assert sfsetup("local", "jobs", uat, "--seconds", "2.5", "--json").result["seconds"] == 2.5
    assert "2.5 s" in sfsetup("local", "jobs", uat).out


# -- vendor, requests, callouts ----------------------------------------------------------------------------------------


def test_the_vendor_is_told_what_to_accept_and_when_to_fail(uat: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHT_KEY", SECRET)
    words = ("--accept", "env:RIGHT_KEY", "--fail", "429:2", "--fail", "503@send", "--latency", "0.5", "--no-validate")
    shown = sfsetup("local", "vendor", uat, *words, "--json")
    assert shown.result["accept"] == "one secret"
    assert shown.result["failures"] == [
        {"status": 429, "times": 2, "operation": None},
        {"status": 503, "times": 1, "operation": "send"},
    ]
    assert (shown.result["latency"], shown.result["validate"]) == (0.5, False)
    text = sfsetup("local", "vendor", uat).out
    assert "429 2x, 503 1x for send" in text
    assert SECRET not in shown.text + text
    cleared = sfsetup("local", "vendor", uat, "--clear", "--json").result
    assert (cleared["failures"], cleared["accept"]) == ([], "any well-formed credential")


def test_the_accepted_secret_is_in_no_file_below_the_state_folder(
    uat: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RIGHT_KEY", SECRET)
    sfsetup("local", "vendor", uat, "--accept", "env:RIGHT_KEY")
    found = [p for p in tmp_path.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]
    assert found == []


@pytest.mark.parametrize(
    "words",
    [
        ["--accept", SECRET],
        ["--accept", "env:NOT_SET_ANYWHERE"],
        ["--accept", "env:X", "--accept-any"],
        ["--fail", "often"],
        ["--fail", "429:x"],
        ["--fail", "99"],
        ["--latency", "900"],
    ],
    ids=" ".join,
)
def test_the_vendor_refuses_nonsense_and_never_repeats_a_secret(uat: str, words: list[str]) -> None:
    ended = sfsetup("local", "vendor", uat, *words, code=2)
    assert SECRET not in ended.text


def test_requests_are_filtered(running: RunningOrg) -> None:
    from sfsetup.localorg.callout import request_log

    rows: list[dict[str, Any]] = [
        {"method": "POST", "url": "https://a.example.com/x", "headers": {"A": "1"}, "body": '{"to":1}', "status": 200},
        {"method": "GET", "url": "https://b.example.com/y?q=1", "headers": {}, "body": "", "status": 404},
        {"method": "GET", "url": "https://a.example.com/z", "headers": {}, "body": "", "status": None},
    ]
    for row in rows:
        more = {"at": "now", "response": "", "problem": "cut", "action": f"Svc.{row['method']}", "element": "Call"}
        request_log.write(running.server.org.state.documents, {**row, **more})

    def urls(*words: str) -> list[str]:
        return [row["url"] for row in sfsetup("local", "requests", "uat", *words, "--json").result["requests"]]

    assert len(urls()) == 3
    assert urls("--host", "a.example.com", "--method", "post") == ["https://a.example.com/x"]
    assert urls("--status", "404") == ["https://b.example.com/y?q=1"]
    assert urls("--status", "0") == ["https://a.example.com/z"]
    assert urls("--action", "Svc.POST") == ["https://a.example.com/x"]
    assert urls("--contains", "to") == ["https://a.example.com/x"]
    assert urls("--last", "1") == ["https://a.example.com/z"]
    text = sfsetup("local", "requests", "uat", "--clear").out
    assert "POST https://a.example.com/x  ->  200" in text
    assert "no answer: cut" in text
    assert "by Svc.POST, element Call" in text
    assert "Nothing was called." in sfsetup("local", "requests", "uat").out


def test_callouts_of_a_running_org(running: RunningOrg) -> None:
    target = ("-o", "local:uat", "--json")
    assert sfsetup("local", "callouts", *target).result["allow"] == []
    assert sfsetup("local", "callouts", "allow", "127.0.0.1:9", *target).result["allow"] == ["127.0.0.1:9"]
    assert running.server.org.callouts == ("127.0.0.1:9",)
    assert sfsetup("local", "callouts", "none", *target).result["allow"] == []
    for words in (["allow"], ["refuse", "x"], ["none", "x"]):
        assert sfsetup("local", "callouts", *words, "-o", "local:uat", code=2)


def test_callouts_of_a_stopped_org_are_not_kept() -> None:
    places.open_state("uat").close()
    assert "--callouts allow" in sfsetup("local", "callouts", "allow", "x.example.com", "-o", "local:uat", code=2).err


# -- people ------------------------------------------------------------------------------------------------------------


def test_users_are_made_with_the_rights_one_chooses(uat: str) -> None:
    words = ("--put", "few@example.com", "--permission", "ApiEnabled", "--permission", "RunFlow", "--flow-user")
    users = {user["username"]: user for user in sfsetup("local", "users", uat, *words, "--json").result["users"]}
    assert users["few@example.com"]["profile"] == "Profile of few@example.com"
    assert users["few@example.com"]["isFlowUser"] is True
    assert {"AutomatedProcess", "Guest"} <= {user["userType"] for user in users.values()}
    # what is not named stays as it is
    sfsetup("local", "users", uat, "--put", "few@example.com", "--inactive")
    users = {user["username"]: user for user in sfsetup("local", "users", uat, "--json").result["users"]}
    assert (users["few@example.com"]["profile"], users["few@example.com"]["isActive"]) == (
        "Profile of few@example.com",
        False,
    )
    token = sfsetup("local", "token", uat, "--user", "few@example.com").out.strip()
    assert token != sfsetup("local", "token", uat).out.strip()
    assert "few@example.com" in sfsetup("local", "users", uat).out


@pytest.mark.parametrize(
    "words",
    [
        ["--put", "no-address"],
        ["--put", "a@b.c", "--profile", "Nobody's"],
        ["--put", "a@b.c", "--permission-set", "None"],
        ["--put", "a@b.c", "--type", "Robot"],
        ["--profile", "Standard User"],
    ],
    ids=" ".join,
)
def test_users_that_cannot_be(uat: str, words: list[str]) -> None:
    sfsetup("local", "users", uat, *words, code=2)
    assert len(sfsetup("local", "users", uat, "--json").result["users"]) == 3


def test_apps_are_made_and_never_show_their_secret(uat: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("APP_SECRET", SECRET)
    (tmp_path / "app.pem").write_text("-----BEGIN PUBLIC KEY-----")
    words = ("--put", "ci", "--secret", "env:APP_SECRET", "--certificate", tmp_path / "app.pem")
    ended = sfsetup("local", "apps", uat, *words, "--run-as", "admin@uat.sfsetup.local", "--json")
    assert ended.result["apps"] == [
        {
            "clientId": "ci",
            "hasSecret": True,
            "hasCertificate": True,
            "runAs": "admin@uat.sfsetup.local",
            "users": None,
        }
    ]
    assert SECRET not in ended.text
    assert "everybody" in sfsetup("local", "apps", uat).out
    assert sfsetup("local", "apps", uat, "--clear", "--json").result["apps"] == []
    for wrong in (["--run-as", "x"], ["--put", "a", "--run-as", "no@example.com"], ["--put", "a", "--secret", SECRET]):
        assert SECRET not in sfsetup("local", "apps", uat, *wrong, code=2).text


# -- state -------------------------------------------------------------------------------------------------------------


def test_reset_gives_a_new_org_of_the_same_kind() -> None:
    places.open_state("uat", org_type="sandbox", my_domain="acme--uat").close()
    before = sfsetup("local", "status", "uat", "--json").result
    token = sfsetup("local", "token", "uat").out
    after = sfsetup("local", "reset", "uat", "--json").result
    assert after["orgId"] != before["orgId"]
    assert (after["type"], after["myDomain"]) == ("sandbox", "acme--uat")
    assert sfsetup("local", "token", "uat").out != token


def test_snapshot_and_restore_bring_everything_back() -> None:
    token = sfsetup("local", "token", "uat").out
    kept = Path(sfsetup("local", "snapshot", "uat", "--label", "before", "--json").result["file"])
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    state = opened()
    state.components.put("ApexClass", "A", b"<ApexClass/>", by=state.admin_id)
    state.close()
    sfsetup("local", "reset", "uat")
    ended = sfsetup("local", "restore", "uat", "--label", "before")
    assert "Brought before back." in ended.out
    assert sfsetup("local", "token", "uat").out == token
    state = opened()
    assert state.components.names("ApexClass") == []
    state.close()
    assert sfsetup("local", "snapshot", "uat", "--list").out.strip() == "before"
    missing = sfsetup("local", "restore", "uat", "--label", "never", code=2)
    assert "There are: before." in missing.err


def test_refresh_copies_metadata_and_users_but_no_secret_session_or_assignment() -> None:
    state = places.open_state("prod", org_type="production", my_domain="acme")
    user = state.users.add("ann@acme.example")
    state.components.put("ApexClass", "A", b"<ApexClass/>", by=state.admin_id)
    state.flows.add("F", b"<Flow/>", "Active", by=state.admin_id)
    state.credentials.write("EC", "P", {"key": (SECRET, True)}, replace=True)
    holder = state.permissions.put("PS", label="PS", entities=[("ExternalCredentialParameter", "EC-P")])
    state.permissions.assign(user.id, holder.id)
    state.switches.set("soap-login", False)
    state.close()
    old = {"token": sfsetup("local", "token", "prod").out, "id": places.peek_org(places.folder("prod"))["id"]}

    result = sfsetup("local", "refresh", "prod", "uat", "--json").result
    assert (result["type"], result["myDomain"]) == ("sandbox", "acme--uat")
    assert result["orgId"] != old["id"]
    assert result["username"] == "admin@prod.sfsetup.local.uat"
    assert sfsetup("local", "token", "uat").out != old["token"]
    state = opened()
    copied = state.users.by_username("ann@acme.example.uat")
    assert copied
    assert copied.email == "ann@acme.example.invalid"
    assert copied.id == user.id
    assert state.components.names("ApexClass") == ["A"]
    assert state.flows.active("F")
    assert state.permissions.get("PS")
    assert not [a for a in state.permissions.assignments() if a.permission_set_id == holder.id]
    assert state.credentials.of("EC") == []
    assert not state.switches.on("soap-login")
    assert state.sessions.find(old["token"].strip()) is None
    state.close()
    for path in places.folder("uat").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path
    source = places.open_state("prod")
    assert source.credentials.of("EC")
    source.close()


def test_refresh_keeps_the_domain_that_the_sandbox_had() -> None:
    places.open_state("prod", org_type="production", my_domain="acme").close()
    places.open_state("uat", org_type="sandbox", my_domain="acme--qa").close()
    result = sfsetup("local", "refresh", "prod", "uat", "--json").result
    assert (result["myDomain"], result["username"]) == ("acme--qa", "admin@prod.sfsetup.local.qa")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["refresh", "none", "uat"], "no local org 'none'"),
        (["refresh", "uat", "uat"], "from itself"),
        (["start", "../evil"], "cannot be the name"),
        (["status", "a b"], "cannot be the name"),
        (["token", ""], "cannot be the name"),
        (["start", "x" * 41], "cannot be the name"),
        (["start", "x", "--org-id", "12"], "no org id"),
        (["start", "x", "--type", "toy"], "toy"),
        (["start", "x", "--port", "99999"], "99999"),
        (["start", "x", "--callouts", "refuse", "h"], "allow HOST"),
        (["snapshot", "uat", "--label", "../x"], "cannot be the name"),
        (["restore", "uat", "--label", "../x"], "cannot be the name"),
        (["switches", "-o", "prod"], "local or local:NAME"),
        (["faults", "list", "-o", "env"], "local or local:NAME"),
        (["nonsense"], "no command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_words_that_make_no_sense(words: list[str], text: str) -> None:
    places.open_state("uat").close()
    assert text in sfsetup("local", *words, code=2).err


def test_delete_asks_first_and_removes_all(tmp_path: Path) -> None:
    places.open_state("uat").close()
    folder = places.folder("uat")
    assert "--yes" in sfsetup("local", "delete", "uat", code=2).err
    assert sfsetup("local", "delete", "uat", "--yes", "--json").result == {"name": "uat", "deleted": True}
    assert not folder.exists()
    assert sfsetup("local", "delete", "uat", "--yes", "--json").result == {"name": "uat", "deleted": False}


def test_the_state_is_readable_by_its_owner_alone(uat: str) -> None:
    folder = places.folder(uat)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.glob("state.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_state_of_a_newer_format_is_refused_and_reset_helps() -> None:
    places.open_state("uat").close()
    connection = sqlite3.connect(places.state_file(places.folder("uat")))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    ended = sfsetup("local", "users", "uat", code=2)
    assert "format 999" in ended.err
    assert "sfsetup local reset" in ended.err
    sfsetup("local", "reset", "uat")
    assert len(sfsetup("local", "users", "uat", "--json").result["users"]) == 3


def test_a_state_that_is_none_is_refused_and_reset_helps() -> None:
    places.folder("uat")
    places.state_file(places.folder("uat")).write_bytes(b"not a database at all, far from it" * 99)
    ended = sfsetup("local", "users", "uat", "--json", code=2)
    assert "cannot be read" in json.loads(ended.out)["message"]
    sfsetup("local", "status", "uat")
    sfsetup("local", "reset", "uat")
    sfsetup("local", "users", "uat")
