"""The SQLite file of a local org: one connection, one lock, one writer."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sfsetup.errors import UsageError

FORMAT = 1
"""Number of the file's format. A newer one is refused, never guessed at."""

_TABLES = """
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS identity (kind TEXT, name TEXT, id TEXT UNIQUE NOT NULL, PRIMARY KEY (kind, name));
CREATE TABLE IF NOT EXISTS component (
  type TEXT, full_name TEXT, content BLOB NOT NULL, id TEXT NOT NULL, namespace TEXT,
  created_by TEXT NOT NULL, created TEXT NOT NULL, modified_by TEXT NOT NULL, modified TEXT NOT NULL,
  PRIMARY KEY (type, full_name));
CREATE TABLE IF NOT EXISTS component_file (
  type TEXT, full_name TEXT, path TEXT, data BLOB NOT NULL, PRIMARY KEY (type, full_name, path));
CREATE TABLE IF NOT EXISTS flow_version (
  flow TEXT, number INTEGER, id TEXT NOT NULL, status TEXT NOT NULL, content BLOB NOT NULL,
  created_by TEXT NOT NULL, created TEXT NOT NULL, modified_by TEXT NOT NULL, modified TEXT NOT NULL,
  PRIMARY KEY (flow, number));
CREATE TABLE IF NOT EXISTS user (
  id TEXT PRIMARY KEY, username TEXT UNIQUE NOT NULL COLLATE NOCASE, name TEXT NOT NULL, profile TEXT NOT NULL,
  email TEXT NOT NULL, is_active INTEGER NOT NULL, user_type TEXT NOT NULL, is_flow_user INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS holder (name TEXT PRIMARY KEY, id TEXT NOT NULL, facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS assignment (
  id TEXT PRIMARY KEY, assignee TEXT NOT NULL, holder TEXT NOT NULL, grp TEXT NOT NULL DEFAULT '',
  UNIQUE (assignee, holder, grp));
CREATE TABLE IF NOT EXISTS expiry (assignment TEXT PRIMARY KEY, moment TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS credential (
  external_credential TEXT, principal TEXT, principal_type TEXT, user_id TEXT, name TEXT,
  id TEXT NOT NULL, value TEXT NOT NULL, encrypted INTEGER NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (external_credential, principal, principal_type, user_id, name));
CREATE TABLE IF NOT EXISTS session (
  token TEXT PRIMARY KEY, user_id TEXT NOT NULL, created TEXT NOT NULL, expired INTEGER NOT NULL,
  kind TEXT NOT NULL DEFAULT 'access');
CREATE TABLE IF NOT EXISTS job (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, status TEXT NOT NULL, created_by TEXT NOT NULL, created TEXT NOT NULL,
  due TEXT NOT NULL, options TEXT NOT NULL, result TEXT NOT NULL, payload BLOB NOT NULL, completed TEXT,
  canceled_by TEXT);
CREATE INDEX IF NOT EXISTS job_waiting ON job (due) WHERE completed IS NULL;
CREATE TABLE IF NOT EXISTS document (
  collection TEXT, key TEXT, value TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (collection, key));
CREATE INDEX IF NOT EXISTS user_short_id ON user (substr(id, 1, 15));
CREATE INDEX IF NOT EXISTS holder_short_id ON holder (substr(id, 1, 15));
CREATE INDEX IF NOT EXISTS job_short_id ON job (substr(id, 1, 15));
CREATE INDEX IF NOT EXISTS assignment_assignee ON assignment (assignee);
CREATE INDEX IF NOT EXISTS document_order ON document (collection, sequence);
"""


class Database:
    """Wraps the one connection. Every statement runs under `lock`, which a thread may take more than once."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._depth = 0
        self._owner = 0
        """The thread whose transaction is open."""
        self.stamp = 0
        """Changes whenever something was committed or rolled back."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Made before SQLite opens it, so that the file is private from its first byte on.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._prepare()

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA busy_timeout = 10000")
        try:
            version = run("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise UsageError(
                f"The local org's state file cannot be read ({error})",
                file=str(self.path),
                actions=("Run `sfsetup local reset` to begin with an empty org.",),
            ) from error
        if version > FORMAT:
            self._connection.close()
            raise UsageError(
                f"The local org's state has format {version}; this sfsetup knows formats up to {FORMAT}",
                file=str(self.path),
                actions=("Use the newer sfsetup that wrote it.", "Or run `sfsetup local reset` to begin anew."),
            )
        # WAL: a killed process leaves either the whole last transaction or none of it.
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run("PRAGMA secure_delete = ON")
        self._connection.executescript(_TABLES)
        run(f"PRAGMA user_version = {FORMAT}")

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.lock:
            return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with self.lock:
            row: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
            return row

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Runs one statement; returns the number of rows it changed."""
        with self.lock:
            return self._connection.execute(sql, parameters).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Transactions nest: the inner one is a savepoint. Holds the lock."""
        with self.lock:
            name = f"s{self._depth}"
            self._connection.execute("BEGIN IMMEDIATE" if self._depth == 0 else f"SAVEPOINT {name}")
            self._depth += 1
            self._owner = threading.get_ident()
            try:
                yield
            except BaseException:
                self._depth -= 1
                self._undo(name)
                raise
            self._depth -= 1
            self.stamp += self._depth == 0
            try:
                self._connection.execute("COMMIT" if self._depth == 0 else f"RELEASE {name}")
            except sqlite3.Error:
                # Left open it would stand in the way of every later one.
                self._undo(name)
                raise

    def _undo(self, name: str) -> None:
        """Takes back what the transaction did that has just ended."""
        self.stamp += 1
        if not self._connection.in_transaction:
            return  # SQLite itself ends one that it cannot go on with
        if self._depth == 0:
            self._connection.execute("ROLLBACK")
        else:
            self._connection.execute(f"ROLLBACK TO {name}")
            self._connection.execute(f"RELEASE {name}")

    @property
    def is_mine(self) -> bool:
        """True inside a transaction of this thread: nobody else can write."""
        return bool(self._depth) and self._owner == threading.get_ident()

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Like `transaction`, without a savepoint of its own where one is open: for steps that never half succeed."""
        if self.is_mine:
            yield
        else:
            with self.transaction():
                yield

    def copy_to(self, path: Path) -> None:
        """Writes a consistent copy of the whole state to `path` (mode 0600)."""
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600))
        target = sqlite3.connect(path)
        try:
            with self.lock:
                self._connection.backup(target)
        finally:
            target.close()

    def compact(self) -> None:
        """Writes the file anew, so that nothing that was deleted is left in it."""
        with self.lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes the connection; the state is of no use afterwards."""
        with self.lock:
            self._connection.close()


def text_of(moment: datetime) -> str:
    """Stored form of a time: ISO 8601 with microseconds, UTC. Sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment_of(text: str) -> datetime:
    """Reads `text_of` back."""
    return datetime.fromisoformat(text)
