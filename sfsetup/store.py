"""The only writer below the user's state folder. No vendor secret is ever kept by sfsetup's client side."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def state_folder() -> Path:
    """`SFSETUP_HOME`, else the platform's place for state (XDG_STATE_HOME, Application Support, LOCALAPPDATA)."""
    if chosen := os.environ.get("SFSETUP_HOME"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "sfsetup"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))) / "sfsetup"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "sfsetup"


def private_folder(*parts: str) -> Path:
    """A folder below the state folder that only its owner can enter; made when missing."""
    folder = state_folder().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.name == "posix":
        folder.chmod(0o700)
    return folder


def write_private(path: Path, data: bytes) -> None:
    """Writes a file readable by its owner alone, all or nothing (a reader sees the old or the new content)."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Holds an exclusive lock on `path` between processes. Released when the process ends, however it ends.

    With `wait=False` raises BlockingIOError at once when somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a+b") as stream:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(0)
            try:
                msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError as error:
                raise BlockingIOError(str(error)) from error
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
