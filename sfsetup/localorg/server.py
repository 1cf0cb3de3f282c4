"""Starting and stopping local orgs: a background process each, or a thread for one command.

start("uat")                      # background process; returns when it answers
with for_one_command("uat") as s: # the running one, else a server in this process on the same state
    s.url, s.username
access_token("uat")               # what `sfsetup local token` prints
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfsetup import store
from sfsetup.errors import Unreachable, UsageError
from sfsetup.localorg import places
from sfsetup.localorg.org import NEWEST_API, OLDEST_API
from sfsetup.localorg.probe import answers, call_control

ORG_TYPES = ("sandbox", "production", "developer", "scratch")
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOrgStatus:
    """What `local status` tells. Never holds the token."""

    name: str
    running: bool
    pid: int | None = None
    url: str | None = None
    org_id: str | None = None
    username: str | None = None
    type: str | None = None
    my_domain: str | None = None
    api_versions: tuple[str, str] = (f"{OLDEST_API}.0", f"{NEWEST_API}.0")
    """Oldest and newest."""
    state_dir: Path
    ca_file: Path | None = None
    """Certificate authority to trust, when the org speaks TLS."""

    def as_json(self) -> dict[str, Any]:
        """`result` of `local status --json`."""
        return {
            "name": self.name,
            "running": self.running,
            "pid": self.pid,
            "url": self.url,
            "orgId": self.org_id,
            "username": self.username,
            "type": self.type,
            "myDomain": self.my_domain,
            "apiVersions": {"oldest": self.api_versions[0], "newest": self.api_versions[1]},
            "stateDir": str(self.state_dir),
            "caFile": str(self.ca_file) if self.ca_file else None,
        }


def status(name: str = "default") -> LocalOrgStatus:
    """Whether the org runs, and where. Raises UsageError for an impossible name."""
    folder = places.place(name)
    record = places.read_record(folder)
    org = places.peek_org(folder)
    running = bool(record) and answers(record)
    return LocalOrgStatus(
        name=name,
        running=running,
        pid=record["pid"] if running else None,
        url=record["url"] if running else None,
        org_id=org.get("id"),
        username=org.get("username"),
        type=org.get("type"),
        my_domain=org.get("my_domain"),
        state_dir=folder,
        ca_file=Path(record["ca_file"]) if running and record.get("ca_file") else None,
    )


def start(
    name: str = "default",
    *,
    port: int = 0,
    org_type: str | None = None,
    my_domain: str | None = None,
    org_id: str | None = None,
    tls: bool = False,
    callouts: Sequence[str] = (),
) -> LocalOrgStatus:
    """Starts a background process and returns when it answers; returns at once if it runs already.

    Raises UsageError with what the process said when it could not start.
    """
    now = status(name)
    if now.running:
        return now
    places.check_start(org_type, org_id, port)
    folder = places.folder(name)
    arguments = ["--name", name, "--port", str(port)]
    for option, value in (("--type", org_type), ("--my-domain", my_domain), ("--org-id", org_id)):
        arguments += [option, value] if value else []
    arguments += ["--tls"] if tls else []
    for host in callouts:
        arguments += ["--callouts", host]
    log = folder / "log.txt"
    with log.open("ab") as output:
        log.chmod(0o600)
        began = output.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "sfsetup.localorg", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            close_fds=True,
        )
    return _wait_for(name, process, log, began)


def _wait_for(name: str, process: subprocess.Popen[bytes], log: Path, began: int) -> LocalOrgStatus:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        now = status(name)
        if now.running and now.pid != process.pid:
            # Somebody else started it at the same time; ours would take over when that one is stopped.
            process.kill()
            process.wait()
            return now
        if now.running:
            process.returncode = 0  # it lives on; silences the ResourceWarning of a child left behind
            return now
        if process.poll() is not None:
            said = log.read_bytes()[began:].decode("utf-8", "replace").strip().splitlines()
            raise UsageError(
                f"The local org {name!r} could not start: {said[-1] if said else 'it gave no reason'}",
                actions=(f"Its log is {log}.",),
            )
        time.sleep(0.01)
    process.kill()
    raise Unreachable(
        f"The local org {name!r} did not answer within {START_SECONDS:.0f} s",
        actions=(f"Its log is {log}.", "Another command may be using it: wait for that one to end."),
    )


def stop(name: str = "default") -> bool:
    """Ends the background process; False if none ran."""
    folder = places.folder(name)
    record = _record_of_live(folder)
    if not record:
        return False
    pid = int(record["pid"])
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and answers(record):
        time.sleep(0.01)
    if answers(record):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    places.forget_record(folder)
    return True


def _record_of_live(folder: Path) -> dict[str, Any]:
    """The record of the server that answers; empty when none runs. Waits for one that is only just beginning."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        record = places.read_record(folder)
        if not record or answers(record):
            return record
        with contextlib.suppress(BlockingIOError), store.locked(folder / "lock", wait=False):
            # nobody holds the org: it was killed
            places.forget_record(folder)
            return {}
        if time.monotonic() > deadline:
            return {}
        time.sleep(0.02)


