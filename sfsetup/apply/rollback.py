"""Takes an org back to before a deploy, from the backup that the deploy left.

What somebody changed after the deploy is not overwritten: it is told and left, unless that is allowed. A stored secret
cannot be brought back, and the versions of a flow that a deploy made stay in the org, inactive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sfsetup.apply.backups import Backup, Part
from sfsetup.apply.destroy import grants_flow
from sfsetup.apply.tasks import Task, delete, restore
from sfsetup.errors import UsageError
from sfsetup.model.component import Component
from sfsetup.model.finding import ComponentRef
from sfsetup.model.plan import Action, Change, StageName, Step, Undo
from sfsetup.model.snapshot import FlowVersions
from sfsetup.planning.diff import compare

if TYPE_CHECKING:
    from sfsetup.apply.remote import Remote
    from sfsetup.model.snapshot import OrgComponent

_ORDER = ("PermissionSet", "ExternalServiceRegistration", "NamedCredential", "ExternalCredential")
"""Order of deleting: what refers to something goes before it."""
_USERS = {
    "NamedCredential": ("ExternalServiceRegistration",),
    "ExternalCredential": ("NamedCredential", "PermissionSet"),
}
"""What may refer to a component of an integration: while it is there, an org does not delete that component."""


@dataclass
class Rollback:
    """What going back would do. `look` reads the org; `tasks` then tells what is to be done."""

    backup: Backup
    remote: Remote
    wait: float
    overwrite: bool = False
    """Also undo what others have changed since."""
    kept: list[str] = field(default_factory=list)
    """What is left as it is, and why."""
    _now: dict[ComponentRef, OrgComponent] = field(default_factory=dict)
    _versions: FlowVersions | None = None
    _left: list[Part] = field(default_factory=list)
    """Those that others have changed."""

    def look(self) -> None:
        """Reads what the org has now. Raises what the org says."""
        from sfsetup.org.snapshot import Wanted, take_snapshot

        refs = [ComponentRef(part.type, part.full_name) for part in self.backup.parts]
        flows = [self.backup.flow] if self.backup.flow else []
        found = take_snapshot(self.remote.connection, Wanted(components=refs, flows=flows))
        self._now = dict(found.components)
        self._versions = found.flows.get(self.backup.flow or "")
        self.kept = [f"{ref}: {reason}" for ref, reason in found.unknown.items()]

    def tasks(self) -> list[Task]:
        """The tasks in order. Empty when the org is as it was.

        Raises UsageError where a flow that stays needs what would be removed.
        """
        parts = self._without_used([part for part in self.backup.parts if self._may_touch(part)])
        flow, assignments = list(self._flow(parts)), list(self._assignments())
        sets = [part for part in parts if part.type == "PermissionSet"]
        if not any(grants_flow(part.sent) for part in sets):
            return [*flow, *assignments, *self._restored(parts), *self._deleted(parts), *self._secrets()]
        # a flow to which a permission set gives access goes after it
        others = [part for part in parts if part not in sets]
        gone = [task for task in flow if task.step.action is Action.DELETE]
        return [
            *(task for task in flow if task not in gone),
            *assignments,
            *self._restored(sets),
            *self._deleted(sets),
            *gone,
            *self._restored(others),
            *self._deleted(others),
            *self._secrets(),
        ]

    def _may_touch(self, part: Part) -> bool:
        now = self._now.get(ComponentRef(part.type, part.full_name))
        if now is None:
            if part.before is not None and any(text.startswith(f"{part.type} {part.full_name}:") for text in self.kept):
                return False
            return part.before is not None and part.type != "Flow"
        if part.type == "Flow":
            return True
        if not compare(part.type, now.content, part.before):
            return False
        if self.overwrite or not compare(part.type, now.content, part.sent):
            return True
        who = f" by {now.last_modified_by}" if now.last_modified_by else ""
        when = f" on {now.last_modified_date}" if who and now.last_modified_date else ""
        self.kept.append(f"{part.type} {part.full_name} was changed{who}{when} after the deploy and is left as it is.")
        self._left.append(part)
        return False

    def _without_used(self, parts: list[Part]) -> list[Part]:
        """The parts without those that would be deleted while something that is left refers to them."""
        left = list(self._left)
        for type_name, users in _USERS.items():
            for part in [one for one in parts if one.type == type_name and one.before is None]:
                user = next((one for one in left if one.type in users), None)
                if user is not None:
                    parts.remove(part)
                    left.append(part)
                    self.kept.append(
                        f"{type_name} {part.full_name} stays, because {user.type} {user.full_name} may use it."
                    )
        return parts

    def _flow(self, parts: list[Part]) -> Iterator[Task]:
        part = next((one for one in parts if one.type == "Flow"), None)
        if self._versions is None:
            return
        if part is None:
            yield from self._activated()
            return
        name = part.full_name
        active, before = self._versions.active, self.backup.active_before
        if self._has_newer_version() and not self.overwrite:
            if part.before is None:
                raise UsageError(
                    f"Flow {name}, which the deploy made, has version {self._versions.latest}{self._editor()}, which "
                    "came after it; without what else the deploy brought it would fail. Nothing was changed.",
                    actions=["Add --allow-destructive to remove the flow with all its versions, and the rest with it."],
                )
            self.kept.append(
                f"Flow {name} has version {self._versions.latest}{self._editor()}, which came after the deploy, and is "
                "left as it is."
            )
            return
        if part.before is None:
            if active is not None:
                yield self._activation(name, active, None)
            yield self._delete(part)
        elif active != before:
            yield self._activation(name, active, before)
            self.kept.append(f"Version {self._versions.latest} of flow {name} stays in the org, inactive.")

    def _has_newer_version(self) -> bool:
        after, latest = self.backup.latest_after, self._versions.latest if self._versions else None
        return after is not None and latest is not None and latest > after

    def _editor(self) -> str:
        who = self._versions.last_modified_by if self._versions else None
        return f" by {who}" if who else ""

    def _activated(self) -> Iterator[Task]:
        """The deploy sent no flow and made a version active that was there."""
        name, wanted = self.backup.flow, self.backup.activated
        if name is None or wanted is None or self._versions is None:
            return
        active, before = self._versions.active, self.backup.active_before
        if active == before:
            return
        if active != wanted and not self.overwrite:
            self.kept.append(f"Version {active} of flow {name} was made active after the deploy and stays active.")
            return
        yield self._activation(name, active, before)

    def _activation(self, name: str, active: int | None, wanted: int | None) -> Task:
        step = Step(
            id=f"flow/{name}/activate",
            stage=StageName.FLOW,
            action=Action.UPDATE,
            type="Flow",
            full_name=name,
            changes=(Change("activeVersion", _version(active), _version(wanted)),),
        )
        said = f"Flow {name}: version {wanted} active again" if wanted is not None else f"Flow {name} deactivated"
        return Task(step, partial(self.remote.activate, name, wanted), said)

    def _assignments(self) -> Iterator[Task]:
        name = self.backup.permission_set
        holders = {user_id for user_id, _ in self.remote.assigned_users(name)} if self.backup.assigned else set()
        for user_id, username in self.backup.assigned:
            if user_id in holders:
                step = Step(
                    id=f"assign/{name}/{username}",
                    stage=StageName.ASSIGN,
                    action=Action.DELETE,
                    type="PermissionSet",
                    full_name=name,
                    changes=(Change("assignment", username, None),),
                )
                yield Task(step, partial(self.remote.unassign, user_id, name), f"{name} taken from {username}")

    def _restored(self, parts: list[Part]) -> Iterator[Task]:
        """All that is brought back goes in one job, so that it comes back whole or not at all."""
        changed = [part for part in parts if part.before is not None and part.type != "Flow"]
        components = [
            Component(part.type, part.full_name, part.before, part.stage) for part in changed if part.before is not None
        ]
        version = self.backup.api_version
        for index, part in enumerate(changed):
            now = self._now.get(ComponentRef(part.type, part.full_name))
            step = Step(
                id=f"metadata/{part.type}/{part.full_name}",
                stage=StageName.METADATA,
                action=Action.UPDATE if now is not None else Action.CREATE,
                type=part.type,
                full_name=part.full_name,
                changes=compare(part.type, now.content if now else None, part.before),
            )
            act = partial(restore, self.remote, components, version, self.wait) if index == 0 else _nothing
            yield Task(step, act, f"{part.type} {part.full_name} as it was")

    def _deleted(self, parts: list[Part]) -> Iterator[Task]:
        for type_name in _ORDER:
            for part in parts:
                if part.type == type_name and part.before is None:
                    yield self._delete(part)

    def _delete(self, part: Part) -> Task:
        step = Step(
            id=f"metadata/{part.type}/{part.full_name}/delete",
            stage=StageName.FLOW if part.type == "Flow" else StageName.METADATA,
            action=Action.DELETE,
            type=part.type,
            full_name=part.full_name,
            changes=(Change("", "present", None, destructive=True),),
            undo=Undo.NEVER if part.type == "ExternalCredential" else Undo.ROLLBACK,
        )
        act = partial(delete, self.remote, part.type, part.full_name, self.backup.api_version, self.wait)
        return Task(step, act, f"{part.type} {part.full_name} deleted")

    def _secrets(self) -> Iterator[Task]:
        """Only what a person must know: a value that was written over is gone, whoever asks for it."""
        created = {
            part.full_name for part in self.backup.parts if part.type == "ExternalCredential" and part.before is None
        }
        for entry in self.backup.written:
            if entry["externalCredential"] in created:
                continue
            what = f"{entry['principal']} / {entry['parameter']}"
            if entry["before"]:
                self.kept.append(f"The value of {what} that was there before cannot be brought back.")
            else:
                self.kept.append(f"{what} stays stored; `sfsetup secret clear` deletes it.")
        yield from ()


def _version(number: int | None) -> str | None:
    return None if number is None else f"version {number}"


def _nothing() -> None:
    """Done by the job of the first restored component."""
