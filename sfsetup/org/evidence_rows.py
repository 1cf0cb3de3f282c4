"""Rows that only an org has, for an audit: grants, assignments, object access, certificates, packages, sites.

Queries: reference 'audit rules', section 2, each as tools send it to real orgs. A field or an object that an org does
not have is no failure: the caller keeps the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sfsetup.errors import OrgRefused
from sfsetup.org.connection import OrgConnection
from sfsetup.org.rest import Record, in_lists, soql
from sfsetup.rules.access import COMMUNITY, GUEST
from sfsetup.rules.evidence import (
    AppAccess,
    Assignment,
    ObjectGrant,
    PrincipalGrant,
    SiteAccess,
    StoredCertificate,
)


@dataclass(frozen=True, slots=True)
class Holder:
    """A permission set as the org keeps it: a real one, the one behind a profile, or the aggregate of a group."""

    id: str
    name: str
    """API name (with namespace) of the set or group, name of the profile."""
    kind: str
    """`PermissionSet`, `PermissionSetGroup` or `Profile`."""
    user_type: str | None = None


class Rows:
    """Questions to one org. Each method raises OrgRefused for what the org does not tell."""

    def __init__(self, connection: OrgConnection) -> None:
        self._rest = connection.rest

    @cached_property
    def principals(self) -> Mapping[str, tuple[str, str]]:
        """First 15 characters of a principal's id -> external credential and principal."""
        types = ["NamedPrincipal", "PerUserPrincipal", "AwsStsPrincipal"]
        where = soql("FROM ExternalCredentialParameter WHERE ParameterType IN {}", types)
        fields = "Id, ExternalCredential.DeveloperName, ParameterName"
        rows = _optional(self._rest.tooling_query, fields, "ExternalCredential.NamespacePrefix", where)
        found = {}
        for row in rows:
            owner = row.get("ExternalCredential") or {}
            if owner.get("DeveloperName"):
                name = _full(owner.get("NamespacePrefix"), owner["DeveloperName"])
                found[_short(row["Id"])] = (name, str(row["ParameterName"]))
        return found

    @cached_property
    def profiles(self) -> Mapping[str, tuple[str, str | None]]:
        """First 15 characters of a profile's id -> name and user type."""
        rows = self._rest.query("SELECT Id, Name, UserType FROM Profile")
        return {_short(row["Id"]): (str(row["Name"]), row.get("UserType")) for row in rows}

    def holders(self, ids: Iterable[str]) -> dict[str, Holder]:
        """Permission sets by the first 15 characters of their ids."""
        query = (
            "SELECT Id, Name, NamespacePrefix, IsOwnedByProfile, ProfileId, PermissionSetGroup.DeveloperName, "
            "PermissionSetGroup.NamespacePrefix FROM PermissionSet WHERE Id IN {}"
        )
        return {_short(row["Id"]): self._holder(row) for row in self._in(query, ids)}

    def _holder(self, row: Record) -> Holder:
        identifier = str(row["Id"])
        group = row.get("PermissionSetGroup") or {}
        if row.get("IsOwnedByProfile"):
            name, user_type = self.profiles.get(_short(row.get("ProfileId")), (str(row["Name"]), None))
            return Holder(identifier, name, "Profile", user_type)
        if group.get("DeveloperName"):
            full = _full(group.get("NamespacePrefix"), group["DeveloperName"])
            return Holder(identifier, full, "PermissionSetGroup")
        return Holder(identifier, _full(row.get("NamespacePrefix"), row["Name"]), "PermissionSet")

    def principal_grants(self) -> tuple[PrincipalGrant, ...]:
        """Who may use which principal; SetupEntityAccess by its type, as three independent tools read it."""
        rows = self._rest.query(
            "SELECT ParentId, SetupEntityId FROM SetupEntityAccess "
            "WHERE SetupEntityType = 'ExternalCredentialParameter'"
        )
        holders = self.holders(str(row["ParentId"]) for row in rows if row.get("ParentId"))
        found = set()
        for row in rows:
            holder = holders.get(_short(row.get("ParentId")))
            principal = self.principals.get(_short(row.get("SetupEntityId")))
            if holder is not None and principal is not None:
                found.add(PrincipalGrant(*principal, holder.name, holder.kind, holder.user_type))
        return tuple(sorted(found, key=lambda each: (each.external_credential, each.principal, each.kind, each.parent)))

    def object_grants(self) -> tuple[ObjectGrant, ...]:
        """Who gives which access to the object User External Credentials. Some rows have no parent: passed over."""
        rows = self._rest.query(
            "SELECT ParentId, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, "
            "PermissionsModifyAllRecords FROM ObjectPermissions WHERE SobjectType = 'UserExternalCredential'"
        )
        holders = self.holders(str(row["ParentId"]) for row in rows if row.get("ParentId"))
        found = []
        for row in rows:
            holder = holders.get(_short(row.get("ParentId")))
            if holder is not None:
                found.append(
                    ObjectGrant(
                        holder.name,
                        holder.kind == "Profile",
                        read=bool(row.get("PermissionsRead")),
                        create=bool(row.get("PermissionsCreate")),
                        edit=bool(row.get("PermissionsEdit")),
                        delete=bool(row.get("PermissionsDelete")),
                        modify_all=bool(row.get("PermissionsModifyAllRecords")),
                    )
                )
        return tuple(sorted(found, key=lambda each: (each.is_profile, each.parent)))

    def run_flow_grants(self) -> tuple[str, ...]:
        """Sets and profiles with Run Flows or Manage Flow."""
        query = "SELECT Id FROM PermissionSet WHERE PermissionsRunFlow = true OR PermissionsManageInteraction = true"
        try:
            rows = self._rest.query(query)
        except OrgRefused as error:
            if error.code != "INVALID_FIELD":
                raise
            rows = self._rest.query("SELECT Id FROM PermissionSet WHERE PermissionsRunFlow = true")
        return tuple(sorted({holder.name for holder in self.holders(str(row["Id"]) for row in rows).values()}))

    def assignments(self, parents: Iterable[str]) -> tuple[Assignment, ...]:
        """Every assignment of users that hold one of these permission sets or groups, directly or by a group.

        An assignment of a group stands once for each set in it, and once for the group's own aggregate.
        """
        wanted = {name.lower() for name in parents}
        groups = self._group_members()
        held = {
            group for group, (name, members) in groups.items()
            if name.lower() in wanted or any(member.lower() in wanted for member in members)
        }  # fmt: skip
        sets = self._sets_named(wanted)
        users = {str(row["AssigneeId"]) for row in self._assigned("PermissionSetId", sets)}
        users |= {str(row["AssigneeId"]) for row in self._assigned("PermissionSetGroupId", held)}
        rows = self._assigned("AssigneeId", users)
        holders = self.holders(str(row["PermissionSetId"]) for row in rows if row.get("PermissionSetId"))
        found = {made for row in rows for made in _made(row, holders, groups)}
        return tuple(
            sorted(found, key=lambda each: (each.username, each.permission_set, each.group or "", each.expires or ""))
        )

    def _sets_named(self, wanted: set[str]) -> list[str]:
        rows = self._rest.query("SELECT Id, Name, NamespacePrefix FROM PermissionSet WHERE IsOwnedByProfile = false")
        return [str(row["Id"]) for row in rows if _full(row.get("NamespacePrefix"), row["Name"]).lower() in wanted]

    def _group_members(self) -> dict[str, tuple[str, list[str]]]:
        """First 15 characters of a group's id -> its name and its permission sets."""
        try:
            rows = self._rest.query("SELECT Id, DeveloperName, NamespacePrefix FROM PermissionSetGroup")
            members = self._rest.query("SELECT PermissionSetGroupId, PermissionSetId FROM PermissionSetGroupComponent")
        except OrgRefused as error:
            if error.code != "INVALID_TYPE":
                raise
            return {}
        found: dict[str, tuple[str, list[str]]] = {
            _short(row["Id"]): (_full(row.get("NamespacePrefix"), row["DeveloperName"]), []) for row in rows
        }
        sets = self.holders(str(row["PermissionSetId"]) for row in members if row.get("PermissionSetId"))
        for row in members:
            group, held = found.get(_short(row["PermissionSetGroupId"])), sets.get(_short(row.get("PermissionSetId")))
            if group is not None and held is not None:
                group[1].append(held.name)
        return found

    def _assigned(self, field: str, ids: Iterable[str]) -> list[Record]:
        fields = (
            "AssigneeId, Assignee.Username, Assignee.IsActive, Assignee.UserType, Assignee.Profile.Name, "
            "PermissionSetId, PermissionSetGroupId"
        )
        # the box Flow User is a feature and expiry a newer one: an org without them has no such fields
        more = ["ExpirationDate", "Assignee.UserPermissionsInteractionUser"]
        every = sorted(set(ids))
        while True:
            selected = ", ".join((fields, *more))
            query = f"SELECT {selected} FROM PermissionSetAssignment WHERE {field} IN {{}}"  # noqa: S608 names of ours
            try:
                return list(self._in(query, every))
            except OrgRefused as error:
                if error.code != "INVALID_FIELD" or not more:
                    raise
                kept = [each for each in more if each.rpartition(".")[2] not in error.message]
                more = kept if len(kept) < len(more) else []

    def certificates(self) -> tuple[StoredCertificate, ...]:
        """Certificates with the day on which they expire."""
        fields = "DeveloperName, ExpirationDate"
        rows = _optional(self._rest.tooling_query, fields, "NamespacePrefix", "FROM Certificate")
        found = [
            StoredCertificate(_full(row.get("NamespacePrefix"), row["DeveloperName"]), _day(row.get("ExpirationDate")))
            for row in rows
        ]
        return tuple(sorted(found, key=lambda each: each.name))

    def packages(self) -> tuple[str, ...]:
        """Namespaces of installed packages."""
        query = "SELECT SubscriberPackage.NamespacePrefix FROM InstalledSubscriberPackage"
        rows = self._rest.tooling_query(query)
        names = ((row.get("SubscriberPackage") or {}).get("NamespacePrefix") for row in rows)
        return tuple(sorted({str(name) for name in names if name}))

    def apps(self) -> tuple[AppAccess, ...]:
        """Connected apps, and whether only users whom an administrator approved may use them."""
        rows = self._rest.query(
            "SELECT Name, NamespacePrefix, IsUsingAdminAuthorization FROM AppMenuItem WHERE Type = 'ConnectedApp'"
        )
        found = []
        for row in rows:
            approved = row.get("IsUsingAdminAuthorization")
            name = _full(row.get("NamespacePrefix"), row["Name"])
            found.append(AppAccess(name, "ConnectedApp", None if approved is None else bool(approved)))
        return tuple(sorted(found, key=lambda each: each.name))

    def sites(self) -> tuple[SiteAccess, ...]:
        """Profiles of guests, customers and partners, with the flows they may run."""
        outside = {key: value for key, value in self.profiles.items() if value[1] in GUEST | COMMUNITY}
        if not outside:
            return ()
        owned = self._rest.query("SELECT Id, ProfileId FROM PermissionSet WHERE IsOwnedByProfile = true")
        profile_of = {
            _short(row["Id"]): _short(row["ProfileId"]) for row in owned if _short(row.get("ProfileId")) in outside
        }
        rows = list(
            self._in(
                "SELECT ParentId, SetupEntityId FROM SetupEntityAccess WHERE SetupEntityType = 'FlowDefinition' "
                "AND ParentId IN {}",
                [str(row["Id"]) for row in owned if _short(row["Id"]) in profile_of],
            )
        )
        names = self._flow_names() if rows else {}
        flows: dict[str, set[str]] = {}
        for row in rows:
            name = names.get(_short(row.get("SetupEntityId")))
            if name:
                flows.setdefault(profile_of[_short(row["ParentId"])], set()).add(name)
        found = [
            SiteAccess(name, str(user_type), tuple(sorted(flows.get(key, ()))))
            for key, (name, user_type) in outside.items()
        ]
        return tuple(sorted(found, key=lambda each: each.profile))

    def _flow_names(self) -> dict[str, str]:
        rows = self._rest.tooling_query("SELECT Id, DeveloperName, NamespacePrefix FROM FlowDefinition")
        return {_short(row["Id"]): _full(row.get("NamespacePrefix"), row["DeveloperName"]) for row in rows}

    def active_users(self) -> int:
        """Number of active users of the org's own; guests, customers and robots are none."""
        rows = self._rest.query("SELECT COUNT(Id) n FROM User WHERE IsActive = true AND UserType = 'Standard'")
        return int(rows[0]["n"]) if rows else 0

    def _in(self, template: str, ids: Iterable[str]) -> Iterator[Record]:
        for every in in_lists(ids):
            yield from self._rest.query(soql(template, every))


