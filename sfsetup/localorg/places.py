"""Files of a local org below the user's state folder, and what can be read of them from outside."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup import store
from sfsetup.errors import SfsetupError, UsageError
from sfsetup.localorg.stored import loads

if TYPE_CHECKING:
    from sfsetup.localorg.state import State

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z")
_ORG_ID = re.compile(r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\Z")
_TYPES = ("sandbox", "production", "developer", "scratch")


def check_name(name: str, what: str = "local org") -> None:
    """Raises UsageError for a name that cannot be a folder's."""
    if not _NAME.match(name):
        raise UsageError(f"{name!r} cannot be the name of a {what}: letters, digits, - and _ only, at most 40")


def check_start(org_type: str | None, org_id: str | None, port: int) -> None:
    """Raises UsageError for values no org can have."""
    if org_type is not None and org_type not in _TYPES:
        raise UsageError(f"{org_type!r} is no type of org", actions=(f"Choose one of {', '.join(_TYPES)}.",))
    if org_id is not None and not _ORG_ID.match(org_id):
        raise UsageError(f"{org_id!r} is no org id: it is 00D and 12 or 15 more letters and digits")
    if not 0 <= port <= 65535:
        raise UsageError(f"{port} is no port")


def place(name: str) -> Path:
    """Where the org's folder is or would be: looking at an org that does not exist leaves nothing behind. Raises
    UsageError for an impossible name."""
    check_name(name)
    return store.state_folder() / "local" / name


def folder(name: str) -> Path:
    """The org's private folder, made when missing. Raises UsageError for an impossible name."""
    check_name(name)
    return store.private_folder("local", name)


def names() -> list[str]:
    """Every local org that has a state."""
    root = store.state_folder() / "local"
    return sorted(path.parent.name for path in root.glob("*/state.sqlite"))


def state_file(place: Path) -> Path:
    """The SQLite file."""
    return place / "state.sqlite"


def open_state(
    name: str, *, org_type: str | None = None, my_domain: str | None = None, org_id: str | None = None
) -> State:
    """The state, made when missing. Only the holder of the lock may call this."""
    from sfsetup.localorg.state import State

    check_start(org_type, org_id, 0)
    path = state_file(folder(name))
    with _told(path):
        return State.open(path, name=name, org_type=org_type, my_domain=my_domain, org_id=org_id)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turns what the machine refuses about a state's file into UsageError."""
    try:
        yield
    except sqlite3.Error as error:
        from sfsetup.localorg.state.trouble import trouble_of

        told = trouble_of(error)
        if told is None:
            raise
        raise UsageError(told, file=str(path)) from error
    except OSError as error:
        raise UsageError(f"The local org's state cannot be used: {error.strerror}", file=str(path)) from error


def delete_state(place: Path) -> None:
    """Removes the state and the log beside it."""
    delete_file(state_file(place))
    (place / "log.txt").unlink(missing_ok=True)


def delete_file(path: Path) -> None:
    """Removes an SQLite file and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def copy_state(place: Path, target: Path) -> None:
    """A consistent copy of the state, also while a server writes."""
    with contextlib.ExitStack() as stack, _told(state_file(place)):
        source = sqlite3.connect(f"{state_file(place).as_uri()}?mode=ro", uri=True)
        stack.callback(source.close)
        store.write_private(target, b"")
        copy = sqlite3.connect(target)
        stack.callback(copy.close)
        source.backup(copy)


def restore_state(kept: Path, place: Path) -> None:
    """Puts a copy in the state's place."""
    store.write_private(state_file(place), kept.read_bytes())


def peek(place: Path, key: str) -> Any:
    """One setting of the state, read without opening it for writing; None when there is none."""
    path = state_file(place)
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    except sqlite3.DatabaseError:
        return None
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        row = connection.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return loads(row[0]) if row else None
    except sqlite3.DatabaseError:
        return None
    finally:
        connection.close()


def peek_org(place: Path) -> dict[str, Any]:
    """Id, type, domain and administrator's username of the org, as far as it exists."""
    org = peek(place, "org")
    if org is None:
        return {}
    return {**org, "username": peek(place, "admin_username")}


def write_record(place: Path, record: dict[str, Any]) -> None:
    """Tells other processes where the server is. Holds no secret."""
    store.write_private(place / "server.json", json.dumps(record).encode())


def read_record(place: Path) -> dict[str, Any]:
    """The record of the server that runs, or that was killed without removing it; empty when there is none."""
    try:
        found = loads((place / "server.json").read_bytes())
    except (OSError, SfsetupError):
        return {}
    return found if isinstance(found, dict) else {}


def forget_record(place: Path) -> None:
    """Removes the record."""
    with contextlib.suppress(OSError):
        (place / "server.json").unlink(missing_ok=True)