def access_token(name: str = "default") -> str:
    """The administrator's access token; makes the org when there is none yet. Kept until `reset`."""
    folder = places.folder(name)
    token = places.peek(folder, "main_token")
    if token is None:
        with exclusive(name):
            places.open_state(name).close()
        token = places.peek(folder, "main_token")
    return str(token)


def reset(name: str = "default") -> None:
    """Empties the org: state, token, id. Raises UsageError while it is running."""
    with _stopped(name, "reset") as folder:
        places.delete_state(folder)


def refresh(source: str, target: str) -> LocalOrgStatus:
    """Makes `target` a sandbox copy of `source`: metadata and users, no secrets, no sessions, a new org id.

    Source: metadata-types 8 (sandbox refresh copies credentials without their secrets).
    """
    from sfsetup.localorg.refresh import copy_without_secrets

    if source == target:
        raise UsageError("An org cannot be refreshed from itself")
    if places.peek(places.place(source), "org") is None:
        raise UsageError(f"There is no local org {source!r} to copy", actions=(f"Run `sfsetup local start {source}`.",))
    with _stopped(target, "refresh") as folder:
        copy_without_secrets(places.folder(source), folder, target)
    return status(target)


def snapshot(name: str, label: str) -> Path:
    """Keeps the state under a label, to be brought back by `restore`. Works while the org runs."""
    folder = places.place(name)
    places.check_name(label, "snapshot")
    if not places.state_file(folder).exists():
        raise UsageError(f"The local org {name!r} has no state yet", actions=(f"Run `sfsetup local start {name}`.",))
    target = store.private_folder("local", name, "snapshots") / f"{label}.sqlite"
    places.copy_state(folder, target)
    return target


def restore(name: str, label: str) -> None:
    """Brings a snapshot back. Raises UsageError while the org runs, or when there is no such snapshot."""
    folder = places.place(name)
    kept = folder / "snapshots" / f"{label}.sqlite"
    if not kept.exists():
        known = sorted(path.stem for path in (folder / "snapshots").glob("*.sqlite"))
        raise UsageError(
            f"There is no snapshot {label!r} of the local org {name!r}",
            actions=(f"There are: {', '.join(known)}." if known else "Make one with `sfsetup local snapshot`.",),
        )
    with _stopped(name, "restore"):
        places.delete_state(folder)
        places.restore_state(kept, folder)


@contextlib.contextmanager
def exclusive(name: str, *, seconds: float = 600.0) -> Iterator[Path]:
    """Holds the org against every other process; waits for a command that uses it. Raises UsageError, Unreachable."""
    folder = places.folder(name)
    deadline = time.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        while True:
            try:
                stack.enter_context(store.locked(folder / "lock", wait=False))
                break
            except BlockingIOError:
                if status(name).running:
                    raise UsageError(
                        f"The local org {name!r} is running", actions=(f"Run `sfsetup local stop {name}` first.",)
                    ) from None
                if time.monotonic() > deadline:
                    raise Unreachable(f"Another command has been using the local org {name!r} all the time") from None
                time.sleep(0.02)
        yield folder


@contextlib.contextmanager
def _stopped(name: str, doing: str) -> Iterator[Path]:
    if status(name).running:
        raise UsageError(
            f"The local org {name!r} is running; {doing} needs it stopped",
            actions=(f"Run `sfsetup local stop {name}` first.",),
        )
    with exclusive(name) as folder:
        yield folder


@contextlib.contextmanager
def for_one_command(
    name: str = "default",
    *,
    org_type: str | None = None,
    my_domain: str | None = None,
    org_id: str | None = None,
    callouts: Sequence[str] = (),
) -> Iterator[LocalOrgStatus]:
    """The running org, else a server in this process on the same state, gone when the block ends.

    `callouts` are the hosts that callouts may really reach, for this command only.
    """
    now = status(name)
    if now.running:
        with _with_callouts(name, callouts):
            yield now
        return
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(exclusive(name))
        except UsageError:
            # Somebody started it in the background while we waited for the lock.
            now = status(name)
            if not now.running:
                raise
            stack.enter_context(_with_callouts(name, callouts))
            yield now
            return
        from sfsetup.localorg.embedded import Embedded

        state = places.open_state(name, org_type=org_type, my_domain=my_domain, org_id=org_id)
        server = stack.enter_context(Embedded(state, callouts=callouts))
        org = state.settings.org
        admin = state.users.get(state.admin_id)
        yield LocalOrgStatus(
            name=name,
            running=True,
            pid=os.getpid(),
            url=server.url,
            org_id=org.id,
            username=admin.username if admin else None,
            type=org.type,
            my_domain=org.my_domain,
            state_dir=folder,
        )


@contextlib.contextmanager
def _with_callouts(name: str, callouts: Sequence[str]) -> Iterator[None]:
    if not callouts:
        yield
        return
    before = call_control(name, "GET", "callouts")
    call_control(name, "POST", "callouts", {"allow": sorted({*before["allow"], *callouts})})
    try:
        yield
    finally:
        call_control(name, "POST", "callouts", {"allow": before["allow"]})
