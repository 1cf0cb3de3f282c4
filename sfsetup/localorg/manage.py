"""What `sfsetup local …` does to an org as a whole, running or not.

control("uat", "POST", "switches", {...})   # through the running server, else on the stored state
reset, restore, refresh, delete             # a running org is stopped for it and started again as it was
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sfsetup.errors import OrgRefused, SfsetupError, UsageError
from sfsetup.localorg import places, server
from sfsetup.localorg.probe import call_control
from sfsetup.localorg.server import LocalOrgStatus


def control(name: str, method: str, topic: str, value: Any = None) -> Any:
    """Reads, changes or empties a control topic. The org is made when there is none. Raises UsageError, Unreachable."""
    if server.status(name).running:
        try:
            return call_control(name, method, topic, value)
        except OrgRefused as error:
            if error.code == "INVALID_INPUT":
                raise UsageError(error.message) from error
            raise
    from sfsetup.localorg import control as topics
    from sfsetup.localorg.org import LocalOrg

    with server.exclusive(name):
        org = LocalOrg(places.open_state(name))
        try:
            return topics.run(org, topic, method, value)
        finally:
            org.close()


def recorded_status(name: str) -> LocalOrgStatus:
    """The status as a server that is about to answer has written it down; nobody is asked."""
    folder = places.place(name)
    record, org = places.read_record(folder), places.peek_org(folder)
    return LocalOrgStatus(
        name=name,
        running=bool(record),
        pid=record.get("pid"),
        url=record.get("url"),
        org_id=org.get("id"),
        username=org.get("username"),
        type=org.get("type"),
        my_domain=org.get("my_domain"),
        state_dir=folder,
        ca_file=Path(record["ca_file"]) if record.get("ca_file") else None,
    )


def every() -> list[LocalOrgStatus]:
    """All local orgs that have a state, by name."""
    return [server.status(name) for name in places.names()]


@dataclass(frozen=True, slots=True)
class _AsItWas:
    """How a running org was started."""

    port: int
    tls: bool
    callouts: tuple[str, ...]


@contextlib.contextmanager
def _paused(name: str) -> Iterator[None]:
    """Stops the org for the block if it runs, and starts it again on the same port, whatever the block did."""
    running = server.status(name).running
    before = _as_it_was(name) if running else None
    if running:
        server.stop(name)
    try:
        yield
    finally:
        if before is not None:
            server.start(name, port=before.port, tls=before.tls, callouts=before.callouts)


def _as_it_was(name: str) -> _AsItWas:
    record = places.read_record(places.folder(name))
    address = urlsplit(str(record["url"]))
    try:
        allowed = tuple(call_control(name, "GET", "callouts")["allow"])
    except SfsetupError:
        allowed = ()
    return _AsItWas(address.port or 0, address.scheme == "https", allowed)


def reset(name: str) -> LocalOrgStatus:
    """Empties the org: new state, new token, new id; its type and domain stay. A running one runs on."""
    folder = places.folder(name)
    org = places.peek_org(folder)
    with _paused(name), server.exclusive(name):
        places.delete_state(folder)
        places.open_state(name, org_type=org.get("type"), my_domain=org.get("my_domain")).close()
    return server.status(name)


def delete(name: str) -> bool:
    """Removes the org with everything that belongs to it; False if there was none."""
    import shutil

    if name not in places.names():
        return False
    server.stop(name)
    with server.exclusive(name) as folder:
        shutil.rmtree(folder)
    return True


def restore(name: str, label: str) -> LocalOrgStatus:
    """Brings a snapshot back. Raises UsageError when there is none of this label."""
    places.check_name(label, "snapshot")
    if label not in snapshots(name):
        known = snapshots(name)
        raise UsageError(
            f"There is no snapshot {label!r} of the local org {name!r}",
            actions=(f"There are: {', '.join(known)}." if known else "Make one with `sfsetup local snapshot`.",),
        )
    with _paused(name):
        server.restore(name, label)
    return server.status(name)


def snapshots(name: str) -> list[str]:
    """Labels of the org's snapshots, sorted."""
    return sorted(path.stem for path in (places.place(name) / "snapshots").glob("*.sqlite"))


def refresh(source: str, target: str) -> LocalOrgStatus:
    """Makes `target` a sandbox copy of `source` (see refresh.py)."""
    with _paused(target):
        server.refresh(source, target)
    return server.status(target)


def refresh_token(name: str) -> str:
    """A refresh token of the administrator, for log-ins that renew themselves. A new one each time."""
    return str(control(name, "POST", "tokens", {"kind": "refresh"})["token"])
