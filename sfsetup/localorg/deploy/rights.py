"""What files of permission sets and profiles give, as the state keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.localorg.state import ObjectPermission

if TYPE_CHECKING:
    from sfsetup.facts.permission_set import AccessFact
    from sfsetup.localorg.state import EffectiveRights

PRINCIPAL, FLOW, CLASS, CUSTOM = "ExternalCredentialParameter", "FlowDefinition", "ApexClass", "CustomPermission"
"""Kinds of SetupEntityAccess rows."""

CREDENTIAL_TYPES = ("NamedCredential", "ExternalCredential")
CREDENTIAL_RIGHTS = ("ManageNamedCredentials", "CustomizeApplication")
"""Either lets a user change credentials, by whatever way (metadata-types 7, wire-protocols 3.4: documented)."""


def may_manage_credentials(rights: EffectiveRights) -> bool:
    """True for a user who may write, deploy and delete credentials."""
    return any(rights.may(name) for name in CREDENTIAL_RIGHTS)


def rights_of(fact: AccessFact) -> dict[str, Any]:
    """The arguments of `state.permissions.put`."""
    entities = [(PRINCIPAL, row.value) for row in fact.principals if row.enabled]
    entities += [(FLOW, row.name) for row in fact.flows if row.enabled]
    entities += [(CLASS, row.name) for row in fact.classes if row.enabled]
    entities += [(CUSTOM, row.name) for row in fact.custom_permissions if row.enabled]
    objects = [
        ObjectPermission(row.object, row.read, row.create, row.edit, row.delete, row.view_all, row.modify_all)
        for row in fact.objects
    ]
    return {
        "user_permissions": [row.name for row in fact.user_permissions if row.enabled],
        "objects": objects,
        "entities": entities,
    }


def joined(left: ObjectPermission | None, right: ObjectPermission) -> ObjectPermission:
    """Both rights together."""
    if left is None:
        return right
    return ObjectPermission(
        right.object,
        left.read or right.read,
        left.create or right.create,
        left.edit or right.edit,
        left.delete or right.delete,
        left.view_all or right.view_all,
        left.modify_all or right.modify_all,
    )


def muted(rights: dict[str, Any], taken: dict[str, Any]) -> dict[str, Any]:
    """Rights without those that a muting permission set of the group names (as enabled, like a set that grants)."""
    less = {right.object: right for right in taken["objects"]}
    return {
        "user_permissions": [name for name in rights["user_permissions"] if name not in set(taken["user_permissions"])],
        "objects": [_less(right, less.get(right.object)) for right in rights["objects"]],
        "entities": [entity for entity in rights["entities"] if entity not in set(taken["entities"])],
    }


def _less(right: ObjectPermission, taken: ObjectPermission | None) -> ObjectPermission:
    if taken is None:
        return right
    return ObjectPermission(
        right.object,
        right.read and not taken.read,
        right.create and not taken.create,
        right.edit and not taken.edit,
        right.delete and not taken.delete,
        right.view_all and not taken.view_all,
        right.modify_all and not taken.modify_all,
    )
