"""Users, their rights, permission sets and assignments.

Sources: reference 'wire protocols', 2.1 (queries that tools send), 'audit rules', 2 (evidence sources).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sfsetup.errors import OrgRefused, OutcomeUnknown, Unreachable
from sfsetup.model.snapshot import OrgInfo, UserState
from sfsetup.org.rest import Record, Rest, soql

RIGHTS: dict[str, str] = {
    "PermissionsModifyMetadata": "Modify Metadata Through Metadata API Functions",
    "PermissionsModifyAllData": "Modify All Data",
    "PermissionsManageNamedCredentials": "Manage Named Credentials",
    "PermissionsCustomizeApplication": "Customize Application",
    "PermissionsViewSetup": "View Setup and Configuration",
    "PermissionsRunFlow": "Run Flows",
    "PermissionsManageInteraction": "Manage Flow",
    "PermissionsApiEnabled": "API Enabled",
    "PermissionsAssignPermissionSets": "Assign Permission Sets",
}
"""Fields of PermissionSet (a profile is one too) -> the labels that Setup shows."""

ME = "me"
"""Stands for the user of the session in `assign`."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user may do, by the field names of RIGHTS. `known` is False when the org did not tell."""

    held: frozenset[str] = frozenset()
    known: bool = True

    def has(self, field: str) -> bool | None:
        """True or False; None when the org did not tell."""
        return field in self.held if self.known else None

    def any_of(self, *fields: str) -> bool | None:
        """True when one of them is held."""
        return any(field in self.held for field in fields) if self.known else None

    @property
    def missing_for_deploy(self) -> tuple[str, ...]:
        """Labels of the rights that building an integration needs and this user lacks; empty when not known."""
        if not self.known:
            return ()
        wanted = (
            ("PermissionsModifyMetadata", "PermissionsModifyAllData"),
            ("PermissionsManageNamedCredentials", "PermissionsCustomizeApplication"),
            ("PermissionsViewSetup",),
        )
        return tuple(" or ".join(RIGHTS[f] for f in group) for group in wanted if not self.any_of(*group))


