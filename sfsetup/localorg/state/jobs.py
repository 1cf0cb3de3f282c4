"""Deploy and retrieve jobs. Their state follows from the clock, never from how often somebody asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sfsetup.localorg.state.database import Database, moment_of, text_of
from sfsetup.localorg.state.identity import Identities
from sfsetup.localorg.state.settings import Clock, Settings
from sfsetup.localorg.state.values import Job
from sfsetup.localorg.stored import loads

_COLUMNS = "id, kind, status, created_by, created, due, options, result, payload, completed, canceled_by"

KEPT_RETRIEVES = 50
"""Retrieves whose archives stay: they are large, and nobody asks for old ones."""


class Jobs:
    """Jobs by id; `due` ones are run by whoever comes next (localorg/jobs.py)."""

    def __init__(self, database: Database, identities: Identities, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._identities = identities
        self._clock = clock
        self._settings = settings

    def add(self, kind: str, *, by: str, options: Mapping[str, object], payload: bytes = b"") -> Job:
        """Queues a job; it is due after the org's job time."""
        now = self._clock.now()
        identifier = self._identities.new("Deploy" if kind == "deploy" else "Retrieve")
        due = now + timedelta(seconds=self._settings.job_seconds)
        job = Job(identifier, kind, "Pending", by, now, due, options, {}, payload)
        self.save(job)
        if kind == "retrieve":
            self._database.run(
                "DELETE FROM job WHERE kind = 'retrieve' AND completed IS NOT NULL AND id NOT IN "
                "(SELECT id FROM job WHERE kind = 'retrieve' ORDER BY created DESC LIMIT ?)",
                (KEPT_RETRIEVES,),
            )
        return job

    def get(self, identifier: str) -> Job | None:
        """By id, of 15 or 18 characters."""
        row = self._database.one(f"SELECT {_COLUMNS} FROM job WHERE substr(id, 1, 15) = ?", (identifier[:15],))  # noqa: S608
        return _job(row) if row else None

    def save(self, job: Job) -> None:
        """Stores a job as it is now."""
        self._database.run(
            f"INSERT OR REPLACE INTO job ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                job.id,
                job.kind,
                job.status,
                job.created_by,
                text_of(job.created),
                text_of(job.due),
                json.dumps(job.options),
                json.dumps(job.result),
                job.payload,
                text_of(job.completed) if job.completed else None,
                job.canceled_by,
            ),
        )

    def due(self, moment: datetime) -> list[str]:
        """Ids of the jobs that have not run and are due at `moment`, in the order of their due times.

        One that was made after `moment` is due as well: the clock has been set back, and nobody knows by how much.
        """
        now = text_of(moment)
        rows = self._database.all(
            "SELECT id FROM job WHERE completed IS NULL AND (due <= ? OR created > ?) ORDER BY due, created, id",
            (now, now),
        )
        return [str(row[0]) for row in rows]

    def any_unfinished(self) -> bool:
        """True if a job has not run yet."""
        return self._database.one("SELECT 1 FROM job WHERE completed IS NULL LIMIT 1") is not None

    def of_kind(self, kind: str) -> list[Job]:
        """All jobs of a kind, oldest first."""
        rows = self._database.all(
            f"SELECT {_COLUMNS} FROM job WHERE kind = ? ORDER BY created, id",  # noqa: S608 constant columns
            (kind,),
        )
        return [_job(row) for row in rows]


def _job(row: tuple[object, ...]) -> Job:
    identifier, kind, status, created_by, created, due, options, result, payload, completed, canceled_by = row
    return Job(
        str(identifier),
        str(kind),
        str(status),
        str(created_by),
        moment_of(str(created)),
        moment_of(str(due)),
        loads(str(options)),
        loads(str(result)),
        bytes(payload),  # type: ignore[call-overload]
        moment_of(str(completed)) if completed else None,
        str(canceled_by) if canceled_by else None,
    )
