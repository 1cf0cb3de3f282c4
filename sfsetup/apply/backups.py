"""What an org had before a deploy, kept below the user's state folder so that `rollback` can bring it back.

No secret is in it: an org never gives one back. A right plan never needs these files; only `rollback` reads them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.store import private_folder, state_folder, write_private

if TYPE_CHECKING:
    from sfsetup.apply.prepare import Prepared
    from sfsetup.model.component import Component

KEPT = 50
"""Backups of one org; older ones go."""
_FORMAT = 1
_MAX_BYTES = 64 * 1024 * 1024
_NAME = re.compile(r"\d{8}T\d{9}-[A-Za-z0-9._-]{1,80}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One component of a deploy: as it was before, and as it was sent."""

    type: str
    full_name: str
    stage: int
    before: bytes | None
    """None: the org did not have it."""
    sent: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """All that a deploy was about to touch."""

    name: str
    spec: str
    org_id: str
    username: str
    environment: str | None
    api_version: str
    parts: tuple[Part, ...] = ()
    flow: str | None = None
    active_before: int | None = None
    """Active version of the flow before the deploy."""
    activated: int | None = None
    """The version that the deploy was to make active as it was, without sending the flow."""
    latest_after: int | None = None
    """Latest version of the flow after the deploy; None where that is not known."""
    permission_set: str = ""
    assigned: tuple[tuple[str, str], ...] = ()
    """(user id, username) of those who were to be assigned and had not been."""
    written: tuple[Mapping[str, Any], ...] = field(default=())
    """Parameters that the deploy was to write: {externalCredential, principal, parameter, before}."""

    def as_json(self) -> dict[str, Any]:
        """The file."""
        return {
            "format": _FORMAT,
            "spec": self.spec,
            "org": {"id": self.org_id, "username": self.username},
            "environment": self.environment,
            "apiVersion": self.api_version,
            "parts": [
                {
                    "type": part.type,
                    "fullName": part.full_name,
                    "stage": part.stage,
                    "before": _encoded(part.before),
                    "sent": _encoded(part.sent),
                }
                for part in self.parts
            ],
            "flow": {
                "fullName": self.flow,
                "activeBefore": self.active_before,
                "activated": self.activated,
                "latestAfter": self.latest_after,
            },
            "permissionSet": self.permission_set,
            "assigned": [list(pair) for pair in self.assigned],
            "written": [dict(entry) for entry in self.written],
        }


def of_plan(
    prepared: Prepared,
    sent: Sequence[Component],
    *,
    moment: datetime | None = None,
    latest_after: int | None = None,
) -> Backup:
    """The backup of a deploy that is about to send `sent`, or has sent it (`latest_after`)."""
    from sfsetup.model.plan import StageName

    spec, snapshot, plan = prepared.spec, prepared.snapshot, prepared.plan
    waiting = {change.after for step in plan.of_stage(StageName.ASSIGN) for change in step.changes}
    versions = snapshot.flows.get(spec.flow.name) if spec.flow else None
    parts: dict[tuple[str, str], Part] = {}
    for component in sent:
        existing = snapshot.components.get(component.ref)
        # the last form that is sent is what the org has afterwards
        parts[component.type, component.full_name] = Part(
            type=component.type,
            full_name=component.full_name,
            stage=component.stage,
            before=existing.content if existing else None,
            sent=component.content,
        )
    return Backup(
        name=_name(moment or datetime.now(UTC), spec.name),
        spec=spec.name,
        org_id=plan.org.id,
        username=plan.org.username,
        environment=plan.environment,
        api_version=prepared.components.api_version,
        parts=tuple(parts.values()),
        flow=spec.flow.name if spec.flow else None,
        active_before=versions.active if versions else None,
        activated=next((step.version for step in plan.steps if step.version is not None), None),
        latest_after=latest_after,
        permission_set=spec.permission_set.name,
        assigned=tuple((user.id, user.username) for user in snapshot.users if user.username in waiting and user.id),
        written=tuple(_written(prepared)),
    )


