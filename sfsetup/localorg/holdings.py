"""What the org gives back of its components, where that is more than the file that was deployed.

A flow is its latest version with that version's own status; a flow definition exists for every flow; a permission set
shows the grants that were added or taken away over REST.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from sfsetup.localorg.deploy.rights import CLASS, CUSTOM, FLOW, PRINCIPAL
from sfsetup.localorg.state import StoredComponent
from sfsetup.metadata.xml import canonical
from sfsetup.text.xml import METADATA_NS, parse_xml

if TYPE_CHECKING:
    from sfsetup.localorg.state import FlowVersion, PermissionHolder, State

_GRANTS = {
    PRINCIPAL: ("externalCredentialPrincipalAccesses", "externalCredentialPrincipal"),
    FLOW: ("flowAccesses", "flow"),
    CLASS: ("classAccesses", "apexClass"),
    CUSTOM: ("customPermissions", "name"),
}
"""Kind of a SetupEntityAccess row -> the list of the permission set that holds it, and the element that names it."""


def get(state: State, type_name: str, full_name: str) -> StoredComponent | None:
    """A component as the org gives it back, with its further files; None if the org has none."""
    if type_name == "FlowDefinition":
        versions = state.flows.versions(full_name)
        return _definition(versions) if versions else None
    stored = state.components.get(type_name, full_name)
    return _shown(state, stored) if stored is not None else None


def of_type(state: State, type_name: str, *, with_files: bool = False) -> list[StoredComponent]:
    """All components of a type, by name."""
    if type_name == "FlowDefinition":
        by_flow: dict[str, list[FlowVersion]] = {}
        for version in state.flows.all():
            by_flow.setdefault(version.flow, []).append(version)
        return [_definition(versions) for _, versions in sorted(by_flow.items())]
    return [_shown(state, each) for each in state.components.of_type(type_name, with_files=with_files)]


def _shown(state: State, stored: StoredComponent) -> StoredComponent:
    if stored.type == "Flow":
        latest = state.flows.latest(stored.full_name)
        return stored if latest is None else _version(stored, latest)
    if stored.type == "PermissionSet":
        holder = state.permissions.get(stored.full_name)
        return stored if holder is None else replace(stored, content=_granted(stored, holder))
    return stored


def _definition(versions: list[FlowVersion]) -> StoredComponent:
    first, latest = versions[0], versions[-1]
    active = next((version.number for version in versions if version.status == "Active"), 0)
    text = f"<activeVersionNumber>{active}</activeVersionNumber>" if active else ""
    root = f'<FlowDefinition xmlns="{METADATA_NS}">{text}</FlowDefinition>'
    return StoredComponent(
        "FlowDefinition",
        latest.flow,
        canonical("FlowDefinition", root.encode()),
        latest.definition_id,
        first.created_by,
        first.created,
        latest.modified_by,
        latest.modified,
    )


def _version(stored: StoredComponent, latest: FlowVersion) -> StoredComponent:
    content = latest.content
    shown = b"<status>%s</status>" % latest.status.encode()
    if shown not in content:
        root: Any = parse_xml(content, name=stored.full_name)
        status = root.find(f"{{{METADATA_NS}}}status")
        if status is None:
            status = etree.SubElement(root, f"{{{METADATA_NS}}}status")
        status.text = latest.status
        content = canonical("Flow", root)
    return replace(stored, content=content, modified_by=latest.modified_by, modified=latest.modified)


def _granted(stored: StoredComponent, holder: PermissionHolder) -> bytes:
    """The file with exactly the accesses that the set gives now."""
    root: Any = parse_xml(stored.content, name=stored.full_name)
    changed = False
    for kind, (tag, key) in _GRANTS.items():
        wanted = {row.name for row in holder.entities if row.type == kind}
        for entry in root.findall(f"{{{METADATA_NS}}}{tag}"):
            name = (entry.findtext(f"{{{METADATA_NS}}}{key}") or "").strip()
            enabled = (entry.findtext(f"{{{METADATA_NS}}}enabled") or "").strip() in ("true", "1")
            if name in wanted and enabled:
                wanted.discard(name)
            elif enabled:
                root.remove(entry)
                changed = True
        for name in sorted(wanted):
            entry = etree.SubElement(root, f"{{{METADATA_NS}}}{tag}")
            for child, text in (("enabled", "true"), (key, name)):
                etree.SubElement(entry, f"{{{METADATA_NS}}}{child}").text = text
            changed = True
    return canonical("PermissionSet", root) if changed else stored.content