def _made(
    row: Record, holders: Mapping[str, Holder], groups: Mapping[str, tuple[str, Sequence[str]]]
) -> Iterator[Assignment]:
    user = row.get("Assignee") or {}
    holder = holders.get(_short(row.get("PermissionSetId")))
    if not user.get("Username") or (holder is not None and holder.kind == "Profile"):
        return
    group = groups.get(_short(row.get("PermissionSetGroupId")))
    names = list(group[1]) if group else []
    if holder is not None:
        names.append(holder.name)
    values: dict[str, Any] = {
        "username": str(user["Username"]),
        "active": bool(user.get("IsActive", True)),
        "user_type": user.get("UserType"),
        "group": group[0] if group else None,
        "expires": row.get("ExpirationDate"),
        "profile": (user.get("Profile") or {}).get("Name"),
        "flow_user": bool(user.get("UserPermissionsInteractionUser")),
    }
    for name in dict.fromkeys(names):
        yield Assignment(permission_set=name, **values)


def _optional(query: Callable[[str], list[Record]], fields: str, more: str, where: str) -> list[Record]:
    """Records with a field that not every org has (seen in no published query), or without it."""
    try:
        return query(f"SELECT {fields}, {more} {where}")
    except OrgRefused as error:
        if error.code != "INVALID_FIELD":
            raise
        return query(f"SELECT {fields} {where}")


def _short(identifier: object) -> str:
    return str(identifier or "")[:15]


def _full(namespace: object, name: object) -> str:
    return f"{namespace}__{name}" if namespace else str(name)


def _day(value: object) -> str | None:
    return str(value)[:10] if value else None
