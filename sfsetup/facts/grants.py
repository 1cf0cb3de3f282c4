"""Who may call out: the three grants, and where they come from.

A caller needs access to the principal, access to the object User External Credentials, and the right to run the flow
(reference 'metadata types', section 4). Files tell what permission sets and groups grant; principal access that a
profile gives is in no file, and what profiles grant otherwise only partly. So an absence here is never proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cached_property

from sfsetup.facts.external_credential import ExternalCredential, Parameter
from sfsetup.facts.flow import Flow
from sfsetup.facts.graph import same_name
from sfsetup.facts.permission_set import (
    USER_EXTERNAL_CREDENTIAL,
    AccessFact,
    MutingPermissionSet,
    ObjectAccess,
    PermissionSet,
    PrincipalAccess,
)
from sfsetup.facts.permission_set_group import PermissionSetGroup
from sfsetup.facts.reader import FactSet
from sfsetup.model.names import principal_full_name
from sfsetup.values import dataclass

RUN_FLOWS = "RunFlow"
"""The user permission Run Flows, as metadata spells it."""
MANAGE_FLOWS = "ManageFlow"


class Level(Enum):
    """Access to the object User External Credentials, as much as a kind of principal asks for."""

    READ = "Read"
    FULL = "Read, Create, Edit and Delete"
    MODIFY_ALL = "Modify All Records"


def needed_level(credential: ExternalCredential, principal: Parameter | None = None) -> Level:
    """What callers need on User External Credentials.

    Documented: OAuth named principal Modify All Records, per-user principal all four. For the others Read is what
    real orgs and Salesforce's own set-up pages use; the documentation's table for them was not to be had.
    """
    kinds = {principal.type} if principal else {each.type for each in credential.principals}
    if "PerUserPrincipal" in kinds:
        return Level.FULL
    return Level.MODIFY_ALL if credential.protocol == "Oauth" else Level.READ


def gives_level(access: ObjectAccess | None, level: Level) -> bool:
    """True if an entry of objectPermissions reaches the level."""
    if access is None:
        return False
    if level is Level.MODIFY_ALL:
        return access.modify_all
    if level is Level.FULL:
        return access.read and access.create and access.edit and access.delete
    return access.read


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission set that enables a principal, and the groups by which it comes to users."""

    source: PermissionSet
    access: PrincipalAccess
    groups: tuple[PermissionSetGroup, ...] = ()
    muted_in: tuple[PermissionSetGroup, ...] = ()
    """Groups that hold the set and mute this access: there it does not count."""


class Missing(Enum):
    """A grant that a caller lacks."""

    PRINCIPAL = "principal access"
    OBJECT = "access to User External Credentials"
    RUN_FLOWS = "Run Flows"
    FLOW = "access to the flow"


class Grants:
    """Questions about access, answered from permission sets and groups among the facts."""

    def __init__(self, facts: FactSet) -> None:
        self.facts = facts

    def of_principal(self, credential: ExternalCredential, principal: str | None = None) -> tuple[Grant, ...]:
        """Permission sets that enable the principal (any of the credential's, if none is named)."""
        return tuple(
            Grant(each, access, self.groups_of(each), self._muted_in(each, access))
            for each in self.facts.permission_sets
            for access in each.principals
            if access.enabled
            and same_name(access.external_credential, credential.full_name)
            and principal in (None, access.principal)
        )

    def legacy_grants(self, credential: ExternalCredential) -> tuple[Parameter, ...]:
        """Principals that name their permission set inside the credential, the form before API 58.0."""
        return tuple(each for each in credential.principals if each.permission_set)

    def unknown_principals(
        self, credentials: Iterable[ExternalCredential] | None = None
    ) -> tuple[tuple[PermissionSet, PrincipalAccess], ...]:
        """Principal access whose external credential is among the facts and has no such principal."""
        known = tuple(self.facts.external_credentials if credentials is None else credentials)
        found = []
        for each in self.facts.permission_sets:
            for access in each.principals:
                credential = next((one for one in known if same_name(one.full_name, access.external_credential)), None)
                if credential and access.principal not in {principal.name for principal in credential.principals}:
                    found.append((each, access))
        return tuple(found)

    def groups_of(self, permission_set: PermissionSet) -> tuple[PermissionSetGroup, ...]:
        """Groups that hold a permission set."""
        return tuple(
            group
            for group in self.facts.permission_set_groups
            if any(same_name(name, permission_set.full_name) for name in group.permission_sets)
        )

    def muting_of(self, group: PermissionSetGroup) -> tuple[MutingPermissionSet, ...]:
        """Muting permission sets of a group."""
        return tuple(
            each
            for each in self.facts.muting_permission_sets
            if any(same_name(name, each.full_name) for name in group.muting_permission_sets)
        )

    def of_flow(self, flow: Flow) -> tuple[PermissionSet, ...]:
        """Permission sets that give access to a flow."""
        return tuple(each for each in self.facts.permission_sets if _grants_flow(each, flow.full_name))

    @cached_property
    def running_flows(self) -> tuple[AccessFact, ...]:
        """Permission sets and profiles with Run Flows."""
        holders: tuple[AccessFact, ...] = (*self.facts.permission_sets, *self.facts.profiles)
        return tuple(each for each in holders if each.has_permission(RUN_FLOWS))

    def missing(
        self,
        holders: Iterable[AccessFact],
        credential: ExternalCredential,
        flow: Flow | None = None,
        principal: Parameter | None = None,
    ) -> tuple[Missing, ...]:
        """What someone with exactly these permission sets (and profile) still lacks for the call."""
        held = tuple(holders)
        lacking = []
        if credential.principals and not any(
            access.enabled and self._is_principal(access, credential, principal)
            for each in held
            for access in each.principals
        ):
            lacking.append(Missing.PRINCIPAL)
        level = needed_level(credential, principal)
        if credential.principals and not any(
            gives_level(each.object_access(USER_EXTERNAL_CREDENTIAL), level) for each in held
        ):
            lacking.append(Missing.OBJECT)
        if flow is not None:
            if not any(each.has_permission(RUN_FLOWS) or each.has_permission(MANAGE_FLOWS) for each in held):
                lacking.append(Missing.RUN_FLOWS)
            if flow.needs_permission and not any(_grants_flow(each, flow.full_name) for each in held):
                lacking.append(Missing.FLOW)
        return tuple(lacking)

    def _is_principal(self, access: PrincipalAccess, credential: ExternalCredential, wanted: Parameter | None) -> bool:
        if not same_name(access.external_credential, credential.full_name):
            return False
        names = {wanted.name} if wanted else {each.name for each in credential.principals}
        return access.principal in names

    def _muted_in(self, source: PermissionSet, access: PrincipalAccess) -> tuple[PermissionSetGroup, ...]:
        return tuple(
            group
            for group in self.groups_of(source)
            if any(
                muted.enabled and muted.value.lower() == access.value.lower()
                for muting in self.muting_of(group)
                for muted in muting.principals
            )
        )


def principal_value(credential: ExternalCredential, principal: Parameter) -> str:
    """What a permission set writes to grant a principal."""
    return principal_full_name(credential.full_name, principal.name)


def _grants_flow(holder: AccessFact, name: str) -> bool:
    return any(each.enabled and same_name(each.name, name) for each in holder.flows)
