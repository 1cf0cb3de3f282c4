"""Removes an integration from an org, in the order in which nothing removed is still referred to.

Flow (deactivated first), assignments, permission set, registration, named credential, external credential with its
secrets: reference 'metadata types' section 6. A permission set that gives access to the flow goes before it. What
others have put into these components is lost with them, so that needs `--allow-destructive`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sfsetup.apply.permission import unseen
from sfsetup.apply.tasks import Task, delete
from sfsetup.errors import UsageError
from sfsetup.model.plan import Action, Change, StageName, Step, Undo
from sfsetup.planning.diff import compare, raw
from sfsetup.planning.merge import merge

if TYPE_CHECKING:
    from sfsetup.apply.prepare import Prepared
    from sfsetup.apply.remote import Remote
    from sfsetup.model.component import Component
    from sfsetup.model.snapshot import OrgComponent

_ORDER = ("ExternalServiceRegistration", "NamedCredential", "ExternalCredential")


@dataclass(frozen=True, slots=True)
class Destruction:
    """What a destroy would do; made from a snapshot, does nothing by itself."""

    prepared: Prepared
    remote: Remote
    wait: float

    def tasks(self) -> list[Task]:
        """The tasks in order; empty when the org has nothing of the integration."""
        flow, sets = list(self._flow()), [*self._assignments(), *self._components(("PermissionSet",))]
        first = [*flow[:-1], *sets, *flow[-1:]] if self._set_names_flow() else [*flow, *sets]
        return [*first, *self._components(_ORDER)]

    def _set_names_flow(self) -> bool:
        return any(
            component.type == "PermissionSet" and grants_flow(existing.content)
            for component, existing in self._existing()
        )

    def check(self, *, allow_destructive: bool) -> None:
        """Raises OrgRefused if it cannot be seen what would be lost, UsageError if others would lose something."""
        plan = self.prepared.plan
        if plan.unknown:
            raise unseen(plan, "what it would remove")
        foreign = self.foreign()
        if foreign and not allow_destructive:
            raise UsageError(
                "These components hold more than this integration put there; nothing was removed.",
                actions=[*foreign, "Add --allow-destructive if all of it is to go."],
            )

    def foreign(self) -> tuple[str, ...]:
        """What would be lost beside the integration itself, one sentence each."""
        return tuple(
            f"{component.type} {component.full_name}: {what}"
            for component, existing in self._existing()
            for what in _foreign(component, existing)
        )

    def _existing(self) -> Iterator[tuple[Component, OrgComponent]]:
        seen = set()
        # a later stage's form of a component is the whole one
        for component in sorted(self.prepared.components, key=lambda one: -one.stage):
            existing = self.prepared.snapshot.components.get(component.ref)
            if existing is not None and component.ref not in seen:
                seen.add(component.ref)
                yield component, existing

    def _flow(self) -> Iterator[Task]:
        for component, existing in self._existing():
            if component.type != "Flow":
                continue
            versions = self.prepared.snapshot.flows.get(component.full_name)
            if versions is not None and versions.active is not None:
                change = Change("activeVersion", f"version {versions.active}", None)
                yield Task(
                    _step(StageName.FLOW, Action.UPDATE, component, "deactivate", (change,), Undo.DEACTIVATE),
                    partial(self.remote.activate, component.full_name, None),
                    f"Flow {component.full_name} deactivated",
                )
            yield self._delete(component, existing, StageName.FLOW, Undo.NEVER)

    def _assignments(self) -> Iterator[Task]:
        for component, _existing in self._existing():
            if component.type != "PermissionSet":
                continue
            for user_id, username in self.remote.assigned_users(component.full_name):
                yield Task(
                    _step(
                        StageName.ASSIGN,
                        Action.DELETE,
                        component,
                        f"unassign/{username}",
                        (Change("assignment", username, None),),
                        Undo.ROLLBACK,
                    ),
                    partial(self.remote.unassign, user_id, component.full_name),
                    f"{component.full_name} taken from {username}",
                )

    def _components(self, types: Sequence[str]) -> Iterator[Task]:
        for type_name in types:
            for component, existing in self._existing():
                if component.type == type_name:
                    lasting = type_name == "ExternalCredential"
                    undo = Undo.NEVER if lasting else Undo.ROLLBACK
                    yield self._delete(component, existing, StageName.METADATA, undo)

    def _delete(self, component: Component, existing: OrgComponent, stage: StageName, undo: Undo) -> Task:
        changes = [Change("", "present", None, destructive=True)]
        if component.type == "ExternalCredential":
            changes += [
                Change(f"principal[{state.principal}].{name}", "stored", None, destructive=True)
                for state in self.prepared.snapshot.principals
                for name in sorted(state.parameters)
            ]
        changes += [Change("", what, None, destructive=True) for what in _foreign(component, existing)]
        version = self.prepared.components.api_version
        return Task(
            _step(stage, Action.DELETE, component, "delete", tuple(changes), undo),
            partial(delete, self.remote, component.type, component.full_name, version, self.wait),
            f"{component.type} {component.full_name} deleted",
        )


def grants_flow(permission_set: bytes) -> bool:
    """True for a permission set that gives access to some flow."""
    return bool(raw(permission_set).get("flowAccesses"))


def _foreign(component: Component, existing: OrgComponent) -> tuple[str, ...]:
    if component.type == "Flow":
        changed = compare("Flow", existing.content, component.content)
        who = f" by {existing.last_modified_by}" if existing.last_modified_by else ""
        when = f" on {existing.last_modified_date}" if who and existing.last_modified_date else ""
        return (f"changed in the org{who}{when}",) if changed else ()
    return merge(component, existing.content).kept


def _step(
    stage: StageName, action: Action, component: Component, what: str, changes: tuple[Change, ...], undo: Undo
) -> Step:
    return Step(
        id=f"{stage.value}/{component.type}/{component.full_name}/{what}",
        stage=stage,
        action=action,
        type=component.type,
        full_name=component.full_name,
        changes=changes,
        undo=undo,
    )
