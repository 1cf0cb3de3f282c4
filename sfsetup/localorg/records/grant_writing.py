"""Writing users, assignments and grants as records. Key prefixes and codes: wire-protocols 2.1, audit-rules 2."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.refusal import OURS, Refused
from sfsetup.localorg.state import ObjectPermission

if TYPE_CHECKING:
    from sfsetup.localorg.state import PermissionHolder, State, User

Values = Mapping[str, Any]

OBJECT_RIGHTS: Mapping[str, str] = {
    "PermissionsRead": "read",
    "PermissionsCreate": "create",
    "PermissionsEdit": "edit",
    "PermissionsDelete": "delete",
    "PermissionsViewAllRecords": "view_all",
    "PermissionsModifyAllRecords": "modify_all",
}
"""Column of ObjectPermissions -> field of the state's value."""


def wanted_id(values: Values, field: str) -> str:
    """An id of 15 or 18 characters. Raises Refused MALFORMED_ID."""
    value = values.get(field)
    if not isinstance(value, str) or len(value) not in (15, 18) or not value.isalnum():
        raise Refused("MALFORMED_ID", f"{field}: id value of incorrect type: {value}", [field])
    return value


def cross_reference(field: str) -> Refused:
    """A field names a record that there is none of, or that this user may not reach."""
    return Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field], in_body=True)


def demand(state: State, user: User, *permissions: str) -> None:
    """Raises Refused unless the user has one of the permissions."""
    rights = state.permissions.of_user(user.id)
    if not any(rights.may(permission) for permission in permissions):
        raise Refused(
            "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on cross-reference id", [], in_body=True
        )


def assign(state: State, user: User, values: Values) -> str:
    """Creates a PermissionSetAssignment."""
    demand(state, user, "AssignPermissionSets", "ManageUsers")
    assignee = state.users.get(wanted_id(values, "AssigneeId"))
    if assignee is None:
        raise cross_reference("AssigneeId")
    if not assignee.is_active:
        raise Refused("FIELD_INTEGRITY_EXCEPTION", f"The user is inactive{OURS}", ["AssigneeId"])
    if values.get("PermissionSetId") and values.get("PermissionSetGroupId"):
        raise Refused("FIELD_INTEGRITY_EXCEPTION", f"Name a permission set or a group, not both{OURS}")
    if values.get("PermissionSetGroupId"):
        group_id = wanted_id(values, "PermissionSetGroupId")
        holder = next((h for h in state.permissions.all() if h.group_id and h.group_id[:15] == group_id[:15]), None)
        if holder is None:
            raise cross_reference("PermissionSetGroupId")
    elif values.get("PermissionSetId"):
        holder = state.permissions.by_id(wanted_id(values, "PermissionSetId"))
        if holder is None:
            raise cross_reference("PermissionSetId")
        if holder.is_owned_by_profile:
            raise Refused(
                "FIELD_INTEGRITY_EXCEPTION", f"A set that a profile owns cannot be assigned{OURS}", ["PermissionSetId"]
            )
    else:
        raise Refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [PermissionSetId]", ["PermissionSetId"])
    expires = _expiry(values)
    made = state.permissions.assign(assignee.id, holder.id, holder.group_id or "", expires=expires)
    if made is None:
        # Code inferred (wire-protocols 2.1).
        raise Refused("DUPLICATE_VALUE", f"duplicate value found: the user has this assignment already{OURS}")
    return made.id


def _expiry(values: Values) -> datetime | None:
    given = values.get("ExpirationDate")
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(str(given).replace("Z", "+00:00"))
    except ValueError as error:
        raise Refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of datetime from {given}{OURS}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def unassign(state: State, user: User, identifier: str) -> None:
    """Deletes a PermissionSetAssignment."""
    demand(state, user, "AssignPermissionSets", "ManageUsers")
    if not state.permissions.unassign(identifier):
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])


def grant_entity(state: State, user: User, values: Values) -> str:
    """Creates a row of SetupEntityAccess: how Apex gives principal access (audit-rules 2)."""
    demand(state, user, "CustomizeApplication", "ManageUsers")
    holder = _holder(state, values)
    found = state.ids.name_of(wanted_id(values, "SetupEntityId"))
    if found is None:
        raise cross_reference("SetupEntityId")
    row = state.permissions.grant(_stored_name(state, holder), *found)
    if row is None:
        raise cross_reference("ParentId")
    _show(state, user, holder)
    return row.id


def revoke_entity(state: State, user: User, identifier: str) -> None:
    """Deletes a row of SetupEntityAccess."""
    demand(state, user, "CustomizeApplication", "ManageUsers")
    holder = next(
        (h for h in state.permissions.all() if any(row.id[:15] == identifier[:15] for row in h.entities)), None
    )
    if holder is None or not state.permissions.revoke(identifier):
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    _show(state, user, holder)


def _show(state: State, user: User, holder: PermissionHolder) -> None:
    """Lets the set's metadata, and the groups that hold it, follow a grant that came as a record."""
    from sfsetup.localorg.deploy.effects import renew_groups
    from sfsetup.localorg.records.permission_xml import show_grants

    renew_groups(state, holder.name)
    now = state.permissions.by_id(holder.id)
    if now is not None:
        show_grants(state, user, now)


