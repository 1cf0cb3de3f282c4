"""listMetadata and describeMetadata: which components and which types the org has."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sfsetup.localorg import holdings
from sfsetup.localorg.deploy import parts
from sfsetup.localorg.deploy.rights import CREDENTIAL_TYPES
from sfsetup.localorg.soap_write import soap_time
from sfsetup.metadata.types import TYPES, MetadataType, file_name

if TYPE_CHECKING:
    from sfsetup.localorg.state import State, StoredComponent


def is_hidden(state: State, user_id: str, type_name: str) -> bool:
    """True where a user gets nothing of a type for want of View Setup and Configuration (metadata-types 7)."""
    return type_name in CREDENTIAL_TYPES and not state.permissions.of_user(user_id).may("ViewSetup")


def file_properties(state: State, stored: StoredComponent, path: str) -> dict[str, Any]:
    """FileProperties in the WSDL's order."""
    return {
        "createdById": stored.created_by,
        "createdByName": _name(state, stored.created_by),
        "createdDate": soap_time(stored.created),
        "fileName": path,
        "fullName": stored.full_name,
        "id": stored.id,
        "lastModifiedById": stored.modified_by,
        "lastModifiedByName": _name(state, stored.modified_by),
        "lastModifiedDate": soap_time(stored.modified),
        "manageableState": "installed" if stored.namespace else "unmanaged",
        "namespacePrefix": stored.namespace,
        "type": stored.type,
    }


def part_properties(state: State, holder: StoredComponent, type_name: str, full_name: str, path: str) -> dict[str, Any]:
    """FileProperties of a part: its own name and id, the file of its holder."""
    found = file_properties(state, holder, path)
    return {**found, "fullName": full_name, "id": state.ids.of(type_name, full_name), "type": type_name}


def _name(state: State, user_id: str) -> str:
    user = state.users.get(user_id)
    return user.name if user else ""


def path_of(stored: StoredComponent) -> str:
    """Path of the component's main file in an archive."""
    row = TYPES[stored.type]
    if row.suffix is None:
        return f"{row.folder}/{stored.full_name}"
    return file_name(row, stored.full_name, source=False).removesuffix("-meta.xml")


def list_components(state: State, type_name: str, folder: str | None = None) -> list[dict[str, Any]]:
    """FileProperties of every component of a type; empty for a type without any."""
    row = TYPES.get(type_name)
    if row is None:
        return []
    if row.parent is not None:
        return _list_parts(state, type_name, row.parent)
    found = holdings.of_type(state, type_name)
    if row.in_folder and folder:
        found = [each for each in found if each.full_name.startswith(f"{folder}/")]
    return [file_properties(state, each, path_of(each)) for each in found]


def _list_parts(state: State, type_name: str, holder_type: str) -> list[dict[str, Any]]:
    found = []
    for holder in state.components.of_type(holder_type):
        for own, _ in parts.held(holder.content, holder_type, type_name):
            full_name = parts.full_name_of(holder_type, holder.full_name, own)
            found.append(part_properties(state, holder, type_name, full_name, path_of(holder)))
    return found


@lru_cache(maxsize=8)
def described_types(version: float) -> tuple[dict[str, Any], ...]:
    """DescribeMetadataObject of every type that has a folder, by name."""
    rows = [row for row in TYPES.values() if row.parent is None and row.folder and row.since <= version]
    return tuple(_described(row) for row in sorted(rows, key=lambda row: row.name))


def _described(row: MetadataType) -> dict[str, Any]:
    return {
        "childXmlNames": sorted(each.name for each in _children(row.name)),
        "directoryName": row.folder,
        "inFolder": row.in_folder,
        "metaFile": row.has_content_file or row.adapter == "mixedContent",
        "suffix": row.suffix,
        "xmlName": row.name,
    }


def _children(name: str) -> Iterable[MetadataType]:
    return (row for row in TYPES.values() if row.parent == name)


def described(state: State, version: float) -> dict[str, Any]:
    """DescribeMetadataResult. In production a deploy is all or nothing and needs tests (wire-protocols 1.4)."""
    org = state.settings.org
    return {
        "metadataObjects": list(described_types(version)),
        "organizationNamespace": org.namespace or "",
        "partialSaveAllowed": not org.is_production,
        "testRequired": org.is_production,
    }
