"""What a user was given, from any source: profile, permission sets and groups alike. None: the org does not tell.

Queries: reference 'audit rules' section 2. Files never show what a profile grants of principals; these do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sfsetup.errors import OrgRefused
from sfsetup.org.rest import Record, Rest, soql


@dataclass(frozen=True, slots=True)
class ObjectRights:
    """Rights on one object, all sources together."""

    read: bool = False
    create: bool = False
    edit: bool = False
    delete: bool = False
    modify_all: bool = False


class Access:
    """The access of one user."""

    def __init__(self, rest: Rest, user_id: str) -> None:
        self._rest = rest
        self._user_id = user_id

    @cached_property
    def sets(self) -> tuple[str, ...] | None:
        """Ids of the permission sets that count for the user: the profile's own, assigned ones, those of groups."""
        assigned = self._ask(
            "SELECT PermissionSetId, PermissionSetGroupId FROM PermissionSetAssignment WHERE AssigneeId = {}",
            self._user_id,
        )
        if not assigned:
            # everybody has at least the set of the profile
            return None
        found = {str(row["PermissionSetId"]) for row in assigned if row.get("PermissionSetId")}
        groups = sorted({str(row["PermissionSetGroupId"]) for row in assigned if row.get("PermissionSetGroupId")})
        if groups:
            members = self._ask(
                "SELECT PermissionSetId FROM PermissionSetGroupComponent WHERE PermissionSetGroupId IN {}", groups
            )
            found |= {str(row["PermissionSetId"]) for row in members or ()}
        return tuple(sorted(found))

    def entities(self, ids: tuple[str, ...]) -> frozenset[str] | None:
        """Those of these entities (principals, flows) to which the user has access."""
        if not ids or not self.sets:
            return None
        rows = self._ask(
            "SELECT SetupEntityId FROM SetupEntityAccess WHERE SetupEntityId IN {} AND ParentId IN {}",
            list(ids),
            list(self.sets),
        )
        return None if rows is None else frozenset(str(row["SetupEntityId"]) for row in rows)

    def principals(self, credential: str) -> dict[str, str] | None:
        """Principal name -> id, of an external credential."""
        rows = self._ask(
            "SELECT Id, ParameterName, ParameterType FROM ExternalCredentialParameter "
            "WHERE ExternalCredential.DeveloperName = {}",
            credential,
        )
        if not rows:
            return None
        return {
            str(r["ParameterName"]): str(r["Id"]) for r in rows if str(r.get("ParameterType")).endswith("Principal")
        }

    def on_object(self, name: str) -> ObjectRights | None:
        """Rights on an object, what any source gives."""
        if not self.sets:
            return None
        rows = self._ask(
            "SELECT PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, "
            "PermissionsModifyAllRecords FROM ObjectPermissions WHERE SobjectType = {} AND ParentId IN {}",
            name,
            list(self.sets),
        )
        if rows is None:
            return None

        def any_row(field: str) -> bool:
            return any(bool(row.get(field)) for row in rows)

        return ObjectRights(
            any_row("PermissionsRead"),
            any_row("PermissionsCreate"),
            any_row("PermissionsEdit"),
            any_row("PermissionsDelete"),
            any_row("PermissionsModifyAllRecords"),
        )

    def _ask(self, template: str, *values: object) -> list[Record] | None:
        try:
            return self._rest.query(soql(template, *values))
        except OrgRefused:
            return None
