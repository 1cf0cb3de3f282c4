"""Users, the organization, profiles, permission sets, groups, assignments and what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.facts import permission_set_group
from sfsetup.localorg.records.tables import columns, with_columns
from sfsetup.localorg.soql.schema import Row, Table
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.localorg.state import PermissionHolder, State

KNOWN_PERMISSIONS = frozenset(
    {
        "ApiEnabled",
        "ApexRestServices",
        "AssignPermissionSets",
        "AuthorApex",
        "CustomizeApplication",
        "ManageInteraction",
        "ManageNamedCredentials",
        "ManageUsers",
        "ModifyAllData",
        "ModifyMetadata",
        "RunFlow",
        "ViewAllData",
        "ViewEventLogFiles",
        "ViewSetup",
    }
)
"""User permissions that are columns of PermissionSet and Profile even if nobody has them (metadata-types 4)."""


_LOCALE = {
    "TimeZoneSidKey": "GMT",
    "LocaleSidKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
}
"""Every user has the same; `sf org display user` reads them."""
_EMPTY = ("UserRoleId", "ManagerId", "FederationIdentifier", "CompanyName", "Department", "Title")


def tables(state: State) -> list[Table]:
    """All of them."""
    return [
        _users(state),
        _organization(state),
        _profiles(state),
        _permission_sets(state),
        _assignments(state),
        _groups(state),
        _group_components(state),
        _entity_access(state),
        _object_permissions(state),
    ]


def _users(state: State) -> Table:
    def rows() -> list[Row]:
        return [
            {
                "Id": user.id,
                "Username": user.username,
                "Name": user.name,
                "FirstName": user.name.rpartition(" ")[0] or None,
                "LastName": user.name.rpartition(" ")[2],
                "Alias": user.name[:8],
                "Email": user.email,
                "IsActive": user.is_active,
                "UserType": user.user_type,
                "ProfileId": state.ids.of("Profile", user.profile),
                "UserPermissionsInteractionUser": user.is_flow_user,
                **_LOCALE,
                **dict.fromkeys(_EMPTY),
            }
            for user in state.users.all()
        ]

    return Table(
        "User",
        columns(
            "Id", "Username", "Name", "FirstName", "LastName", "Alias", "Email", "IsActive:boolean", "UserType",
            "ProfileId:reference", "UserPermissionsInteractionUser:boolean", *_LOCALE, *_EMPTY,
        ),
        rows,
        parents={"Profile": ("Profile", "ProfileId")},
        children={"PermissionSetAssignments": ("PermissionSetAssignment", "AssigneeId")},
        key_prefix="005",
    )  # fmt: skip


def _organization(state: State) -> Table:
    def rows() -> list[Row]:
        org = state.settings.org
        trial = org.type == "scratch"
        return [
            {
                "Id": org.id,
                "Name": org.name,
                "InstanceName": "LOCAL1",
                "IsSandbox": org.is_sandbox,
                "TrialExpirationDate": state.clock.now() if trial else None,
                "NamespacePrefix": org.namespace,
                "OrganizationType": org.edition,
                "LanguageLocaleKey": "en_US",
            }
        ]

    names = ("Id", "Name", "InstanceName", "IsSandbox:boolean", "TrialExpirationDate:datetime", "NamespacePrefix")
    return Table("Organization", columns(*names, "OrganizationType", "LanguageLocaleKey"), rows, key_prefix="00D")


def _permission_names(state: State) -> list[str]:
    held = {name for holder in state.permissions.all() for name in holder.user_permissions}
    return sorted(KNOWN_PERMISSIONS | held)


def _permission_columns(state: State) -> tuple[str, ...]:
    return tuple(f"Permissions{name}:boolean" for name in _permission_names(state))


def _permission_values(state: State, holder: PermissionHolder | None) -> dict[str, bool]:
    held = holder.user_permissions if holder else frozenset()
    return {f"Permissions{name}": name in held for name in _permission_names(state)}


def _profiles(state: State) -> Table:
    def rows() -> list[Row]:
        return [
            {
                "Id": state.ids.of("Profile", name),
                "Name": name,
                "UserType": "Guest" if name == "Guest User" else "Standard",
                **_permission_values(state, state.permissions.of_profile(name)),
            }
            for name in state.permissions.profiles()
        ]

    names = ("Id", "Name", "UserType", *_permission_columns(state))
    return Table("Profile", columns(*names), rows, key_prefix="00e")


def _permission_sets(state: State) -> Table:
    def rows() -> list[Row]:
        return [
            {
                "Id": holder.id,
                "Name": holder.name,
                "Label": holder.label,
                "IsOwnedByProfile": holder.is_owned_by_profile,
                "ProfileId": holder.profile_id,
                "PermissionSetGroupId": holder.group_id,
                "IsCustom": not holder.is_owned_by_profile,
                "Description": None,
                "LicenseId": None,
                "NamespacePrefix": None,
                "Type": "Profile" if holder.is_owned_by_profile else "Group" if holder.group_id else "Regular",
                "HasActivationRequired": holder.has_activation_required,
                **_permission_values(state, holder),
            }
            for holder in state.permissions.all()
        ]

    return Table(
        "PermissionSet",
        with_columns(
            columns(
                "Id", "Name", "Label", "IsOwnedByProfile:boolean", "ProfileId:reference",
                "PermissionSetGroupId:reference", "IsCustom:boolean", "NamespacePrefix", "Type",
                "Description", "LicenseId:reference",
                "HasActivationRequired:boolean",
            ),
            columns(*_permission_columns(state)),
        ),
        rows,
        parents={
            "Profile": ("Profile", "ProfileId"),
            "PermissionSetGroup": ("PermissionSetGroup", "PermissionSetGroupId"),
        },
        children={
            "Assignments": ("PermissionSetAssignment", "PermissionSetId"),
            "ObjectPerms": ("ObjectPermissions", "ParentId"),
            "SetupEntityAccessItems": ("SetupEntityAccess", "ParentId"),
        },
        key_prefix="0PS",
    )  # fmt: skip


def _assignments(state: State) -> Table:
    def rows() -> list[Row]:
        now = state.clock.now()
        return [
            {
                "Id": assignment.id,
                "AssigneeId": assignment.assignee_id,
                "PermissionSetId": assignment.permission_set_id,
                "PermissionSetGroupId": assignment.permission_set_group_id,
                "ExpirationDate": assignment.expires,
                "IsActive": assignment.expires is None or assignment.expires > now,
            }
            for assignment in state.permissions.assignments()
        ]

    return Table(
        "PermissionSetAssignment",
        columns(
            "Id", "AssigneeId:reference", "PermissionSetId:reference", "PermissionSetGroupId:reference",
            "ExpirationDate:datetime", "IsActive:boolean",
        ),
        rows,
        parents={
            "Assignee": ("User", "AssigneeId"),
            "PermissionSet": ("PermissionSet", "PermissionSetId"),
            "PermissionSetGroup": ("PermissionSetGroup", "PermissionSetGroupId"),
        },
        key_prefix="0Pa",
    )  # fmt: skip


def _group_facts(state: State) -> list[tuple[str, Any]]:
    found = []
    for stored in state.components.of_type("PermissionSetGroup"):
        root = parse_xml(stored.content, name=stored.full_name)
        fact = permission_set_group.read(root, full_name=stored.full_name, file=stored.full_name)
        found.append((stored.full_name, fact))
    return found


def _groups(state: State) -> Table:
    def rows() -> list[Row]:
        return [
            {
                "Id": state.ids.of("PermissionSetGroup", name),
                "DeveloperName": name,
                "MasterLabel": fact.label,
                "Status": "Updated",
                "NamespacePrefix": None,
            }
            for name, fact in _group_facts(state)
        ]

    names = ("Id", "DeveloperName", "MasterLabel", "Status", "NamespacePrefix")
    return Table(
        "PermissionSetGroup",
        columns(*names),
        rows,
        children={"PermissionSetGroupComponents": ("PermissionSetGroupComponent", "PermissionSetGroupId")},
        key_prefix="0PG",
    )


def _group_components(state: State) -> Table:
    def rows() -> list[Row]:
        return [
            {
                "Id": state.ids.of("PermissionSetGroupComponent", f"{name}\x1f{member}"),
                "PermissionSetGroupId": state.ids.of("PermissionSetGroup", name),
                "PermissionSetId": holder.id,
            }
            for name, fact in _group_facts(state)
            for member in fact.permission_sets
            if (holder := state.permissions.get(member)) is not None
        ]

    return Table(
        "PermissionSetGroupComponent",
        columns("Id", "PermissionSetGroupId:reference", "PermissionSetId:reference"),
        rows,
        parents={
            "PermissionSet": ("PermissionSet", "PermissionSetId"),
            "PermissionSetGroup": ("PermissionSetGroup", "PermissionSetGroupId"),
        },
    )


def _entity_access(state: State) -> Table:
    def rows() -> list[Row]:
        return [
            {"Id": row.id, "ParentId": holder.id, "SetupEntityId": row.entity_id, "SetupEntityType": row.type}
            for holder in state.permissions.all()
            for row in holder.entities
        ]

    return Table(
        "SetupEntityAccess",
        columns("Id", "ParentId:reference", "SetupEntityId:reference", "SetupEntityType"),
        rows,
        parents={"Parent": ("PermissionSet", "ParentId")},
        key_prefix="0J0",
    )


def _object_permissions(state: State) -> Table:
    def rows() -> list[Row]:
        return [
            {
                "Id": state.ids.of("ObjectPermissions", f"{holder.id}\x1f{right.object}"),
                "ParentId": holder.id,
                "SobjectType": right.object,
                "PermissionsRead": right.read,
                "PermissionsCreate": right.create,
                "PermissionsEdit": right.edit,
                "PermissionsDelete": right.delete,
                "PermissionsViewAllRecords": right.view_all,
                "PermissionsModifyAllRecords": right.modify_all,
            }
            for holder in state.permissions.all()
            for right in holder.objects
        ]

    return Table(
        "ObjectPermissions",
        columns(
            "Id", "ParentId:reference", "SobjectType", "PermissionsRead:boolean", "PermissionsCreate:boolean",
            "PermissionsEdit:boolean", "PermissionsDelete:boolean", "PermissionsViewAllRecords:boolean",
            "PermissionsModifyAllRecords:boolean",
        ),
        rows,
        parents={"Parent": ("PermissionSet", "ParentId")},
        key_prefix="110",
    )  # fmt: skip
