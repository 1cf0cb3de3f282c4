"""Reads from an org what a plan needs to know. What the org did not tell is unknown, never absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sfsetup.errors import OrgRefused
from sfsetup.metadata.types import type_of_file
from sfsetup.model.component import ComponentSet
from sfsetup.model.event import Event, Listener, nobody
from sfsetup.model.finding import ComponentRef
from sfsetup.model.snapshot import (
    FlowVersions,
    OrgComponent,
    OrgSnapshot,
    PrincipalState,
    RegisteredOperation,
    UserState,
)
from sfsetup.org.connection import OrgConnection
from sfsetup.org.credentials import Principal
from sfsetup.org.jobs import FileProperties, Retrieved
from sfsetup.org.people import Rights

NEEDS_VIEW_SETUP = frozenset({"NamedCredential", "ExternalCredential"})
"""Types of which an org shows nothing, without an error, to a user without View Setup (metadata types, 7)."""
CANNOT_SEE = "this user lacks 'View Setup and Configuration', so an empty answer tells nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a snapshot is to hold."""

    components: Sequence[ComponentRef] = ()
    principals: Sequence[Principal] = ()
    flows: Sequence[str] = ()
    users: Sequence[str] = ()
    """Usernames; `me` is the session's user."""
    operations: Sequence[tuple[str, str]] = ()
    """(service, operation) whose actions are asked for."""

    @staticmethod
    def of(components: ComponentSet, **others: Sequence[object]) -> Wanted:
        """The components of a set, and what else is named."""
        flows = [c.full_name for c in components if c.type == "Flow"]
        arguments: dict[str, object] = {"components": [c.ref for c in components], "flows": flows, **others}
        return Wanted(**arguments)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Taken:
    components: dict[ComponentRef, OrgComponent] = field(default_factory=dict)
    unknown: dict[ComponentRef, str] = field(default_factory=dict)


def take_snapshot(connection: OrgConnection, wanted: Wanted, *, listener: Listener = nobody) -> OrgSnapshot:
    """Asks the org for everything wanted; reads only. Raises Unreachable, LoginFailed, or OrgRefused of the session."""
    listener(Event("snapshot.started", f"Reading {connection.info.username} at {connection.instance_url}."))
    rights = connection.people.rights()
    taken = _components(connection, wanted.components, rights, listener)
    return OrgSnapshot(
        org=connection.info,
        components=taken.components,
        unknown=taken.unknown,
        principals=tuple(_principal(connection, principal, taken, rights) for principal in wanted.principals),
        flows=_flows(connection, wanted.flows, taken, rights),
        operations=_operations(connection, wanted, taken),
        users=_users(connection, wanted.users),
        missing_rights=rights.missing_for_deploy,
        limits=_limits(connection),
    )


def _components(connection: OrgConnection, refs: Sequence[ComponentRef], rights: Rights, listener: Listener) -> _Taken:
    taken = _Taken()
    members: dict[str, list[str]] = {}
    for ref in refs:
        members.setdefault(ref.type, []).append(ref.full_name)
    if not members:
        return taken
    try:
        found = connection.metadata.retrieve(members, listener=listener)
    except OrgRefused as error:
        taken.unknown.update(dict.fromkeys(refs, f"the org refused to be read: {error.message}"))
        return taken
    taken.components.update(by_ref(found))
    sees_setup = rights.has("PermissionsViewSetup")
    for ref in refs:
        if ref in taken.components:
            continue
        if ref.type in NEEDS_VIEW_SETUP and sees_setup is not True:
            taken.unknown[ref] = CANNOT_SEE if sees_setup is False else "the org does not tell this user's rights"
        elif reason := _reason(ref, found.messages):
            taken.unknown[ref] = reason
    return taken


_ABSENT = ("no entity of type", "cannot be found", "not found")
"""Remarks of a retrieve that mean that there is no such component, as in `Entity of type 'X' … cannot be found`."""


def _reason(ref: ComponentRef, messages: Sequence[str]) -> str | None:
    """Why the org left a component out, if it says anything other than that there is none."""
    for message in messages:
        if ref.full_name in message and not any(text in message.lower() for text in _ABSENT):
            return message
    return None


def by_ref(found: Retrieved) -> dict[ComponentRef, OrgComponent]:
    """The components of a retrieve, with what the org tells of each beside its file."""
    properties: dict[tuple[str, str], FileProperties] = {(p.type, p.full_name): p for p in found.properties}
    components: dict[ComponentRef, OrgComponent] = {}
    for path, content in found.files.items():
        known = type_of_file(path)
        if known is None:
            continue
        kind, full_name = known
        told = properties.get((kind.name, full_name))
        ref = ComponentRef(kind.name, full_name)
        components[ref] = OrgComponent(
            ref=ref,
            content=content,
            id=told.id if told else None,
            last_modified_by=told.last_modified_by if told else None,
            last_modified_by_id=told.last_modified_by_id if told else None,
            last_modified_date=told.last_modified_date if told else None,
        )
    return components


def _principal(connection: OrgConnection, principal: Principal, taken: _Taken, rights: Rights) -> PrincipalState:
    ref = ComponentRef("ExternalCredential", principal.external_credential)
    if ref not in taken.components and ref not in taken.unknown:
        # no external credential, nothing stored; the org would answer with an error
        return PrincipalState(principal.external_credential, principal.name)
    try:
        state = connection.credentials.get(principal)
    except OrgRefused:
        return PrincipalState(principal.external_credential, principal.name, known=False)
    if not state.parameters and rights.has("PermissionsViewSetup") is not True:
        # Connect leaves properties empty for a user without View Setup (wire protocols, 3.2)
        return PrincipalState(principal.external_credential, principal.name, known=False)
    return state


def _flows(
    connection: OrgConnection, names: Sequence[str], taken: _Taken, rights: Rights
) -> Mapping[str, FlowVersions]:
    try:
        found = connection.actions.flow_versions(names)
        if rights.has("PermissionsViewSetup") is not True:
            for name in names:
                if name not in found:
                    taken.unknown.setdefault(ComponentRef("Flow", name), CANNOT_SEE)
        return found
    except OrgRefused as error:
        for name in names:
            taken.unknown.setdefault(ComponentRef("Flow", name), f"its versions cannot be read: {error.message}")
        return {}


def _operations(connection: OrgConnection, wanted: Wanted, taken: _Taken) -> tuple[RegisteredOperation, ...]:
    found = []
    for service, operation in wanted.operations:
        ref = ComponentRef("ExternalServiceRegistration", service)
        if ref in wanted.components and ref not in taken.components and ref not in taken.unknown:
            # no registration, no action
            continue
        try:
            told = connection.actions.operation(service, operation)
        except OrgRefused:
            continue
        if told is not None:
            found.append(told)
    return tuple(found)


def _users(connection: OrgConnection, usernames: Sequence[str]) -> tuple[UserState, ...]:
    return connection.people.users(usernames)


def _limits(connection: OrgConnection) -> Mapping[str, tuple[int, int]]:
    try:
        return connection.rest.limits()
    except OrgRefused:
        return {}
