"""Keeps the metadata of a permission set in step with grants that came as records: a retrieve shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.localorg.deploy.fill import stored_content
from sfsetup.localorg.records.metadata import metadata_json, metadata_xml
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.localorg.state import ObjectPermission, PermissionHolder, State, User

_ENTITIES = {
    "ExternalCredentialParameter": ("externalCredentialPrincipalAccesses", "externalCredentialPrincipal"),
    "FlowDefinition": ("flowAccesses", "flow"),
    "ApexClass": ("classAccesses", "apexClass"),
    "CustomPermission": ("customPermissions", "name"),
}
"""SetupEntityType -> list and naming field of PermissionSet (metadata-types 4)."""


def show_grants(state: State, user: User, holder: PermissionHolder) -> None:
    """Writes what the set gives into its metadata. Profiles carry no such grants, groups none of their own."""
    stored = state.components.get("PermissionSet", holder.name)
    if holder.is_owned_by_profile or holder.group_id or stored is None or not stored.content:
        return
    metadata = dict(metadata_json("PermissionSet", stored.content))
    for kind, (field, name) in _ENTITIES.items():
        given = {row.name for row in holder.entities if row.type == kind}
        metadata[field] = _merged(metadata[field], name, {key: {"enabled": True, name: key} for key in given})
    before = {row["object"]: row for row in metadata["objectPermissions"]}
    objects = [{**before.get(right.object, {}), **_object(right)} for right in holder.objects]
    metadata["objectPermissions"] = sorted(objects, key=lambda row: str(row["object"]))
    content = metadata_xml("PermissionSet", metadata)
    root = parse_xml(content, name=holder.name)
    state.components.put(
        "PermissionSet", holder.name, stored_content("PermissionSet", holder.name, root), by=user.id, files=stored.files
    )


def _merged(rows: list[dict[str, Any]], name: str, given: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that are enabled follow the grants; those that say `enabled: false` stay unless they were granted."""
    kept = [row for row in rows if not row.get("enabled") and row.get(name) not in given]
    return sorted([*kept, *given.values()], key=lambda row: str(row[name]))


def _object(right: ObjectPermission) -> dict[str, Any]:
    return {
        "allowCreate": right.create,
        "allowDelete": right.delete,
        "allowEdit": right.edit,
        "allowRead": right.read,
        "modifyAllRecords": right.modify_all,
        "object": right.object,
        "viewAllRecords": right.view_all,
    }
