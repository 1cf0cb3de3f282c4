"""Components and the parts of components: fields of an object, labels of a labels file, versions of a flow.

A part lives in the file of its holder. Files of types with parts, and profiles, are merged into what the org has;
all others replace it (that profiles and objects are merged is widely relied on, and inferred here).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sfsetup.localorg.deploy import effects
from sfsetup.localorg.deploy.fill import Registering, stored_content, with_omitted_principals
from sfsetup.localorg.deploy.package import Incoming
from sfsetup.localorg.state import State
from sfsetup.metadata.details import details_of
from sfsetup.metadata.fields import fields_of
from sfsetup.metadata.types import TYPES
from sfsetup.text.xml import local_name, parse_xml

LASTING = ("FlowDefinition", "Settings")
"""They are never deleted: they go with the flow, or stay as long as the org (inferred)."""


@cache
def parts_of(type_name: str) -> Mapping[str, str]:
    """Element -> type of the parts that files of this type hold: `fields` -> CustomField."""
    found = {}
    for field in fields_of(type_name).values():
        row = TYPES.get(field.type)
        if field.many and row is not None and row.parent == type_name:
            found[field.name] = row.name
    return found


@cache
def _keys(type_name: str) -> Mapping[str, tuple[str, ...]]:
    """List element -> the fields that name an item, for types whose files are merged; empty for others."""
    if type_name == "Profile":
        return details_of("Profile").list_keys
    return dict.fromkeys(parts_of(type_name), ("fullName",))


def split(type_name: str, full_name: str) -> tuple[str, str, str] | None:
    """(holder's type, holder's fullName, own name) of a part; None for what is no part."""
    row = TYPES.get(type_name)
    if row is None or row.parent is None:
        return None
    if row.parent == "CustomLabels":
        return row.parent, "CustomLabels", full_name
    holder, _, own = full_name.partition(".")
    return (row.parent, holder, own) if holder and own else None


def full_name_of(holder_type: str, holder: str, own: str) -> str:
    """The fullName of a part."""
    return own if holder_type == "CustomLabels" else f"{holder}.{own}"


def held(content: bytes, type_name: str, part_type: str) -> list[tuple[str, Any]]:
    """(own name, element) of the parts of one type in a holder's file."""
    tags = {tag for tag, kind in parts_of(type_name).items() if kind == part_type}
    if not tags or not content:
        return []
    root = parse_xml(content, name=type_name)
    return [(_name(child), child) for child in root if local_name(child) in tags]


def exists(state: State, type_name: str, full_name: str) -> bool:
    """True if the org has the component, the part, or the version of a flow."""
    place = split(type_name, full_name)
    if place is not None:
        stored = state.components.get(place[0], place[1])
        return stored is not None and any(name == place[2] for name, _ in held(stored.content, place[0], type_name))
    if type_name == "FlowDefinition":
        return bool(state.flows.versions(full_name))
    if state.components.exists(type_name, full_name):
        return True
    return type_name == "Flow" and _version(state, full_name) is not None


def store(
    state: State, incoming: Incoming, *, by: str, at: datetime | None = None, incomplete: bool = False
) -> effects.Stored:
    """Keeps an incoming component; `incomplete` says of a registration that its document is of no use."""
    type_name, full_name = incoming.type.name, incoming.full_name
    if not incoming.content:
        return effects.store(state, type_name, full_name, b"", dict(incoming.files), by=by, at=at)
    root, written = incoming.root, incoming.written
    kind = local_name(root) if type_name == "Settings" else type_name
    if _keys(type_name):
        before = state.components.get(type_name, full_name)
        if before is not None and before.content:
            root, written = _merged(parse_xml(before.content, name=full_name), root, _keys(type_name)), None
    if type_name == "ExternalCredential" and not state.switches.on("omitted-principal-dropped"):
        before = state.components.get(type_name, full_name)
        if before is not None and with_omitted_principals(root, parse_xml(before.content, name=full_name)):
            written = None
    content = stored_content(
        kind, full_name, root, written=written, of_service=_of_service(state, incoming, incomplete)
    )
    files = dict(incoming.files)
    if incoming.type.suffix is None:
        # The XML of a bundle is one of its files.
        files = {name: content if name.endswith("-meta.xml") else data for name, data in files.items()}
    return effects.store(state, type_name, full_name, content, files, by=by, at=at, root=root)


