"""What an org shows of one integration and one user, gathered for a diagnosis. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sfsetup.apply.remote import signed_in_principals, stored_principals
from sfsetup.facts.permission_set import PermissionSet
from sfsetup.facts.reader import FactSet, read_facts
from sfsetup.metadata.layout import SourceFile
from sfsetup.metadata.types import file_name
from sfsetup.model.finding import ComponentRef
from sfsetup.model.snapshot import FlowVersions, OrgComponent, PrincipalState, UserState

if TYPE_CHECKING:
    from sfsetup.org.access import Access, ObjectRights
    from sfsetup.org.connection import OrgConnection
    from sfsetup.spec.model import IntegrationSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgEvidence:
    """Everything that `diagnose` looks at."""

    user: UserState
    username: str
    facts: FactSet
    versions: FlowVersions | None
    stored: tuple[PrincipalState, ...]
    unknown: Mapping[ComponentRef, str]
    sees_setup: bool
    """False for a looker without View Setup: an empty answer then proves nothing."""
    asked_by: str
    """Username of the session."""
    access: Access | None
    """None when the org has no such user."""

    @property
    def holders(self) -> tuple[PermissionSet, ...]:
        """The permission sets assigned to the user, as far as they were read."""
        return tuple(one for one in self.facts.permission_sets if one.full_name in self.user.assigned)

    def principals_of(self, credential: str) -> frozenset[str] | None:
        """Names of the principals that the user was given from any source; None where the org does not tell."""
        ids = self.access.principals(credential) if self.access else None
        given = self.access.entities(tuple(ids.values())) if self.access and ids else None
        if ids is None or given is None:
            return None
        return frozenset(name for name, one in ids.items() if any(one[:15] == other[:15] for other in given))

    def object_rights(self, name: str) -> ObjectRights | None:
        """Rights on an object from any source; None where the org does not tell."""
        return self.access.on_object(name) if self.access else None

    def stored_for(self, principals: Sequence[str]) -> PrincipalState | None:
        """What is stored for the first of these principals that stores anything at all."""
        for name in principals:
            for state in self.stored:
                if state.principal == name:
                    return state
        return None


def gather(spec: IntegrationSpec, connection: OrgConnection, username: str) -> OrgEvidence:
    """Asks the org. Raises Unreachable, LoginFailed, OrgRefused of the session."""
    from sfsetup.org.access import Access
    from sfsetup.org.snapshot import Wanted, take_snapshot

    (user,) = connection.people.users([username])
    refs = [
        ComponentRef("ExternalCredential", spec.external_credential.name),
        ComponentRef("NamedCredential", spec.named_credential.name),
        ComponentRef("ExternalServiceRegistration", spec.service.name),
        ComponentRef("PermissionSet", spec.permission_set.name),
        *(ComponentRef("PermissionSet", name) for name in sorted(user.assigned - {spec.permission_set.name})),
    ]
    flow = spec.flow.name if spec.flow else None
    if flow:
        refs.append(ComponentRef("Flow", flow))
    principals = (*stored_principals(spec), *signed_in_principals(spec))
    found = take_snapshot(connection, Wanted(components=refs, principals=principals, flows=[flow] if flow else []))
    return OrgEvidence(
        user=user,
        username=user.username,
        facts=read_facts(_files(found.components)),
        versions=found.flows.get(flow or ""),
        stored=found.principals,
        unknown=found.unknown,
        sees_setup=not any(right.startswith("View Setup") for right in found.missing_rights),
        asked_by=connection.info.username,
        access=Access(connection.rest, user.id) if user.id else None,
    )


def _files(components: Mapping[ComponentRef, OrgComponent]) -> Iterator[SourceFile]:
    for ref, component in components.items():
        path = file_name(ref.type, ref.full_name, source=False)
        yield SourceFile(ref.type, ref.full_name, path, partial(bytes, component.content))
