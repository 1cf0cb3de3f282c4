"""Who may what: permission sets, profiles, groups and assignments as derived facts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache

from sfsetup.localorg.state.database import Database, moment_of, text_of
from sfsetup.localorg.state.identity import Identities
from sfsetup.localorg.state.settings import Clock
from sfsetup.localorg.state.users import Users
from sfsetup.localorg.state.values import Assignment, EffectiveRights, EntityAccess, ObjectPermission, PermissionHolder
from sfsetup.localorg.stored import loads

PROFILE_PREFIX = "profile:"
"""Holders behind profiles are stored under this prefix and the profile's name."""


class Permissions:
    """Permission sets and profiles, and who has them."""

    def __init__(self, database: Database, identities: Identities, users: Users, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._identities = identities
        self._users = users

    def put(
        self,
        name: str,
        *,
        label: str,
        user_permissions: Iterable[str] = (),
        objects: Iterable[ObjectPermission] = (),
        entities: Iterable[tuple[str, str]] = (),
        profile: bool = False,
        group: bool = False,
        has_activation_required: bool = False,
    ) -> PermissionHolder:
        """Stores what a set (or the profile `name`) gives, replacing all that it gave before.

        `entities` are (SetupEntityType, name) pairs; their names are `<EC>-<principal>` or fullNames.
        """
        stored = f"{PROFILE_PREFIX}{name}" if profile else name
        rows = tuple(
            EntityAccess(
                self._identities.of("SetupEntityAccess", f"{stored}\x1f{kind}\x1f{entity}"),
                kind,
                entity,
                self._identities.of(kind, entity),
            )
            for kind, entity in sorted(set(entities))
        )
        holder = PermissionHolder(
            self._identities.of("PermissionSet", stored),
            f"X{self._identities.of('PermissionSet', stored)[:15]}" if profile else name,
            label,
            is_owned_by_profile=profile,
            profile_id=self._identities.of("Profile", name) if profile else None,
            user_permissions=frozenset(user_permissions),
            objects=tuple(objects),
            entities=rows,
            group_id=self._identities.of("PermissionSetGroup", name) if group else None,
            has_activation_required=has_activation_required,
        )
        facts = {field.name: getattr(holder, field.name) for field in fields(PermissionHolder)}
        facts["user_permissions"] = sorted(holder.user_permissions)
        for name_of_rows in ("objects", "entities"):
            facts[name_of_rows] = [
                {field.name: getattr(row, field.name) for field in fields(row)} for row in facts[name_of_rows]
            ]
        self._database.run("INSERT OR REPLACE INTO holder VALUES (?, ?, ?)", (stored, holder.id, json.dumps(facts)))
        return holder

    def get(self, name: str) -> PermissionHolder | None:
        """The permission set of this name."""
        row = self._database.one("SELECT facts FROM holder WHERE name = ?", (name,))
        return _holder(row[0]) if row else None

    def by_id(self, identifier: str) -> PermissionHolder | None:
        """By id, of 15 or 18 characters."""
        row = self._database.one("SELECT facts FROM holder WHERE substr(id, 1, 15) = ?", (identifier[:15],))
        return _holder(row[0]) if row else None

    def of_profile(self, profile: str) -> PermissionHolder | None:
        """The set behind a profile."""
        return self.get(f"{PROFILE_PREFIX}{profile}")

    def all(self) -> list[PermissionHolder]:
        """Permission sets, those behind profiles and the aggregates of groups included."""
        return [_holder(row[0]) for row in self._database.all("SELECT facts FROM holder ORDER BY name")]

    def profiles(self) -> list[str]:
        """Names of all profiles."""
        rows = self._database.all("SELECT name FROM holder WHERE name LIKE ? ORDER BY name", (f"{PROFILE_PREFIX}%",))
        return [row[0].removeprefix(PROFILE_PREFIX) for row in rows]

    def delete(self, name: str) -> None:
        """Removes a permission set and its assignments."""
        holder = self.get(name)
        if holder:
            with self._database.transaction():
                self._database.run("DELETE FROM assignment WHERE holder = ?", (holder.id,))
                self._database.run("DELETE FROM holder WHERE name = ?", (name,))

    def grant(self, name: str, entity_type: str, entity: str) -> EntityAccess | None:
        """Adds one SetupEntityAccess row to a set (or `profile:NAME`); None if there is no such set."""
        holder = self.get(name)
        if holder is None:
            return None
        pairs = {(row.type, row.name) for row in holder.entities} | {(entity_type, entity)}
        stored = self._again(holder, name, pairs)
        return next(row for row in stored.entities if (row.type, row.name) == (entity_type, entity))

    def revoke(self, access_id: str) -> bool:
        """Removes the SetupEntityAccess row with this id; False if there is none."""
        for (name,) in self._database.all("SELECT name FROM holder"):
            holder = self.get(name)
            if holder is None:
                continue
            left = {(row.type, row.name) for row in holder.entities if row.id[:15] != access_id[:15]}
            if len(left) != len(holder.entities):
                self._again(holder, name, left)
                return True
        return False

    def _again(self, holder: PermissionHolder, stored_name: str, entities: set[tuple[str, str]]) -> PermissionHolder:
        return self.put(
            stored_name.removeprefix(PROFILE_PREFIX),
            label=holder.label,
            user_permissions=holder.user_permissions,
            objects=holder.objects,
            entities=entities,
            profile=holder.is_owned_by_profile,
            group=holder.group_id is not None,
            has_activation_required=holder.has_activation_required,
        )

    def assign(
        self, user_id: str, permission_set_id: str, group_id: str = "", *, expires: datetime | None = None
    ) -> Assignment | None:
        """Assigns a set; None if the user has it already."""
        identifier = self._identities.new("PermissionSetAssignment")
        try:
            self._database.run(
                "INSERT INTO assignment VALUES (?, ?, ?, ?)", (identifier, user_id, permission_set_id, group_id)
            )
        except sqlite3.IntegrityError:
            return None
        if expires is not None:
            self._database.run("INSERT OR REPLACE INTO expiry VALUES (?, ?)", (identifier, text_of(expires)))
        return Assignment(identifier, user_id, permission_set_id, group_id or None, expires)

    def unassign(self, assignment_id: str) -> bool:
        """Removes an assignment; False if there is none."""
        return self._database.run("DELETE FROM assignment WHERE substr(id, 1, 15) = ?", (assignment_id[:15],)) > 0

    def assignments(self) -> list[Assignment]:
        """Every assignment; each user also has the set behind the profile, as in an org."""
        rows = self._database.all(
            "SELECT id, assignee, holder, grp, moment FROM assignment LEFT JOIN expiry ON assignment = id ORDER BY id"
        )
        result = [
            Assignment(row[0], row[1], row[2], row[3] or None, moment_of(row[4]) if row[4] else None) for row in rows
        ]
        users = self._users.all()
        behind = {profile: self.of_profile(profile) for profile in {user.profile for user in users}}
        for user in users:
            holder = behind[user.profile]
            if holder:
                identifier = self._identities.of("PermissionSetAssignment", f"{user.id}\x1f{holder.id}")
                result.append(Assignment(identifier, user.id, holder.id))
        return result

    def of_user(self, user_id: str) -> EffectiveRights:
        """What a user may, all sources together. An unknown user may nothing."""
        user = self._users.get(user_id)
        holders: list[PermissionHolder] = []
        if user:
            profile = self.of_profile(user.profile)
            rows = self._database.all(
                "SELECT holder FROM assignment LEFT JOIN expiry ON assignment = id "
                "WHERE assignee = ? AND (moment IS NULL OR moment > ?)",
                (user.id, text_of(self._clock.now())),
            )
            found = [profile, *(self.by_id(row[0]) for row in rows)]
            holders = [holder for holder in found if holder and not holder.has_activation_required]
        permissions: set[str] = set()
        entities: set[tuple[str, str]] = set()
        objects: dict[str, ObjectPermission] = {}
        for holder in holders:
            permissions |= holder.user_permissions
            entities |= {(row.type, row.name) for row in holder.entities}
            for right in holder.objects:
                objects[right.object] = _union(objects.get(right.object), right)
        return EffectiveRights(frozenset(permissions), objects, frozenset(entities))


def _union(left: ObjectPermission | None, right: ObjectPermission) -> ObjectPermission:
    if left is None:
        return right
    return replace(
        right,
        read=left.read or right.read,
        create=left.create or right.create,
        edit=left.edit or right.edit,
        delete=left.delete or right.delete,
        view_all=left.view_all or right.view_all,
        modify_all=left.modify_all or right.modify_all,
    )


@lru_cache(maxsize=4096)
def _holder(text: str) -> PermissionHolder:
    facts = loads(text)
    facts["user_permissions"] = frozenset(facts["user_permissions"])
    facts["objects"] = tuple(ObjectPermission(**right) for right in facts["objects"])
    facts["entities"] = tuple(EntityAccess(**row) for row in facts["entities"])
    return PermissionHolder(**facts)