class People:
    """Who is in the org and what they were given."""

    def __init__(self, rest: Rest, info: OrgInfo) -> None:
        self._rest = rest
        self._info = info
        self._known: dict[str, Rights] = {}

    def rights(self, user_id: str | None = None) -> Rights:
        """Rights of a user (the session's own when None) by profile, permission sets and groups together.

        Asked once per user and connection.
        """
        who = user_id or self._info.user_id
        found = self._known.get(who[:15]) or self._ask_rights(who)
        if found.known:
            self._known[who[:15]] = found
        return found

    def _ask_rights(self, user_id: str) -> Rights:
        query = soql("SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {}", user_id)
        try:
            ids = sorted({str(record["PermissionSetId"]) for record in self._rest.query(query)})
            if not ids:
                return Rights(known=False)
            return Rights(self._held(ids))
        except OrgRefused:
            return Rights(known=False)

    def _held(self, set_ids: Sequence[str]) -> frozenset[str]:
        fields = list(RIGHTS)
        while True:
            template = f"SELECT Id, {', '.join(fields)} FROM PermissionSet WHERE Id IN {{}}"  # noqa: S608 names of RIGHTS
            try:
                records = self._rest.query(soql(template, list(set_ids)))
            except OrgRefused as error:
                # a right that this org does not have has no field either (INVALID_FIELD names it)
                gone = [field for field in fields if field in error.message]
                if error.code != "INVALID_FIELD" or not gone or len(gone) == len(fields):
                    raise
                fields = [field for field in fields if field not in gone]
                continue
            return frozenset(field for record in records for field in fields if record.get(field))

    def users(self, usernames: Iterable[str]) -> tuple[UserState, ...]:
        """The users of these names in their order; `id` is None for one that the org does not have.

        `me` is the session's user. In a sandbox a production username is found with the sandbox's suffix too.
        """
        wanted = list(dict.fromkeys(usernames))
        if not wanted:
            return ()
        return tuple(self._user(name) for name in wanted)

    def _user(self, name: str) -> UserState:
        record = self._find(self._info.username if name == ME else name)
        if record is None:
            return UserState(username=name, id=None)
        user_id = str(record["Id"])
        return UserState(
            username=str(record["Username"]),
            id=user_id,
            is_active=bool(record.get("IsActive", True)),
            assigned=self.assigned(user_id),
            can_run_flows=self.can_run_flows(user_id, record),
        )

    def _find(self, username: str) -> Record | None:
        names = [username]
        if self._info.type.value == "sandbox" and (suffix := sandbox_suffix(self._info)):
            names.append(f"{username}.{suffix}")
        try:
            records = self._rest.query(
                soql(
                    "SELECT Id, Username, IsActive, UserPermissionsInteractionUser FROM User WHERE Username IN {}",
                    names,
                )
            )
        except OrgRefused as error:
            # the box Flow User is a feature; an org without it has no such field
            if error.code != "INVALID_FIELD":
                raise
            records = self._rest.query(soql("SELECT Id, Username, IsActive FROM User WHERE Username IN {}", names))
        by_name = {str(record["Username"]).lower(): record for record in records}
        return next((by_name[name.lower()] for name in names if name.lower() in by_name), None)

    def assigned(self, user_id: str) -> frozenset[str]:
        """Names of the permission sets that the user has, directly or through a group."""
        records = self._rest.query(
            soql(
                "SELECT PermissionSet.Name, PermissionSet.IsOwnedByProfile FROM PermissionSetAssignment "
                "WHERE AssigneeId = {}",
                user_id,
            )
        )
        return frozenset(
            str(entry["Name"])
            for entry in (record.get("PermissionSet") or {} for record in records)
            if entry.get("Name") and not entry.get("IsOwnedByProfile")
        )

    def can_run_flows(self, user_id: str, record: Record | None = None) -> bool | None:
        """Whether the user may run flows: Run Flows, Manage Flow, or the box Flow User (Trailhead)."""
        if record is not None and record.get("UserPermissionsInteractionUser"):
            return True
        return self.rights(user_id).any_of("PermissionsRunFlow", "PermissionsManageInteraction")

    def permission_set_id(self, name: str) -> str | None:
        """Id of a permission set without namespace; None when the org has none of this name."""
        records = self._rest.query(
            soql("SELECT Id FROM PermissionSet WHERE Name = {} AND IsOwnedByProfile = false", name)
        )
        return str(records[0]["Id"]) if records else None

    def assign(self, user_id: str, permission_set: str) -> bool:
        """Assigns a permission set; False when the user had it. Exactly one assignment, whatever the connection does.

        Raises OrgRefused when the org has no such set or says no, OutcomeUnknown when it cannot be asked any more.
        """
        set_id = self.permission_set_id(permission_set)
        if set_id is None:
            raise OrgRefused(f"The org has no permission set {permission_set}.", actions=["Deploy it first."])
        if self._has(user_id, set_id):
            return False
        try:
            return self._assign_once(user_id, set_id)
        except OutcomeUnknown:
            pass
        try:
            # the org refuses a second assignment of the same set, so asking again cannot make two
            if not self._has(user_id, set_id):
                self._assign_once(user_id, set_id)
        except Unreachable as error:
            raise OutcomeUnknown(
                f"The connection broke while {permission_set} was assigned ({error.message})",
                actions=["Run the command again: an assignment that is there is left alone."],
            ) from None
        return True

    def _assign_once(self, user_id: str, set_id: str) -> bool:
        try:
            self._rest.create("PermissionSetAssignment", {"AssigneeId": user_id, "PermissionSetId": set_id})
        except OrgRefused as error:
            if error.code != "DUPLICATE_VALUE":
                raise
            return False
        return True

    def unassign(self, user_id: str, permission_set: str) -> bool:
        """Takes a permission set away; False when the user did not have it."""
        set_id = self.permission_set_id(permission_set)
        records = self._assignments(user_id, set_id) if set_id else []
        for record in records:
            self._rest.delete("PermissionSetAssignment", str(record["Id"]))
        return bool(records)

    def assignees(self, permission_set: str) -> tuple[str, ...]:
        """Usernames of everybody who has the permission set."""
        records = self._rest.query(
            soql("SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name = {}", permission_set)
        )
        return tuple(sorted({str(record["Assignee"]["Username"]) for record in records if record.get("Assignee")}))

    def assigned_users(self, permission_set: str) -> tuple[tuple[str, str], ...]:
        """(id, username) of everybody who has the permission set, sorted by username."""
        records = self._rest.query(
            soql(
                "SELECT AssigneeId, Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name = {}",
                permission_set,
            )
        )
        found = {
            (str(record["AssigneeId"]), str(record["Assignee"]["Username"]))
            for record in records
            if record.get("Assignee")
        }
        return tuple(sorted(found, key=lambda pair: pair[1]))

    def _has(self, user_id: str, set_id: str) -> bool:
        return bool(self._assignments(user_id, set_id))

    def _assignments(self, user_id: str, set_id: str) -> list[Record]:
        query = "SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = {} AND PermissionSetId = {}"
        return self._rest.query(soql(query, user_id, set_id))


def sandbox_suffix(info: OrgInfo) -> str | None:
    """`uat` of My Domain `acme--uat`: what a sandbox appends to production's usernames."""
    _, separator, name = (info.my_domain or "").partition("--")
    return name if separator and name else None
