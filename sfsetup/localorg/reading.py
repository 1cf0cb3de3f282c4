"""readMetadata: components as elements of the SOAP answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from sfsetup.localorg import holdings
from sfsetup.localorg.deploy import parts
from sfsetup.localorg.soap_write import NIL, Typed
from sfsetup.localorg.versions import at_version
from sfsetup.text.xml import METADATA_NS, local_name, parse_xml

if TYPE_CHECKING:
    from sfsetup.localorg.state import State


def record(state: State, type_name: str, full_name: str, version: float) -> Any:
    """The component with its fullName first, or nil."""
    element = _element(state, type_name, full_name, version)
    if element is None:
        return NIL
    for old in element.findall(f"{{{METADATA_NS}}}fullName"):
        element.remove(old)
    name = etree.Element(f"{{{METADATA_NS}}}fullName")
    name.text = full_name
    element.insert(0, name)
    kind = local_name(element) if type_name == "Settings" else type_name
    return Typed(kind, {"": element})


def _element(state: State, type_name: str, full_name: str, version: float) -> Any:
    place = parts.split(type_name, full_name)
    if place is not None:
        holder = state.components.get(place[0], place[1])
        if holder is None:
            return None
        content = at_version(holder.type, holder.content, version)
        return next((each for name, each in parts.held(content, place[0], type_name) if name == place[2]), None)
    stored = holdings.get(state, type_name, full_name)
    if stored is None or not stored.content:
        return None
    return parse_xml(at_version(type_name, stored.content, version), name=full_name)
