"""What SQLite says when the machine and not the program is at fault: a full disk, a file that cannot be used.

Result codes: sqlite.org/rescode.html.
"""

from __future__ import annotations

import sqlite3

_FULL = "the disk is full or fails; what the org held before is kept"
_CLOSED = "the file or its folder cannot be written"
_BROKEN = (
    "the file is damaged: bring a snapshot back with `sfsetup local restore`, or begin anew with `sfsetup local reset`"
)
_HELD = "another program holds the file"
_REASONS = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
}


def trouble_of(error: sqlite3.Error) -> str | None:
    """A sentence about the state's file or its end; None where the program is at fault (a wrong statement or value)."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, sqlite3.ProgrammingError) and "closed" in str(found):
            return "The local org has been stopped"
        code = getattr(found, "sqlite_errorcode", None)
        reason = _REASONS.get(code & 0xFF) if isinstance(code, int) else None
        if reason:
            return f"The local org's state cannot be used ({found}): {reason}"
        # SQLite itself ends a transaction that it cannot go on with; then the end that follows fails as well.
        found = found.__context__
    return None