def grant_object(state: State, user: User, values: Values) -> str:
    """Creates a row of ObjectPermissions."""
    demand(state, user, "CustomizeApplication", "ManageUsers")
    holder = _holder(state, values)
    name = str(values["SobjectType"])
    if any(right.object == name for right in holder.objects):
        raise Refused("DUPLICATE_VALUE", f"duplicate value found: the set has rights on {name} already{OURS}")
    given = _flags(values)
    _put_objects(state, user, holder, (*holder.objects, replace(ObjectPermission(name), **given)))
    return state.ids.of("ObjectPermissions", f"{holder.id}\x1f{name}")


def change_object(state: State, user: User, identifier: str, values: Values) -> None:
    """Changes a row of ObjectPermissions."""
    demand(state, user, "CustomizeApplication", "ManageUsers")
    holder, right = _object_row(state, identifier)
    if "ParentId" in values or "SobjectType" in values:
        raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", "ParentId and SobjectType cannot be changed" + OURS)
    others = tuple(entry for entry in holder.objects if entry.object != right.object)
    _put_objects(state, user, holder, (*others, replace(right, **_flags(values))))


def revoke_object(state: State, user: User, identifier: str) -> None:
    """Deletes a row of ObjectPermissions."""
    demand(state, user, "CustomizeApplication", "ManageUsers")
    holder, right = _object_row(state, identifier)
    _put_objects(state, user, holder, tuple(entry for entry in holder.objects if entry.object != right.object))


def create_user(state: State, user: User, values: Values) -> str:
    """Creates a User."""
    demand(state, user, "ManageUsers")
    profile = _profile(state, values)
    username = str(values["Username"])
    if "@" not in username:
        raise Refused("INVALID_EMAIL_ADDRESS", f"Username: invalid email address: {username}", ["Username"])
    try:
        made = state.users.add(
            username,
            name=_name(values.get("FirstName"), values.get("LastName")),
            profile=profile,
            email=str(values["Email"]),
            is_active=bool(values.get("IsActive", True)),
            is_flow_user=bool(values.get("UserPermissionsInteractionUser", False)),
        )
    except sqlite3.IntegrityError as error:
        raise Refused("DUPLICATE_USERNAME", f"Duplicate Username{OURS}", ["Username"]) from error
    return made.id


def change_user(state: State, user: User, identifier: str, values: Values) -> None:
    """Changes a User."""
    demand(state, user, "ManageUsers")
    found = state.users.get(identifier)
    if found is None:
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    changes: dict[str, Any] = {}
    for field, name in (("IsActive", "is_active"), ("UserPermissionsInteractionUser", "is_flow_user")):
        if field in values:
            changes[name] = bool(values[field])
    if "ProfileId" in values:
        changes["profile"] = _profile(state, values)
    if "Email" in values:
        changes["email"] = str(values["Email"])
    state.users.update(found, **changes)


def _profile(state: State, values: Values) -> str:
    found = state.ids.name_of(wanted_id(values, "ProfileId"))
    if found is None or found[0] != "Profile" or state.permissions.of_profile(found[1]) is None:
        raise cross_reference("ProfileId")
    return found[1]


def _name(first: Any, last: Any) -> str:
    return " ".join(str(part) for part in (first, last) if part)


def _holder(state: State, values: Values) -> PermissionHolder:
    holder = state.permissions.by_id(wanted_id(values, "ParentId"))
    if holder is None:
        raise cross_reference("ParentId")
    return holder


def _stored_name(state: State, holder: PermissionHolder) -> str:
    """The key of `permissions`: the set's name, or that of the profile behind which it stands."""
    from sfsetup.localorg.state.permissions import PROFILE_PREFIX

    found = state.ids.name_of(holder.profile_id) if holder.profile_id else None
    return f"{PROFILE_PREFIX}{found[1]}" if found else holder.name


def _flags(values: Values) -> dict[str, Any]:
    return {name: bool(values[field]) for field, name in OBJECT_RIGHTS.items() if field in values}


def _object_row(state: State, identifier: str) -> tuple[PermissionHolder, ObjectPermission]:
    found = state.ids.name_of(identifier)
    if found and found[0] == "ObjectPermissions":
        holder_id, _, name = found[1].partition("\x1f")
        holder = state.permissions.by_id(holder_id)
        right = next((entry for entry in holder.objects if entry.object == name), None) if holder else None
        if holder and right:
            return holder, right
    raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])


def _put_objects(state: State, user: User, holder: PermissionHolder, objects: tuple[ObjectPermission, ...]) -> None:
    name = _stored_name(state, holder)
    from sfsetup.localorg.state.permissions import PROFILE_PREFIX

    state.permissions.put(
        name.removeprefix(PROFILE_PREFIX),
        label=holder.label,
        user_permissions=holder.user_permissions,
        objects=objects,
        entities=[(row.type, row.name) for row in holder.entities],
        profile=holder.is_owned_by_profile,
        group=holder.group_id is not None,
        has_activation_required=holder.has_activation_required,
    )
    _show(state, user, holder)
