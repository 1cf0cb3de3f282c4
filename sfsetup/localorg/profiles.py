"""Profiles as a retrieve gives them: only what concerns the components asked for beside them (audit-rules 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sfsetup.metadata.xml import canonical
from sfsetup.text.xml import METADATA_NS, local_name, parse_xml

_LISTS = {
    "applicationVisibilities": ("application", "CustomApplication"),
    "classAccesses": ("apexClass", "ApexClass"),
    "customMetadataTypeAccesses": ("name", "CustomObject"),
    "customPermissions": ("name", "CustomPermission"),
    "customSettingAccesses": ("name", "CustomObject"),
    "externalDataSourceAccesses": ("externalDataSource", "ExternalDataSource"),
    "fieldPermissions": ("field", "CustomField"),
    "flowAccesses": ("flow", "Flow"),
    "layoutAssignments": ("layout", "Layout"),
    "objectPermissions": ("object", "CustomObject"),
    "pageAccesses": ("apexPage", "ApexPage"),
    "recordTypeVisibilities": ("recordType", "RecordType"),
    "tabVisibilities": ("tab", "CustomTab"),
}
"""List of a profile -> the element that names an item, and the type that it names. All other elements always come."""


def partial(content: bytes, members: Mapping[str, Iterable[str]]) -> bytes:
    """The profile without the entries of components that the manifest does not name."""
    named = {kind: set(names) for kind, names in members.items()}
    root: Any = parse_xml(content, name="Profile")
    changed = False
    for entry in list(root):
        row = _LISTS.get(local_name(entry))
        if row is None:
            continue
        name = (entry.findtext(f"{{{METADATA_NS}}}{row[0]}") or "").strip()
        if not _asked(named, row[1], name):
            root.remove(entry)
            changed = True
    return canonical("Profile", root) if changed else content


def _asked(named: Mapping[str, set[str]], kind: str, name: str) -> bool:
    asked = named.get(kind, set())
    if name in asked or "*" in asked:
        return True
    # Fields and record types come with their object.
    holder, dot, _ = name.partition(".")
    objects = named.get("CustomObject", set())
    return bool(dot) and (holder in objects or "*" in objects)