def _name(moment: datetime, spec: str) -> str:
    """UTC to the millisecond, so that names sort by time, and the integration."""
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}-{re.sub(r'[^A-Za-z0-9._-]', '_', spec)[:80]}"


def _written(prepared: Prepared) -> list[dict[str, Any]]:
    from sfsetup.protocols.registry import protocol_of

    credential = prepared.spec.external_credential
    steps = {step.id for step in prepared.plan.steps}
    states = {(s.external_credential, s.principal): s.parameters for s in prepared.snapshot.principals}
    return [
        {
            "externalCredential": credential.name,
            "principal": principal.name,
            "parameter": item.connect_name,
            "before": item.connect_name in states.get((credential.name, principal.name), {}),
        }
        for principal in credential.principals
        for item in protocol_of(credential).stored(credential, principal.name)
        if f"secret/{principal.name}/{item.connect_name}" in steps
    ]


def save(backup: Backup) -> None:
    """Writes a backup, in the place of one of the same name; drops the oldest ones of the org."""
    folder = private_folder("backups", backup.org_id[:15])
    write_private(folder / f"{backup.name}.json", json.dumps(backup.as_json(), indent=1).encode())
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)


def discard(backup: Backup) -> None:
    """Removes the backup of a deploy that changed nothing: to go back must mean the one before."""
    (_folder(backup.org_id) / f"{backup.name}.json").unlink(missing_ok=True)


def names(org_id: str) -> list[str]:
    """The backups of an org, oldest first."""
    return sorted(path.stem for path in _folder(org_id).glob("*.json"))


def load(org_id: str, name: str | None, spec: str | None = None) -> Backup:
    """The backup of this name, else the latest of the org (and of the integration).

    Raises UsageError when there is none, InvalidInput for a file that is damaged.
    """
    known = names(org_id)
    if name is None:
        fitting = [one for one in known if spec is None or one.partition("-")[2] == spec]
        if not fitting:
            raise UsageError("There is no backup of this org to go back to: nothing was deployed to it from here.")
        name = fitting[-1]
    if not _NAME.match(name) or name not in known:
        raise UsageError(
            f"There is no backup {name!r} of this org.",
            actions=[f"There are: {', '.join(known[-10:])}." if known else "There is none."],
        )
    return _read(_folder(org_id) / f"{name}.json", name)


def _folder(org_id: str) -> Path:
    return state_folder() / "backups" / org_id[:15]


def _read(path: Path, name: str) -> Backup:
    from sfsetup.text.documents import read_document
    from sfsetup.text.files import read_file

    value: Any = read_document(read_file(path, max_bytes=_MAX_BYTES), name=str(path), syntax="json").value
    try:
        if value["format"] != _FORMAT:
            raise ValueError(value["format"])
        return Backup(
            name=name,
            spec=value["spec"],
            org_id=value["org"]["id"],
            username=value["org"]["username"],
            environment=value["environment"],
            api_version=value["apiVersion"],
            parts=tuple(
                Part(
                    type=part["type"],
                    full_name=part["fullName"],
                    stage=part["stage"],
                    before=_decoded(part["before"]),
                    sent=_decoded(part["sent"]) or b"",
                )
                for part in value["parts"]
            ),
            flow=value["flow"]["fullName"],
            active_before=value["flow"]["activeBefore"],
            # not in the backups of earlier versions
            activated=value["flow"].get("activated"),
            latest_after=value["flow"].get("latestAfter"),
            permission_set=value["permissionSet"],
            assigned=tuple((pair[0], pair[1]) for pair in value["assigned"]),
            written=tuple(value["written"]),
        )
    except (KeyError, TypeError, ValueError, IndexError):
        raise InvalidInput("this backup is damaged or of another version of sfsetup", file=str(path)) from None


def _encoded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _decoded(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
