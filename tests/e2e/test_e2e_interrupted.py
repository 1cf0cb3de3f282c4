"""Ctrl-C and SIGTERM at work: what was done, what was not, what may go on in the org, how to go on and how to go back."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sfsetup.apply.remote import Remote
from sfsetup.errors import Terminated
from tests.support.commands import Ended, sfsetup
from tests.support.local import RunningOrg


def interrupted(
    monkeypatch: pytest.MonkeyPatch, call: str, *words: object, after: int = 0, cause: type[BaseException] | None = None
) -> Ended:
    """Runs `sfsetup WORDS`, ended at this call of the org, or at a later one."""
    original: Callable[..., object] = getattr(Remote, call)
    calls = 0

    def stopped(remote: Remote, *arguments: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        if calls > after:
            raise (cause or KeyboardInterrupt)
        return original(remote, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Remote, call, stopped)
        return sfsetup(*words, code=143 if cause is Terminated else 130)


def test_in_the_middle_of_a_job(local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = interrupted(monkeypatch, "wait", "deploy", spec, "-o", local.target)
    assert "Interrupted in stage metadata." in ended.err
    assert "Error:" not in ended.err
    assert "Not done: Stage 1, Secrets, Stage 2, Assignment." in ended.err
    (job,) = set(re.findall(r"sfsetup job resume (0Af\w+) -o local:\w+", ended.err))
    assert f"sfsetup job cancel {job} -o {local.target}" in ended.err
    (backup,) = set(re.findall(rf"sfsetup rollback (\S+) -o {local.target}", ended.err))
    assert backup in ended.out
    assert sfsetup("job", "resume", job, "-o", local.target, "--json").result["status"] == "Succeeded"
    # the backup takes back what the job has brought, though nobody saw its end
    assert len(sfsetup("rollback", backup, "-o", local.target, "--dry-run", "--json").result["steps"]) == 4
    sfsetup("deploy", spec, "-o", local.target)
    sfsetup("verify", spec, "-o", local.target)


def test_later_on_what_was_done_is_told(
    local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = interrupted(monkeypatch, "wait", "deploy", spec, "-o", local.target, after=1)
    assert "Interrupted in stage flow." in ended.err
    assert "Done: Stage 1 (done: 4 created); Secrets (done: 8x8 API Key Principal / api_key written)." in ended.err
    assert "Not done: Stage 2, Assignment." in ended.err


def test_between_two_assignments(local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ann@acme.example", "bob@acme.example"):
        local.user_token(name, profile="Standard User")
    file = spec / "integration.yaml"
    file.write_text(file.read_text() + "\nassign: [ann@acme.example, bob@acme.example]\n")
    ended = interrupted(monkeypatch, "assign", "deploy", spec, "-o", local.target, after=1)
    assert "Assignment, as far as it came: ann@acme.example assigned." in ended.err
    assert "Not done: Assignment." in ended.err
    assert "To go on, run the same command again" in ended.err
    again = sfsetup("deploy", spec, "-o", local.target, "--json").result
    assert [(one["user"], one["action"]) for one in again["assignments"]] == [
        ("ann@acme.example", "present"),
        ("bob@acme.example", "assigned"),
    ]


def test_while_the_archive_is_on_its_way(
    local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sfsetup.org.metadata_api import MetadataApi

    def stopped(*_arguments: object, **_more: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MetadataApi, "deploy", stopped)
        ended = sfsetup("deploy", spec, "-o", local.target, code=130)
    assert "whether the org has taken it is not known" in ended.err
    assert f"sfsetup job report -o {local.target}" in ended.err
    assert "sfsetup rollback" in ended.err


@pytest.mark.parametrize(
    ("owner", "call", "stage", "before"),
    [
        ("sfsetup.org.credentials:Credentials", "post", "secret", "Done: Stage 1 (done: 4 created)."),
        ("sfsetup.org.people:People", "assign", "assign", "Stage 2 (done: 1 created, version 1 is active)."),
    ],
)
def test_while_something_else_is_on_its_way(
    local: RunningOrg,
    spec: Path,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    owner: str,
    call: str,
    stage: str,
    before: str,
) -> None:
    import importlib

    def stopped(*_arguments: object, **_more: object) -> str:
        raise KeyboardInterrupt

    module, _, name = owner.partition(":")
    with monkeypatch.context() as patch:
        patch.setattr(getattr(importlib.import_module(module), name), call, stopped)
        ended = sfsetup("deploy", spec, "-o", local.target, code=130)
    assert f"Interrupted in stage {stage}." in ended.err
    assert before in ended.err
    assert "A change was on its way: whether the org has taken it is not known." in ended.err
    assert "job report" not in ended.err
    # what may have been stored has a backup to go back with
    only = sfsetup("rollback", "-o", local.target, "--list", "--json").result["backups"]
    assert len(only) == 1
    sfsetup("deploy", spec, "-o", local.target)


def test_a_secret_alone(local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfsetup.org.credentials import Credentials

    def stopped(*_arguments: object, **_more: object) -> str:
        raise KeyboardInterrupt

    sfsetup("deploy", spec, "-o", local.target, "--only", "metadata")
    with monkeypatch.context() as patch:
        patch.setattr(Credentials, "post", stopped)
        ended = sfsetup("deploy", spec, "-o", local.target, "--only", "secret", code=130)
    assert "Nothing was changed" not in ended.err
    assert "A change was on its way" in ended.err


def test_after_the_last_stage(local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfsetup.apply.others import Others

    def stopped(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Others, "look_back", stopped)
        ended = sfsetup("deploy", spec, "-o", local.target, code=130)
    assert "Interrupted after the last stage: everything was done." in ended.err
    assert "sfsetup rollback" in ended.out
    assert sfsetup("plan", spec, "-o", local.target, "--json").result["steps"] == []


def test_in_json(local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = interrupted(monkeypatch, "wait", "deploy", spec, "-o", local.target, "--json")
    document = ended.json
    assert (document["name"], document["message"]) == ("Interrupted", "Interrupted in stage metadata.")
    result = document["result"]
    assert result["interrupted"]["stage"] == "metadata"
    assert result["interrupted"]["runningJob"].startswith("0Af")
    assert [stage["status"] for stage in result["stages"]] == ["failed", "skipped", "skipped", "skipped"]
    assert result["backup"] is not None
    assert any("sfsetup rollback" in action for action in document["actions"])


def test_before_anything_is_sent(local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfsetup.apply import deploy

    def stopped(*_arguments: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deploy, "send", stopped)
        ended = sfsetup("deploy", spec, "-o", local.target, code=130)
    assert "Nothing was changed in the org." in ended.err
    assert "rollback" not in ended.text
    assert sfsetup("rollback", "-o", local.target, "--list", "--json").result["backups"] == []


def test_while_the_org_is_read(local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfsetup.org import snapshot

    def stopped(*_arguments: object, **_more: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(snapshot, "take_snapshot", stopped)
    assert sfsetup("deploy", spec, "-o", local.target, "--json", code=130).json["message"] == (
        "Interrupted before anything was sent."
    )
    assert "Interrupted" in sfsetup("plan", spec, "-o", local.target, code=130).err


def test_what_only_waits_or_runs(local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfsetup.apply import jobs
    from sfsetup.org.actions import Actions

    def stopped(*_arguments: object, **_more: object) -> object:
        raise KeyboardInterrupt

    sfsetup("deploy", spec, "-o", local.target)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "report", stopped)
        ended = sfsetup("job", "resume", "-o", local.target, code=130)
        assert "the deployment goes on in the org" in ended.err
        assert f"`sfsetup job resume -o {local.target}`" in ended.err
        patch.setattr(Actions, "run_flow", stopped)
        ended = sfsetup("verify", spec, "-o", local.target, "--json", code=130)
    assert "whether it ran to its end is not known" in ended.json["message"]


@pytest.mark.parametrize("command", ["rollback", "destroy"])
def test_what_takes_away_tells_too(
    local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    words = (
        (command, "-o", local.target, "--yes")
        if command == "rollback"
        else (command, spec, "-o", local.target, "--yes")
    )
    ended = interrupted(monkeypatch, "wait", *words, cause=Terminated)
    assert "Interrupted while this was under way: Flow Send_SMS deleted." in ended.err
    assert re.search(rf"may still be running in the org: `sfsetup job report 0Af\w+ -o {local.target}`", ended.err)
    sfsetup(*words)


def test_several_integrations(
    local: RunningOrg, spec: Path, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    (second / "openapi.json").write_bytes((spec / "openapi.json").read_bytes())
    text = (spec / "integration.yaml").read_text()
    for name in ("CPaaSSMS", "X8x8_CPaaS_Authentication", "X8x8_SMS_API", "CPaaS_API_Access", "Send_SMS"):
        text = text.replace(f"name: {name}", f"name: {name}2")
    (second / "integration.yaml").write_text(text)
    ended = interrupted(monkeypatch, "wait", "deploy", spec, second, "-o", local.target, "--json")
    assert ended.result["runs"][1]["problems"] == ["Not begun: 8x8-sms was interrupted before it."]


@pytest.mark.parametrize(
    ("number", "code"), [pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow), (signal.SIGTERM, 143)]
)
def test_a_process_that_gets_the_signal(
    local: RunningOrg, spec: Path, key: str, repository: Path, number: signal.Signals, code: int
) -> None:
    local.control("POST", "faults", {"name": "slow", "match": "checkDeployStatus", "times": 60, "seconds": 60})
    words = ["-m", "sfsetup", "deploy", str(spec), "-o", local.target, "--json"]
    environment = {**os.environ, "CI": "true"}
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=repository,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        for line in process.stderr:
            if "Deploy job 0Af" in line:
                break
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert json.loads(out)["result"]["interrupted"]["runningJob"].startswith("0Af")
    assert "Traceback" not in err


def test_a_job_that_was_named_is_named_again(
    local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sfsetup.apply import jobs

    def stopped(*_arguments: object, **_more: object) -> object:
        raise KeyboardInterrupt

    job = sfsetup("deploy", spec, "-o", local.target, "--json").result["stages"][0]["deployId"]
    for command in ("report", "resume", "cancel", "quick"):
        with monkeypatch.context() as patch:
            patch.setattr(jobs, command, stopped)
            ended = sfsetup("job", command, job, "-o", local.target, code=130)
        # what a quick deploy begins is another job than the one that was named
        named = "" if command == "quick" else f" {job}"
        assert f"`sfsetup job report{named} -o {local.target}`" in ended.err, command
        assert ("is not known" in ended.err) == (command in ("cancel", "quick")), ended.err


@pytest.mark.parametrize(("command", "call"), [("set", "patch"), ("clear", "delete")])
@pytest.mark.parametrize("cause", [KeyboardInterrupt, Terminated])
def test_a_secret_by_itself(
    deployed: RunningOrg,
    spec: Path,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    call: str,
    cause: type[BaseException],
) -> None:
    from sfsetup.org.credentials import Credentials

    def stopped(*_arguments: object, **_more: object) -> object:
        raise cause

    words = ("secret", command, spec, "-o", deployed.target, "--yes")
    with monkeypatch.context() as patch:
        patch.setattr(Credentials, call, stopped)
        ended = sfsetup(*words, code=143 if cause is Terminated else 130)
    assert "whether the org has taken it is not known" in ended.err
    assert f"`sfsetup secret status {spec / 'integration.yaml'}`" in ended.err
    sfsetup(*words)


def test_while_it_is_looked_at_what_others_do(
    local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sfsetup.apply.others import Others

    def stopped(*_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Others, "announce", stopped)
    ended = sfsetup("deploy", spec, "-o", local.target, code=130)
    assert "Interrupted; nothing was sent." in ended.err
    assert "nothing to do" not in ended.out
    report = sfsetup("deploy", spec, "-o", local.target, "--format", "junit", code=130).out
    assert "Interrupted; nothing was sent." in report


def test_a_flow_that_runs_when_the_signal_comes(
    deployed: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sfsetup.org.actions import Actions

    run = Actions.run_flow

    def signalled(*arguments: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return run(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Actions, "run_flow", signalled)
    # where the command takes no notice, the test does not die of it
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        ended = sfsetup("verify", spec, "-o", deployed.target, code=143)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "whether it ran to its end is not known" in ended.err
