"""Settings of the org, its switches, its clock, and small documents of other parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sfsetup.errors import UsageError
from sfsetup.localorg.state.database import Database
from sfsetup.localorg.state.values import OrgSettings
from sfsetup.localorg.stored import loads
from sfsetup.localorg.switches import SWITCHES


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    """Settings are read with every request, and seldom change."""
    return loads(text)


class Settings:
    """Named JSON values. `org` is the one everybody asks for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        """The value stored under `key`, or `default`. Shared with other readers: never to be changed in place."""
        row = self._database.one("SELECT value FROM setting WHERE key = ?", (key,))
        return _parsed(row[0]) if row else default

    def set(self, key: str, value: Any) -> None:
        """Stores a JSON value."""
        self._database.run("INSERT OR REPLACE INTO setting VALUES (?, ?)", (key, json.dumps(value)))

    @property
    def org(self) -> OrgSettings:
        """Which org this is."""
        return OrgSettings(**self.get("org"))

    @org.setter
    def org(self, value: OrgSettings) -> None:
        self.set("org", asdict(value))

    @property
    def job_seconds(self) -> float:
        """How long deploys and retrieves take by the org's clock; 0 = done with the request."""
        return float(self.get("job_seconds", 0))


MOST_AHEAD = 100 * 365 * 86_400
"""Seconds by which the org's clock may differ from the machine's."""


class Clock:
    """The org's time: the system's, plus what tests and `advance` added. Kept with the state."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + timedelta(seconds=float(self._settings.get("clock_offset", 0)))

    def advance(self, seconds: float) -> None:
        """Lets time pass without anybody waiting. Raises UsageError beyond MOST_AHEAD."""
        offset = float(self._settings.get("clock_offset", 0)) + seconds
        if not -MOST_AHEAD <= offset <= MOST_AHEAD:
            raise UsageError("The org's clock can be 100 years away from the machine's at most")
        self._settings.set("clock_offset", offset)


class Switches:
    """One switch per uncertain fact; the table is localorg/switches.py."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def on(self, name: str) -> bool:
        """Raises UsageError for an unknown name."""
        if name not in SWITCHES:
            raise UsageError(
                f"The local org has no switch {name!r}", actions=("`sfsetup local switches` lists them all.",)
            )
        return bool(self._settings.get("switches", {}).get(name, SWITCHES[name].default))

    def set(self, name: str, value: bool) -> None:
        """Turns a switch. Raises UsageError for an unknown name."""
        self.on(name)
        self._settings.set("switches", {**self._settings.get("switches", {}), name: value})

    def all(self) -> dict[str, bool]:
        """Every switch and how it stands."""
        return {name: self.on(name) for name in sorted(SWITCHES)}


class Documents:
    """Collections of JSON documents in the order they came: request log, vendor settings, armed faults …"""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, collection: str, key: str, value: Any) -> None:
        """Stores or replaces one document; a replaced one keeps its place."""
        with self._database.transaction():
            row = self._database.one("SELECT COALESCE(MAX(sequence), 0) + 1 FROM document")
            sequence = row[0] if row else 1
            self._database.run(
                "INSERT INTO document VALUES (?, ?, ?, ?) "
                "ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value",
                (collection, key, json.dumps(value), sequence),
            )

    def append(self, collection: str, value: Any, *, keep: int | None = None) -> str:
        """Adds a document under a new key, which is returned; `keep` bounds the collection, oldest go first."""
        with self._database.transaction():
            row = self._database.one("SELECT COALESCE(MAX(sequence), 0) + 1 FROM document")
            key = f"{row[0] if row else 1:012d}"
            self.put(collection, key, value)
            if keep is not None:
                self._database.run(
                    "DELETE FROM document WHERE collection = ? AND key NOT IN "
                    "(SELECT key FROM document WHERE collection = ? ORDER BY sequence DESC LIMIT ?)",
                    (collection, collection, keep),
                )
            return key

    def get(self, collection: str, key: str, default: Any = None) -> Any:
        """One document, or `default`."""
        row = self._database.one("SELECT value FROM document WHERE collection = ? AND key = ?", (collection, key))
        return loads(row[0]) if row else default

    def items(self, collection: str) -> list[tuple[str, Any]]:
        """All documents of a collection with their keys, oldest first."""
        rows = self._database.all(
            "SELECT key, value FROM document WHERE collection = ? ORDER BY sequence", (collection,)
        )
        return [(key, loads(value)) for key, value in rows]

    def delete(self, collection: str, key: str | None = None) -> int:
        """Deletes one document, or the whole collection; returns how many went."""
        if key is None:
            return self._database.run("DELETE FROM document WHERE collection = ?", (collection,))
        return self._database.run("DELETE FROM document WHERE collection = ? AND key = ?", (collection, key))

    @contextmanager
    def changing(self, collection: str, key: str, default: Any) -> Iterator[Any]:
        """Reads a document, lets the caller change it in place, stores it: one transaction."""
        with self._database.transaction():
            value = self.get(collection, key, default)
            yield value
            self.put(collection, key, value)
