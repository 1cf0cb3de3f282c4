"""What storing and deleting a component does to the org besides keeping its file: one function for each type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sfsetup.facts import external_credential, flow_definition, permission_set, permission_set_group
from sfsetup.localorg import holdings
from sfsetup.localorg.deploy.rights import CLASS, CUSTOM, FLOW, PRINCIPAL, joined, muted, rights_of
from sfsetup.localorg.state import ObjectPermission, State
from sfsetup.localorg.state.permissions import PROFILE_PREFIX
from sfsetup.text.xml import parse_xml

_NONE: Mapping[str, Any] = MappingProxyType({})
_STATUS = re.compile(rb"\n    <status>([^<]*)</status>")
"""In the org's own style an element right below the root stands four spaces in, and no text holds a `<`."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of storing a component."""

    changed: bool
    created: bool
    id: str


def store(
    state: State,
    type_name: str,
    full_name: str,
    content: bytes,
    files: dict[str, bytes],
    *,
    by: str,
    at: datetime | None = None,
    root: Any = None,
) -> Stored:
    """Keeps a component whose `content` is as the org writes it, with everything that follows from it.

    `root` is the tree of that content, where there is one already.
    """
    if type_name == "Flow":
        return _store_flow(state, full_name, content, by)
    if type_name == "FlowDefinition":
        return _store_definition(state, full_name, content, by)
    effect = _EFFECTS.get(type_name)
    if effect is None:
        made = state.components.add(type_name, full_name, content, by=by, files=files, at=at)
        if made is not None:
            return Stored(True, True, made.id)
    # A permission set whose grants were changed over REST is not the file any more that was deployed.
    known = holdings.get(state, type_name, full_name)
    if known is not None and known.content == content and dict(known.files) == files:
        return Stored(False, False, known.id)
    if effect is not None:
        effect(state, full_name, parse_xml(content, name=full_name) if root is None else root, by)
    kept = state.components.put(type_name, full_name, content, by=by, files=files, at=at)
    return Stored(True, known is None, kept.id)


def delete(state: State, type_name: str, full_name: str) -> str | None:
    """Deletes a component and what hangs on it; its id, or None if the org has none."""
    known = state.components.get(type_name, full_name)
    if known is None:
        return None
    if type_name == "Profile":
        state.permissions.delete(f"{PROFILE_PREFIX}{full_name}")
    if type_name == "Flow":
        state.flows.delete(full_name)
    elif type_name == "ExternalCredential":
        # Deleting an external credential destroys its stored secrets (metadata-types 6).
        state.credentials.delete(full_name)
        for principal in _principals(full_name, parse_xml(known.content, name=full_name)):
            state.ids.forget(PRINCIPAL, f"{full_name}-{principal}")
    elif type_name == "PermissionSet":
        state.permissions.delete(full_name)
        renew_groups(state, full_name)
    elif type_name == "PermissionSetGroup":
        state.permissions.delete(full_name)
    state.components.delete(type_name, full_name)
    if type_name == "MutingPermissionSet":
        renew_groups(state, full_name)
    return known.id


# -- flows -------------------------------------------------------------------------------------------------------------


def _store_flow(state: State, name: str, content: bytes, by: str) -> Stored:
    """A changed flow is a new version, whatever the latest one's status (messages 5: gearset; metadata-types 5)."""
    status = _status_of(content)
    if status == "Active" and state.settings.org.is_production and not _deploys_as_active(state):
        # It arrives inactive and the deploy says success (metadata-types 5).
        status = "Draft"
    latest = state.flows.latest(name)
    known = state.components.get("Flow", name)
    if latest is not None and known is not None and known.content == content:
        repeats = state.switches.on("unchanged-flow-new-version")
        same = latest.status == status or (latest.status == "Obsolete" and status == "Draft")
        if same and not repeats:
            return Stored(False, False, known.id)
        if not repeats:
            state.flows.set_status(name, latest.number, status, by=by)
            kept = state.components.put("Flow", name, content, by=by)
            return Stored(True, False, kept.id)
    state.flows.add(name, content, status, by=by)
    kept = state.components.put("Flow", name, content, by=by)
    return Stored(True, known is None, kept.id)


def _deploys_as_active(state: State) -> bool:
    """Production's preference: the switch, or FlowSettings as deployed (metadata-types 5)."""
    if state.switches.on("flow-deploys-as-active"):
        return True
    settings = state.components.get("Settings", "Flow")
    if settings is None:
        return False
    root: Any = parse_xml(settings.content, name="FlowSettings")
    return (root.findtext("{*}enableFlowDeployAsActiveEnabled") or "").strip() in ("true", "1")


def _status_of(content: bytes) -> str:
    found = _STATUS.search(content)
    return (found[1].decode().strip() if found else "") or "Draft"


