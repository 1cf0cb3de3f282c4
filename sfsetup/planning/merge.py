"""What of the org's own state goes into the component that is sent, because a deploy would overwrite it.

A permission set deploy replaces the whole set, an external credential deploy may drop the principals that are left out
(reference 'metadata types' sections 4 and 11), and an operation that somebody switched off stays off.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sfsetup.model.component import Component
from sfsetup.planning.diff import Node, raw, text
from sfsetup.planning.shape import PRINCIPAL_TYPES, shape_of


@dataclass(frozen=True, slots=True)
class Merged:
    """The component to send, and what of the org's was put into it."""

    component: Component
    kept: tuple[str, ...] = ()
    """One sentence part each, as `principal Support`, for the plan."""


def merge(desired: Component, existing: bytes | None, *, needed_operations: Collection[str] = ()) -> Merged:
    """Merges the org's state into `desired` where its type asks for it.

    `needed_operations` are registration names (lower case) that the integration's own flow calls: those are switched
    on even if somebody switched them off.
    """
    if existing is None:
        return Merged(desired)
    if desired.type == "PermissionSet":
        return _permission_set(desired, existing)
    if desired.type == "ExternalCredential":
        return _external_credential(desired, existing)
    if desired.type == "NamedCredential":
        return _named_credential(desired, existing)
    if desired.type == "ExternalServiceRegistration":
        return _registration(desired, existing, {name.casefold() for name in needed_operations})
    return Merged(desired)


def write(type_name: str, node: Node) -> bytes:
    """The file of a component from nested values, as the one writer of metadata writes it."""
    from lxml import etree

    from sfsetup.metadata.xml import canonical
    from sfsetup.text.xml import METADATA_NS

    root = etree.Element(f"{{{METADATA_NS}}}{type_name}", nsmap={None: METADATA_NS})  # type: ignore[dict-item]

    def fill(parent: etree._Element, children: Node) -> None:
        for name, values in children.items():
            for value in values:
                element = etree.SubElement(parent, f"{{{METADATA_NS}}}{name}")
                if isinstance(value, str):
                    element.text = value
                else:
                    fill(element, value)

    fill(root, node)
    return canonical(type_name, root)


def _permission_set(desired: Component, existing: bytes) -> Merged:
    ours, theirs = raw(desired.content), raw(existing)
    keys = shape_of("PermissionSet").keys
    kept: list[str] = []
    merged: Node = dict(ours)
    for name, values in theirs.items():
        if name not in keys:
            merged.setdefault(name, values)
            continue
        (key,) = keys[name][0]
        entries = {text(entry, key): entry for entry in merged.get(name, [])}
        for entry in values:
            identity = text(entry, key)
            mine = entries.get(identity)
            if mine is None:
                entries[identity] = entry
                kept.append(f"{name} {identity}")
            elif isinstance(mine, dict) and isinstance(entry, dict):
                entries[identity] = _union(mine, entry)
        merged[name] = [entries[identity] for identity in sorted(entries, key=lambda value: value or "")]
    return _result(desired, merged, ours, kept)


def _union(mine: Node, theirs: Node) -> Node:
    """Both entries' rights: what either grants is granted."""
    united: Node = dict(mine)
    for name, values in theirs.items():
        if values == ["true"] or name not in united:
            united[name] = values
    return united


def _external_credential(desired: Component, existing: bytes) -> Merged:
    ours, theirs = raw(desired.content), raw(existing)
    name = "externalCredentialParameters"
    mine = {text(entry, "parameterName") for entry in ours.get(name, []) if _is_principal(entry)}
    foreign = [
        entry for entry in theirs.get(name, []) if _is_principal(entry) and text(entry, "parameterName") not in mine
    ]
    groups = {text(entry, "parameterGroup") or text(entry, "parameterName") for entry in foreign}
    bound = [
        entry
        for entry in theirs.get(name, [])
        if not _is_principal(entry)
        and text(entry, "parameterGroup") in groups
        and text(entry, "parameterGroup") not in ("DefaultGroup", None)
    ]
    merged: Node = dict(ours)
    merged[name] = [*ours.get(name, []), *foreign, *bound]
    return _result(desired, merged, ours, [f"principal {text(entry, 'parameterName')}" for entry in foreign])


def _is_principal(entry: Node | str) -> bool:
    return text(entry, "parameterType") in PRINCIPAL_TYPES


def _named_credential(desired: Component, existing: bytes) -> Merged:
    """Namespaces that an admin allowed to use the credential are nobody's template's business."""
    ours, theirs = raw(desired.content), raw(existing)
    name = "namedCredentialParameters"
    mine = {text(entry, "parameterValue") for entry in ours.get(name, [])}
    foreign = [
        entry
        for entry in theirs.get(name, [])
        if text(entry, "parameterType") == "AllowedManagedPackageNamespaces"
        and text(entry, "parameterValue") not in mine
    ]
    merged: Node = dict(ours)
    merged[name] = [*ours.get(name, []), *foreign]
    return _result(desired, merged, ours, [f"allowed namespace {text(entry, 'parameterValue')}" for entry in foreign])


def _registration(desired: Component, existing: bytes, needed: Collection[str]) -> Merged:
    ours, theirs = raw(desired.content), raw(existing)
    off = {
        (text(entry, "name") or "").casefold()
        for entry in theirs.get("operations", [])
        if text(entry, "active") == "false"
    }
    kept: list[str] = []
    operations: list[Node | str] = []
    for entry in ours.get("operations", []):
        name = (text(entry, "name") or "").casefold()
        if isinstance(entry, dict) and text(entry, "active") == "true" and name in off and name not in needed:
            entry = {**entry, "active": ["false"]}
            kept.append(f"inactive operation {text(entry, 'name')}")
        operations.append(entry)
    merged: Node = {**ours, "operations": operations} if operations else dict(ours)
    return _result(desired, merged, ours, kept)


def _result(desired: Component, merged: Node, ours: Node, kept: Sequence[str]) -> Merged:
    if merged == ours:
        return Merged(desired, tuple(kept))
    return Merged(replace(desired, content=write(desired.type, merged)), tuple(kept))
