"""What the state goes through: who cancels while it runs, restarts, two servers, a full disk, a damaged file, odd clocks."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from sfsetup.errors import UsageError
from sfsetup.localorg import faults, jobs, places, probe
from sfsetup.localorg import server as local_orgs
from sfsetup.localorg.deploy import run
from sfsetup.localorg.deploy.options import DeployOptions
from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State, settings
from tests.support.metadata_caller import Fault, MetadataCaller, package, xml
from tests.support.server_process import ServerProcess


def site(name: str) -> dict[str, bytes | str]:
    inner = (
        "<disableProtocolSecurity>false</disableProtocolSecurity><isActive>true</isActive>"
        f"<url>https://{name}.example</url>"
    )
    return {f"remoteSiteSettings/{name}.remoteSite": xml("RemoteSiteSetting", inner)}


def resource(name: str, size: int) -> dict[str, bytes | str]:
    meta = xml(
        "StaticResource", "<cacheControl>Private</cacheControl><contentType>application/octet-stream</contentType>"
    )
    noise = random.Random(name).randbytes(size)
    return {f"staticresources/{name}.resource": noise, f"staticresources/{name}.resource-meta.xml": meta}


def until(test: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not test():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# -- several at once ---------------------------------------------------------------------------------------------------


def test_cancelling_asking_and_running_at_once(server: Embedded) -> None:
    """Each job has one end; it is stored if and only if that end is success."""
    org, caller = server.org, MetadataCaller(server.url, server.token)
    org.state.settings.set("job_seconds", 10)
    ids = {name: caller.start(package(site(name))) for name in (f"S{number}" for number in range(30))}
    ready = threading.Barrier(4)

    def cancelling() -> Counter[str]:
        mine, said = MetadataCaller(server.url, server.token), Counter[str]()
        ready.wait()
        for job_id in ids.values():
            try:
                done = mine.call("cancelDeploy", f"<met:String>{job_id}</met:String>")[0].findtext("{*}done")
            except Fault as fault:
                done = fault.code
            said[str(done)] += 1
        return said

    def asking() -> None:
        mine = MetadataCaller(server.url, server.token)
        ready.wait()
        for job_id in ids.values():
            mine.status(job_id)

    def passing() -> None:
        ready.wait()
        for _ in range(60):
            org.state.clock.advance(0.4)
            jobs.run_due(org)

    with ThreadPoolExecutor(4) as pool:
        first, second = pool.submit(cancelling), pool.submit(cancelling)
        others = [pool.submit(asking), pool.submit(passing)]
        said = first.result(100) + second.result(100)
        for other in others:
            other.result(100)
    org.state.clock.advance(100)
    ends = {name: caller.status(job_id).status for name, job_id in ids.items()}
    assert set(ends.values()) <= {"Succeeded", "Canceled"}
    stored = {each["fullName"] for each in caller.list("RemoteSiteSetting")}
    assert stored == {name for name, end in ends.items() if end == "Succeeded"}
    assert set(said) <= {"true", "false", "sf:INVALID_ID_FIELD"}
    assert said["true"] <= sum(end == "Canceled" for end in ends.values())


def held_up(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Deploys say when they have begun, and wait to be let go on."""
    begun, go_on = threading.Event(), threading.Event()
    read = run._read

    def slow(*given: Any, **more: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return read(*given, **more)

    monkeypatch.setattr(run, "_read", slow)
    return begun, go_on


def test_what_is_being_run_is_not_cancelled_under_its_hands(server: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cancels it waits for its end, and is not told that it was cancelled."""
    org = server.org
    job = jobs.queue_deploy(org, org.state.admin_id, package(site("A")), DeployOptions())
    begun, go_on = held_up(monkeypatch)
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(jobs.run_due, org)
        assert begun.wait(60)
        cancelled = pool.submit(jobs.cancel, org, job, by=org.state.admin_id)
        go_on.set()
        running.result(60)
        assert cancelled.result(60) is False
    ended = org.state.jobs.get(job.id)
    assert ended is not None
    assert (ended.status, org.state.components.names("RemoteSiteSetting")) == ("Succeeded", ["A"])


def test_a_validation_is_deployed_quickly_by_one_of_many(server: Embedded) -> None:
    org, caller = server.org, MetadataCaller(server.url, server.token)
    for number in range(5):
        options = {"checkOnly": True, "testLevel": "RunLocalTests"}
        validation = caller.start(package(site(f"Q{number}")), **options)
        assert caller.status(validation).status == "Succeeded"
        ready = threading.Barrier(8)

        def quick(_: int, validation: str = validation, ready: threading.Barrier = ready) -> str:
            ready.wait()
            try:
                return jobs.quick_deploy(org, org.state.admin_id, validation, 66.0).id
            except jobs.CannotQuickDeploy:
                return ""

        with ThreadPoolExecutor(8) as pool:
            ids = [each for each in pool.map(quick, range(8)) if each]
        assert len(ids) == 1


def test_a_busy_state_makes_nobody_wait_who_does_not_need_it(server: Embedded) -> None:
    """`local status` asks /sfsetup/ready; a long deploy must not look like a dead server, nor stop the reading."""
    lock, headers = server.org.state.database.lock, {"Authorization": f"Bearer {server.token}"}
    with ThreadPoolExecutor(60) as pool:
        held, let_go = threading.Event(), threading.Event()

        def hold() -> None:
            with lock:
                held.set()
                assert let_go.wait(60)

        holding = pool.submit(hold)
        assert held.wait(60)
        url = f"{server.url}/services/data/v66.0/limits"
        waiting = [pool.submit(requests.get, url, headers=headers, timeout=100) for _ in range(50)]
        try:
            for _ in range(3):
                assert probe.answers({"url": server.url, "mark": server.org.mark})
            assert not any(each.done() for each in waiting)
        finally:
            let_go.set()
        holding.result(60)
        assert [each.result(60).status_code for each in waiting] == [200] * 50


def test_a_fault_that_cancels_waits_for_a_running_job_without_holding_the_others_up(
    server: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = server.org
    caller, other = (MetadataCaller(server.url, server.token) for _ in range(2))
    org.state.settings.set("job_seconds", 100)
    first = caller.start(package(site("A")))
    faults.arm(org, "cancelled", match=":deploy>")
    begun, go_on = held_up(monkeypatch)
    with ThreadPoolExecutor(2) as pool:
        org.state.clock.advance(200)
        asking = pool.submit(jobs.run_due, org)
        assert begun.wait(60)
        # admitted before the clock was advanced: as if the job had become due in the meantime
        monkeypatch.setattr("sfsetup.localorg.gate.run_due_jobs", lambda _: None)
        starting = pool.submit(other.start, package(site("B")))
        until(lambda: len(org.state.jobs.of_kind("deploy")) == 2)
        try:
            for _ in range(3):
                assert probe.answers({"url": server.url, "mark": org.mark})
        finally:
            go_on.set()
        asking.result(60)
        second = starting.result(60)
    ends = [org.state.jobs.get(each) for each in (first, second)]
    assert [each.status for each in ends if each] == ["Succeeded", "Canceled"]


# -- restarts ----------------------------------------------------------------------------------------------------------


def control(server: ServerProcess, topic: str, value: object) -> None:
    answer = requests.post(f"{server.url}/sfsetup/control/{topic}", json=value, headers=server.headers, timeout=60)
    assert answer.status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "ended"])
def test_a_job_that_waits_survives_a_restart(tmp_path: Path, how: str) -> None:
    with ServerProcess(tmp_path) as server:
        control(server, "jobs", {"seconds": 1000})
        waits, goes = (server.caller.start(package(site(name))) for name in ("Waits", "Goes"))
        assert server.caller.call("cancelDeploy", f"<met:String>{goes}</met:String>")[0].findtext("{*}done") == "true"
        server.kill() if how == "killed" else server.stop()
        server.start()
        assert server.caller.status(waits).status == "Pending"
        control(server, "clock", {"advance": 500})
        assert server.caller.status(waits).status == "InProgress"
        server.kill()
        server.start()
        control(server, "clock", {"advance": 501})
        assert server.caller.status(waits).status == "Succeeded"
        assert server.caller.status(goes).status == "Canceled"
        assert [each["fullName"] for each in server.caller.list("RemoteSiteSetting")] == ["Waits"]


@pytest.mark.slow
def test_a_killed_validation_can_still_be_deployed_quickly(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        validation = server.caller.start(package(site("A")), checkOnly=True, testLevel="RunLocalTests")
        assert server.caller.status(validation).status == "Succeeded"
        server.kill()
        server.start()
        (result,) = server.caller.call("deployRecentValidation", f"<met:validationId>{validation}</met:validationId>")
        assert server.caller.status(str(result.text)).status == "Succeeded"


def test_who_is_waiting_when_the_server_ends_is_told_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In the form of the protocol; and what was under way is done as a whole, or later."""
    begun, go_on = threading.Event(), threading.Event()
    read = run._read

    def slow(*given: Any, **more: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return read(*given, **more)

    server = Embedded(State.open(None))
    caller = MetadataCaller(server.url, server.token)
    server._server.config.timeout_graceful_shutdown = 0  # type: ignore[assignment]
    with ThreadPoolExecutor(1) as pool, server:
        job = caller.start(package(site("A")))
        monkeypatch.setattr(run, "_read", slow)
        asking = pool.submit(caller.status, job)
        assert begun.wait(60)
        server._server.end()
        with pytest.raises(Fault) as caught:
            asking.result(60)
        server.org.state.close()
        go_on.set()
    assert (caught.value.code, "being stopped" in caught.value.text) == ("sf:SERVER_UNAVAILABLE", True)
    assert [record for record in caplog.records if record.exc_info] == []


# -- two servers on one state ------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of its own, its servers ended afterwards."""
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path))
    yield tmp_path
    for name in places.names():
        local_orgs.stop(name)


def processes(home: Path) -> list[int]:
    """Server processes of this state folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if b"sfsetup.localorg" in command and f"SFSETUP_HOME={home}".encode() in environment:
            found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to count processes")
def test_an_org_that_many_start_at_once_has_one_server_and_ends_with_it(home: Path) -> None:
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda _: local_orgs.start("many"), range(5)))
    assert len({each.pid for each in found}) == 1
    until(lambda: processes(home) == [found[0].pid])
    assert local_orgs.status("many").running
    assert local_orgs.stop("many") is True
    until(lambda: processes(home) == [])
    assert not local_orgs.status("many").running


def test_who_looks_too_early_starts_no_second_one_and_hides_the_first(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first server begins between somebody else's look and start."""
    with ServerProcess(home, "early") as first:
        look, looked = local_orgs.status, []

        def early(name: str = "default") -> Any:
            looked.append(name)
            found = look(name)
            return found if len(looked) > 1 else replace(found, running=False)

        monkeypatch.setattr(local_orgs, "status", early)
        assert local_orgs.start("early").pid == first.pid
        assert look("early").running
        if Path("/proc").is_dir():
            until(lambda: processes(home) == [first.pid])


def test_a_server_that_is_only_beginning_is_stopped_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the org and has told where it is, and does not answer yet."""
    with ServerProcess(home, "young") as young:
        asked = []

        def late(record: dict[str, Any]) -> bool:
            asked.append(record)
            return len(asked) > 5 and probe.answers(record)

        monkeypatch.setattr(local_orgs, "answers", late)
        assert local_orgs.stop("young") is True
        assert young.process is not None
        assert young.process.wait(60) == 0


@pytest.mark.slow
def test_a_second_server_waits_and_takes_over_what_the_first_has_stored(tmp_path: Path) -> None:
    """Started beside the commands that look first: it waits for the lock, whatever happens to the first."""
    with ServerProcess(tmp_path) as first:
        assert first.caller.deploy(site("First")).status == "Succeeded"
        second = subprocess.Popen(
            [sys.executable, "-m", "sfsetup.localorg", "--name", first.name],
            env={**os.environ, "SFSETUP_HOME": str(tmp_path)},
        )
        try:
            assert first.answers_with("First")
            assert second.poll() is None
            first.kill()
            first.wait_for_another()
            assert first.answers_with("First")
        finally:
            second.send_signal(signal.SIGTERM)
            second.wait(60)


def test_a_record_that_is_no_record(home: Path) -> None:
    """server.json may be anything after an accident: the org does not run then."""
    place = places.folder("odd")
    for content in (b"", b"\xff", b"[]", b"{}", b'{"url": 5}', b'{"url": "http://[::1"}', b'{"url": "http://127.0.0.1:x/"}',
                    b'{"url": "http://127.0.0.1:1", "mark": null, "pid": "x"}', b'{"url": "gopher://127.0.0.1:1"}'):  # fmt: skip
        (place / "server.json").write_bytes(content)
        assert not local_orgs.status("odd").running
        assert local_orgs.stop("odd") is False


# -- a disk that is full -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))"
    with ServerProcess(tmp_path, before=limit) as server:
        caller = server.caller
        assert caller.deploy(site("Before")).status == "Succeeded"
        told = []
        for number in range(4):
            try:
                done = caller.deploy(resource(f"R{number}", 700 * 1024))
                told.append(str(done.raw.get("errorMessage", done.status)))
            except Fault as fault:
                told.append(f"{fault.code} {fault.text}")
        refused = [each for each in told if each != "Succeeded"]
        assert refused
        assert all("the disk is full or fails" in each for each in refused), told
        assert any(each.startswith("sf:SERVER_UNAVAILABLE") for each in refused)
        body = b"[" + b" " * (5 << 20) + b"]"
        url = f"{server.url}/services/data/v66.0/composite"
        answer = requests.post(
            url, data=body, headers={**server.headers, "Content-Type": "application/json"}, timeout=60
        )
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (503, "SERVER_UNAVAILABLE")
        assert [each["fullName"] for each in caller.list("RemoteSiteSetting")] == ["Before"]
        assert "Traceback" not in server.log_text
    with ServerProcess(tmp_path) as server:
        stored = {each["fullName"] for each in server.caller.list("RemoteSiteSetting", "StaticResource")}
        good = {f"R{number}" for number, text in enumerate(told) if text == "Succeeded"}
        assert stored == {"Before"} | good
        assert server.caller.deploy(resource("After", 700 * 1024)).status == "Succeeded"


def full(server: Embedded, pages: int) -> None:
    """The state may have so many pages more."""
    count = server.org.state.database.one("PRAGMA page_count")
    assert count is not None
    server.org.state.database.one(f"PRAGMA max_page_count = {int(count[0]) + pages}")


def test_a_job_that_cannot_be_stored_fails_with_the_reason(server: Embedded) -> None:
    caller = MetadataCaller(server.url, server.token)
    assert caller.deploy(site("Before")).status == "Succeeded"
    job = caller.start(package(resource("R", 200_000)))
    full(server, 10)
    done = caller.status(job)
    assert done.status == "Failed"
    assert "the disk is full" in done.raw["errorMessage"]
    with pytest.raises(Fault) as caught:
        caller.start(package(resource("S", 900_000)))
    assert (caught.value.code, "disk is full" in caught.value.text) == ("sf:SERVER_UNAVAILABLE", True)
    headers = {"Authorization": f"Bearer {server.token}"}
    for _ in range(3):
        assert requests.get(f"{server.url}/services/data/v66.0/limits", headers=headers, timeout=60).status_code == 200
    full(server, 10_000)
    assert caller.deploy(resource("S", 200_000)).status == "Succeeded"


def test_a_job_whose_end_cannot_be_written_waits(
    server: Embedded, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caller = MetadataCaller(server.url, server.token)
    job = caller.start(package(site("A")))
    save = server.org.state.jobs.save

    def never(_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL  # type: ignore[misc]
        raise error

    monkeypatch.setattr(server.org.state.jobs, "save", never)
    for _ in range(3):
        assert caller.status(job).status == "Pending"
    assert server.org.state.components.types() == {}
    assert sum("waits: " in record.getMessage() for record in caplog.records) == 1
    monkeypatch.setattr(server.org.state.jobs, "save", save)
    assert caller.status(job).status == "Succeeded"


# -- a file that cannot be used ----------------------------------------------------------------------------------------


def stored(home: Path, name: str = "org") -> Path:
    """The state's file of an org with something in it, stopped."""
    state = places.open_state(name)
    for number in range(200):
        content = f"<RemoteSiteSetting>{number}</RemoteSiteSetting>".encode() * 20
        state.components.put("RemoteSiteSetting", f"S{number}", content, by=state.admin_id)
    state.database.compact()
    state.close()
    return places.state_file(places.folder(name))


@pytest.mark.parametrize("kind", ["text", "garbage", "a folder", "cut short", "the first page", "a later page"])
def test_a_damaged_file_is_told_in_a_sentence(home: Path, kind: str) -> None:
    path = stored(home)
    data = path.read_bytes()
    size = len(data)
    noise = random.Random(1).randbytes(4096)
    damaged = {
        "text": b"this is no state",
        "garbage": noise * 20,
        "cut short": data[: size // 3],
        "the first page": data[:100] + noise[:3900] + data[4000:],
        "a later page": data[: size // 2] + noise * 3 + data[size // 2 + 3 * 4096 :],
    }
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if kind == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(damaged[kind])
    try:
        state = places.open_state("org")
    except UsageError as error:
        told = str(error)
        state = None
    if state is None:
        assert str(path) in told
        assert local_orgs.status("org").running is False
        return
    with Embedded(state) as server:
        caller = MetadataCaller(server.url, server.token)
        with pytest.raises(Fault) as caught:
            caller.list("RemoteSiteSetting")
        assert caught.value.code == "sf:SERVER_UNAVAILABLE"
        assert "the file is damaged" in caught.value.text
        headers = {"Authorization": f"Bearer {server.token}"}
        assert requests.get(f"{server.url}/services/data", headers=headers, timeout=60).status_code == 200


def test_a_damaged_state_is_no_snapshot(home: Path) -> None:
    path = stored(home)
    path.write_bytes(b"this is no state" * 1000)
    with pytest.raises(UsageError, match="the file is damaged"):
        local_orgs.snapshot("org", "kept")


def test_a_server_process_on_a_damaged_state_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "local" / "strain"
    folder.mkdir(parents=True)
    (folder / "state.sqlite").write_bytes(b"this is no state" * 1000)
    with pytest.raises(AssertionError, match="cannot be read") as caught, ServerProcess(tmp_path):
        pass
    assert "Traceback" not in str(caught.value)


def test_a_state_that_has_become_read_only(server: Embedded) -> None:
    """What can be read is still told."""
    caller = MetadataCaller(server.url, server.token)
    assert caller.deploy(site("A")).status == "Succeeded"
    server.org.state.database.one("PRAGMA query_only = ON")
    with pytest.raises(Fault) as caught:
        caller.start(package(site("B")))
    assert caught.value.code == "sf:SERVER_UNAVAILABLE"
    assert "cannot be written" in caught.value.text
    assert [each["fullName"] for each in caller.list("RemoteSiteSetting")] == ["A"]
    server.org.state.database.one("PRAGMA query_only = OFF")
    assert caller.deploy(site("B")).status == "Succeeded"


def test_another_program_that_holds_the_file(tmp_path: Path) -> None:
    """A tool that has opened the file for writing: told after SQLite's own patience, and nothing is half done."""
    path = tmp_path / "state.sqlite"
    with Embedded(State.open(path)) as server:
        server.org.state.database.one("PRAGMA busy_timeout = 50")
        caller = MetadataCaller(server.url, server.token)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Fault) as caught:
            caller.start(package(site("A")))
        assert (caught.value.code, "another program" in caught.value.text) == ("sf:SERVER_UNAVAILABLE", True)
        other.execute("ROLLBACK")
        other.close()
        assert caller.deploy(site("A")).status == "Succeeded"


# -- the clock ---------------------------------------------------------------------------------------------------------


class Shifted(datetime):
    """The machine's clock, set back or ahead."""

    by = timedelta()

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz or UTC) + cls.by


@pytest.mark.parametrize("days", [-1000, -1, 1, 1000])
def test_a_clock_that_is_set(server: Embedded, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Jobs end, sessions go on, later deploys come later in nobody's order but their own."""
    monkeypatch.setattr(settings, "datetime", Shifted)
    monkeypatch.setattr(Shifted, "by", timedelta())
    caller = MetadataCaller(server.url, server.token)
    assert caller.deploy(site("A")).status == "Succeeded"
    began = caller.start(package(site("B")))
    monkeypatch.setattr(Shifted, "by", timedelta(days=days))
    assert caller.status(began).status == "Succeeded"
    assert caller.deploy({**site("A"), **site("C")}).status == "Succeeded"
    files, _ = caller.retrieve({"RemoteSiteSetting": ["*"]})
    assert len(files) == 4
    assert [each["fullName"] for each in caller.list("RemoteSiteSetting")] == ["A", "B", "C"]


def test_jobs_that_take_their_time_end_although_the_clock_goes_back(
    server: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "datetime", Shifted)
    monkeypatch.setattr(Shifted, "by", timedelta())
    server.org.state.settings.set("job_seconds", 60)
    caller = MetadataCaller(server.url, server.token)
    began = caller.start(package(site("A")))
    assert caller.status(began).status == "Pending"
    monkeypatch.setattr(Shifted, "by", timedelta(days=-3))
    assert caller.status(began).status == "Succeeded"
    stored_job = server.org.state.jobs.get(began)
    assert stored_job is not None
    assert stored_job.completed is not None
    assert stored_job.completed >= stored_job.created
    assert json.dumps(stored_job.result)