def _store_definition(state: State, name: str, content: bytes, by: str) -> Stored:
    """A flow definition is no component of its own: it says which version of a flow is active."""
    fact = flow_definition.read(parse_xml(content, name=name), full_name=name, file=name)
    active = state.flows.active(name)
    before = active.number if active else 0
    wanted = fact.active_version or 0
    if wanted and wanted != before:
        state.flows.activate(name, wanted, by=by)
    elif not wanted and before:
        state.flows.deactivate(name, by=by)
    return Stored(wanted != before, False, state.ids.of("FlowDefinition", name))


# -- credentials -------------------------------------------------------------------------------------------------------


def _principals(name: str, root: Any) -> list[str]:
    fact = external_credential.read(root, full_name=name, file=name)
    return [principal.name for principal in fact.principals]


def _external_credential(state: State, name: str, root: Any, _by: str) -> None:
    now = _principals(name, root)
    for principal in now:
        state.ids.of(PRINCIPAL, f"{name}-{principal}")
    before = state.components.get("ExternalCredential", name)
    if before is None or not state.switches.on("omitted-principal-dropped"):
        return
    for gone in set(_principals(name, parse_xml(before.content, name=name))) - set(now):
        state.credentials.delete(name, gone)
        entity = f"{name}-{gone}"
        for holder in state.permissions.all():
            for row in holder.entities:
                if (row.type, row.name) == (PRINCIPAL, entity):
                    state.permissions.revoke(row.id)
        state.ids.forget(PRINCIPAL, entity)


# -- rights ------------------------------------------------------------------------------------------------------------


def _permission_set(state: State, name: str, root: Any, _by: str) -> None:
    """Overwritten, never merged: what the file leaves out is gone (metadata-types 4)."""
    fact = permission_set.read(root, full_name=name, file=name)
    state.permissions.put(
        name, label=fact.label or name, has_activation_required=fact.has_activation_required, **rights_of(fact)
    )
    renew_groups(state, name)


_PROFILES = {"Admin": "System Administrator", "Standard": "Standard User"}
"""fullNames of standard profiles that differ from their names (widely known; not in the references)."""


def _profile(state: State, name: str, root: Any, _by: str) -> None:
    """Added to what the profile has: a file holds only what was retrieved with it (audit-rules 2)."""
    fact = permission_set.read_profile(root, full_name=name, file=name)
    profile = _PROFILES.get(name, name)
    now = state.permissions.of_profile(profile)
    rights = rights_of(fact)
    denied = {row.name for row in fact.user_permissions if not row.enabled}
    refused = {(FLOW, row.name) for row in fact.flows if not row.enabled}
    refused |= {(CLASS, row.name) for row in fact.classes if not row.enabled}
    refused |= {(CUSTOM, row.name) for row in fact.custom_permissions if not row.enabled}
    objects = {right.object: right for right in (*(now.objects if now else ()), *rights["objects"])}
    had = {(row.type, row.name) for row in now.entities} if now else set()
    state.permissions.put(
        profile,
        label=now.label if now else profile,
        user_permissions=((now.user_permissions if now else frozenset()) - denied) | set(rights["user_permissions"]),
        objects=objects.values(),
        entities=(had - refused) | set(rights["entities"]),
        profile=True,
    )


def _group(state: State, name: str, root: Any, _by: str, muting: Mapping[str, Any] = _NONE) -> None:
    """The group's own set: what its sets give, without what is muted. `muting` are trees that are not stored yet."""
    fact = permission_set_group.read(root, full_name=name, file=name)
    held = [holder for each in fact.permission_sets if (holder := state.permissions.get(each))]
    objects: dict[str, ObjectPermission] = {}
    for holder in held:
        for right in holder.objects:
            objects[right.object] = joined(objects.get(right.object), right)
    rights: dict[str, Any] = {
        "user_permissions": [each for holder in held for each in holder.user_permissions],
        "objects": list(objects.values()),
        "entities": [(row.type, row.name) for holder in held for row in holder.entities],
    }
    for each in fact.muting_permission_sets:
        stored = state.components.get("MutingPermissionSet", each)
        tree = muting.get(each) if each in muting or stored is None else parse_xml(stored.content, name=each)
        if tree is not None:
            rights = muted(rights, rights_of(permission_set.read_muting(tree, full_name=each, file=each)))
    state.permissions.put(
        name, label=fact.label or name, group=True, has_activation_required=fact.has_activation_required, **rights
    )


def _muting(state: State, name: str, root: Any, _by: str) -> None:
    renew_groups(state, name, {name: root})


def renew_groups(state: State, of: str, muting: Mapping[str, Any] = _NONE) -> None:
    """Gives every group that names this set, or muting set, what its sets give now."""
    name = of.encode()
    for group in state.components.of_type("PermissionSetGroup"):
        if name not in group.content:
            continue  # of a thousand sets in a deploy each would else have all groups made anew
        _group(state, group.full_name, parse_xml(group.content, name=group.full_name), "", muting)


_EFFECTS: dict[str, Callable[[State, str, Any, str], None]] = {
    "ExternalCredential": _external_credential,
    "Profile": _profile,
    "PermissionSet": _permission_set,
    "PermissionSetGroup": _group,
    "MutingPermissionSet": _muting,
}