def _of_service(state: State, incoming: Incoming, incomplete: bool) -> Registering | None:
    """What it takes to keep a registration; None for other types."""
    if incoming.type.name != "ExternalServiceRegistration":
        return None
    known = state.components.get(incoming.type.name, incoming.full_name)
    return Registering(
        before=known.content if known else b"",
        incomplete=incomplete,
        completed=state.switches.on("sent-incomplete-completed"),
        unlisted_active=not state.switches.on("omitted-operations-inactive"),
    )


def delete(state: State, type_name: str, full_name: str, *, by: str) -> str | None:
    """Deletes a component, a part or a version of a flow; its id, or None if the org has none."""
    place = split(type_name, full_name)
    if place is not None:
        return _delete_part(state, type_name, place, by)
    if type_name == "Flow" and not state.components.exists("Flow", full_name):
        version = _version(state, full_name)
        if version is None:
            return None
        flow, number = version
        found = next(each for each in state.flows.versions(flow) if each.number == number)
        state.flows.delete(flow, number)
        left = state.flows.latest(flow)
        if left is None:
            effects.delete(state, "Flow", flow)
        else:
            state.components.put("Flow", flow, left.content, by=by)
        return found.id
    return effects.delete(state, type_name, full_name)


def _delete_part(state: State, type_name: str, place: tuple[str, str, str], by: str) -> str | None:
    holder_type, holder, own = place
    stored = state.components.get(holder_type, holder)
    if stored is None or not stored.content:
        return None
    root = parse_xml(stored.content, name=holder)
    tags = {tag for tag, kind in parts_of(holder_type).items() if kind == type_name}
    gone = [child for child in root if local_name(child) in tags and _name(child) == own]
    for child in gone:
        root.remove(child)
    if not gone:
        return None
    state.components.put(
        holder_type, holder, stored_content(holder_type, holder, root), by=by, files=dict(stored.files)
    )
    return state.ids.of(type_name, full_name_of(holder_type, holder, own))


def _version(state: State, full_name: str) -> tuple[str, int] | None:
    """A version is addressed as `Name-3` (metadata-types 6)."""
    flow, dash, number = full_name.rpartition("-")
    if not dash or not number.isdigit():
        return None
    known = any(each.number == int(number) for each in state.flows.versions(flow))
    return (flow, int(number)) if known else None


def _merged(root: Any, incoming: Any, keys: Mapping[str, tuple[str, ...]]) -> Any:
    """The stored file with what the incoming one says: items of lists by their keys, anything else as a whole."""
    fresh: dict[str, list[Any]] = {}
    for child in incoming:
        fresh.setdefault(local_name(child), []).append(child)
    for name, elements in fresh.items():
        named = keys.get(name)
        taken = {_key(each, named) for each in elements} if named else None
        for old in [each for each in root if local_name(each) == name]:
            if taken is None or named is None or _key(old, named) in taken:
                root.remove(old)
        for each in elements:
            root.append(each)
    for name, named in keys.items():
        for each in sorted((each for each in root if local_name(each) == name), key=lambda item: _key(item, named)):
            root.append(each)
    return root


def _key(element: Any, fields: tuple[str, ...]) -> tuple[str, ...]:
    texts = {local_name(child): (child.text or "").strip() for child in element}
    return tuple(texts.get(name, "") for name in fields)


def _name(element: Any) -> str:
    return (element.findtext("{*}fullName") or "").strip()
