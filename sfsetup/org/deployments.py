"""Deployments of an org, whoever began them, as its Tooling API lists them: to see who else changes it meanwhile.

`DeployRequest` (reference 'wire protocols', 1.4; the columns asked for here are those that public tools ask real orgs
for). Which statuses there are grows with the versions, so only those known as ends count as ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Query = Callable[[str], Sequence[Mapping[str, Any]]]
"""Runs a Tooling query and returns its records."""

ENDED = frozenset({"Succeeded", "SucceededPartial", "Failed", "Canceled", "FinalizingFailed"})
"""DeployStatus of a job that has ended (Metadata WSDL 63 to 68)."""

_RECENT = (
    "SELECT Id, Status, CheckOnly, CreatedDate, CompletedDate, CreatedBy.Name FROM DeployRequest "
    "ORDER BY CreatedDate DESC LIMIT 50"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployRequest:
    """One deployment of the org. Times are the org's own; None where it does not tell."""

    id: str
    status: str
    check_only: bool
    created: datetime | None = None
    completed: datetime | None = None
    created_by: str | None = None

    @property
    def ended(self) -> bool:
        """False while it runs or waits, and for statuses that nobody knows yet."""
        return self.status in ENDED

    @property
    def changes_nothing(self) -> bool:
        """True for check-only ones, and for those that ended without bringing anything."""
        return self.check_only or self.status in ("Failed", "Canceled", "FinalizingFailed")

    def is_one_of(self, ids: Sequence[str]) -> bool:
        """Whether this is one of these jobs: ids have 15 or 18 characters, and the first 15 decide."""
        return any(self.id[:15] == known[:15] for known in ids)


def recent(query: Query) -> tuple[DeployRequest, ...]:
    """The latest deployments of the org, newest first. Raises OrgRefused where this user may not see them."""
    return tuple(
        DeployRequest(
            id=str(record.get("Id") or ""),
            status=str(record.get("Status") or ""),
            check_only=bool(record.get("CheckOnly")),
            created=moment(record.get("CreatedDate")),
            completed=moment(record.get("CompletedDate")),
            created_by=_name(record.get("CreatedBy")),
        )
        for record in query(_RECENT)
    )


def moment(text: object) -> datetime | None:
    """A time as the APIs write it (`2026-11-26T18:19:36.000+0000`); None for anything else."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _name(entry: object) -> str | None:
    return str(entry["Name"]) if isinstance(entry, Mapping) and entry.get("Name") else None
