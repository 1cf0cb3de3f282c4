"""Local orgs as processes: started, stopped, killed, used by several commands at once, spoken to over TLS."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sfsetup.localorg import places, server
from tests.support.commands import Ended, sfsetup

SFSETUP = [sys.executable, "-m", "sfsetup"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path / "home"))
    yield
    for name in places.names():
        server.stop(name)


def run(*words: str, code: int = 0) -> Ended:
    return sfsetup(*words, code=code)


def result(*words: str) -> Any:
    return sfsetup(*words, "--json").result


def fetch(url: str, token: str = "", authority: str | None = None) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    context = ssl.create_default_context(cafile=authority) if authority else None
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        return json.loads(answer.read())


def until(test: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_start_status_stop(tmp_path: Path) -> None:
    started = run("local", "start", "uat", "--type", "sandbox", "--my-domain", "acme--uat")
    status = result("local", "status", "uat")
    assert started.out.startswith(run("local", "status", "uat").out.rstrip("\n"))
    assert f"sf org login access-token --no-prompt --instance-url {status['url']} --alias local-uat" in started.out
    assert 'export SF_ACCESS_TOKEN="$(sfsetup local token uat)"' in started.out
    assert (status["running"], status["type"], status["myDomain"]) == (True, "sandbox", "acme--uat")
    token = run("local", "token", "uat").out.strip()
    assert token not in started.out + started.err
    assert fetch(status["url"] + "/services/oauth2/userinfo", token)["organization_id"] == status["orgId"]
    # already running: the same org, and what cannot be changed now is said
    again = run("local", "start", "uat", "--type", "production")
    assert "no effect" in again.err
    assert result("local", "status", "uat")["pid"] == status["pid"]
    assert result("local", "stop", "uat")["stopped"] == ["uat"]
    assert result("local", "stop", "uat")["stopped"] == []
    after = result("local", "status", "uat")
    assert (after["running"], after["orgId"]) == (False, status["orgId"])
    assert token not in (places.folder("uat") / "log.txt").read_text()


def test_an_org_that_was_killed_starts_again_as_it_was() -> None:
    before = result("local", "start")
    token = run("local", "token").out
    run("local", "users", "--put", "ann@example.com")
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: not result("local", "status")["running"])
    after = result("local", "start")
    assert after["orgId"] == before["orgId"]
    assert after["pid"] != before["pid"]
    assert run("local", "token").out == token
    assert "ann@example.com" in run("local", "users").out


def test_reset_of_a_running_org_keeps_port_and_way_of_speaking() -> None:
    before = result("local", "start", "--tls", "--callouts", "allow", "127.0.0.1:9")
    after = result("local", "reset")
    assert (after["running"], after["url"]) == (True, before["url"])
    assert after["orgId"] != before["orgId"]
    assert result("local", "callouts")["allow"] == ["127.0.0.1:9"]


def test_tls_with_an_authority_of_its_own() -> None:
    started = run("local", "start", "--tls")
    status = result("local", "status")
    assert status["url"].startswith("https://127.0.0.1:")
    assert f'NODE_EXTRA_CA_CERTS="{status["caFile"]}"' in started.out
    found = fetch(status["url"] + "/services/data", authority=status["caFile"])
    assert found[-1]["version"] == status["apiVersions"]["newest"]
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch(status["url"] + "/services/data")
    folder = places.folder("default")
    assert all((folder / name).stat().st_mode & 0o077 == 0 for name in ("key.pem", "cert.pem", "ca.pem"))
    assert result("local", "users")["users"]


@pytest.mark.slow
def test_foreground_stays_and_ends_when_told() -> None:
    process = subprocess.Popen(
        [*SFSETUP, "local", "start", "--foreground", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        until(lambda: server.status("default").running)
        assert server.status("default").pid == process.pid
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
    assert process.returncode == 0, err
    assert not (places.folder("default") / "server.json").exists()
    assert json.loads(out)["result"]["pid"] == process.pid
    assert b"Traceback" not in err
    assert not server.status("default").running


@pytest.mark.slow
def test_a_taken_port_is_told_with_its_reason() -> None:
    port = result("local", "start")["url"].rpartition(":")[2]
    done = run("local", "start", "other", "--port", port, code=2)
    assert f"Port {port}" in done.err
    assert not result("local", "status", "other")["running"]


@pytest.mark.slow
def test_several_orgs_run_side_by_side() -> None:
    found = [result("local", "start", name) for name in ("one", "two")]
    assert len({org["url"] for org in found}) == len({org["orgId"] for org in found}) == 2
    assert sorted(result("local", "stop", "--all")["stopped"]) == ["one", "two"]


def test_commands_without_a_running_org_wait_for_each_other() -> None:
    names = [f"user{number}@example.com" for number in range(4)]
    processes = [
        subprocess.Popen([*SFSETUP, "local", "users", "--put", name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for name in names
    ]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert {user["username"] for user in result("local", "users")["users"]} >= set(names)


@pytest.mark.slow
def test_what_a_killed_org_had_answered_it_still_knows() -> None:
    """Four clients write at once; the server is killed in between: nothing that was acknowledged is lost."""
    import threading
    import urllib.error

    status = result("local", "start")
    token = run("local", "token").out.strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    profile = fetch(status["url"] + "/services/data/v66.0/query?q=SELECT+Id+FROM+Profile+LIMIT+1", token)["records"][0]
    answered: list[str] = []
    asked: list[str] = []
    enough = threading.Event()

    def write(client: int) -> None:
        for number in range(500):
            name = f"user{client}x{number}@example.com"
            body = {"Username": name, "LastName": "X", "Email": name, "Alias": "x", "ProfileId": profile["Id"]}
            request = urllib.request.Request(
                status["url"] + "/services/data/v66.0/sobjects/User", json.dumps(body).encode(), headers
            )
            asked.append(name)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    assert answer.status == 201
            except (OSError, urllib.error.URLError, ConnectionError):
                return
            answered.append(name)
            if len(answered) > 60:
                enough.set()

    threads = [threading.Thread(target=write, args=(client,)) for client in range(4)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    os.kill(status["pid"], signal.SIGKILL)
    for thread in threads:
        thread.join(30)
    known = {user["username"] for user in result("local", "users")["users"] if user["username"].startswith("user")}
    assert set(answered) <= known <= set(asked)
    assert len(known) - len(answered) <= 4
