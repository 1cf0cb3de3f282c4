"""Components written one by one: createMetadata, updateMetadata, upsertMetadata, deleteMetadata. No SOAP.

Each is judged and stored as by a deploy; wire-protocols 1.2 has the shapes, no source the texts and codes of refusals.
Inferred: an update replaces a component as a deploy does, objects and profiles are merged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from sfsetup.localorg.deploy import parts
from sfsetup.localorg.deploy.rights import CREDENTIAL_TYPES, may_manage_credentials
from sfsetup.localorg.records.components import REFUSED, delete_component, write_component
from sfsetup.localorg.refusal import OURS, Refused
from sfsetup.metadata.types import TYPES
from sfsetup.text.xml import METADATA_NS, XSI_NIL, XSI_TYPE

if TYPE_CHECKING:
    from sfsetup.localorg.state import State, User

_VALUE = f"{{{METADATA_NS}}}value"
_XSD = "http://www.w3.org/2001/XMLSchema"


@dataclass(frozen=True, slots=True)
class Given:
    """One component of a call: its type, its name, and its elements without the name."""

    type: str
    full_name: str
    elements: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one."""

    full_name: str
    created: bool = False
    problem: Refused | None = None


class _Undo(Exception):
    pass


def together(state: State, actions: Sequence[Callable[[], Done]], *, all_or_none: bool) -> list[Done]:
    """Runs the actions, each whole or not at all; under AllOrNone one that fails takes the others with it."""
    done: list[Done] = []
    try:
        with state.transaction():
            done = [action() for action in actions]
            if all_or_none and any(each.problem for each in done):
                raise _Undo
    except _Undo:
        rolled_back = Refused("ALL_OR_NONE_OPERATION_ROLLED_BACK", f"Rolled back: another one failed{OURS}")
        done = [each if each.problem else replace(each, created=False, problem=rolled_back) for each in done]
    return done


def written(state: State, user: User, given: Given, version: float, *, new: bool | None) -> Done:
    """Creates (`new` true), updates (false) or does what fits (None)."""

    def act() -> bool:
        _check(state, user, given.type)
        if not given.full_name:
            raise Refused("REQUIRED_FIELD_MISSING", f"Required field is missing: fullName{OURS}")
        exists = parts.exists(state, given.type, given.full_name)
        if exists and new:
            raise Refused("DUPLICATE_VALUE", f"There is a {given.type} named {given.full_name} already{OURS}")
        if not exists and new is False:
            raise _missing(given.type, given.full_name)
        type_name, full_name, content = _document(given)
        write_component(state, user, type_name, full_name, content, code=REFUSED, version=version)
        return not exists

    return _outcome(state, given.full_name, act)


def deleted(state: State, user: User, type_name: str, full_name: str) -> Done:
    """Deletes one."""

    def act() -> bool:
        _check(state, user, type_name)
        if type_name in parts.LASTING:
            raise Refused("DELETE_FAILED", f"{type_name} {full_name} cannot be deleted{OURS}")
        if not parts.exists(state, type_name, full_name):
            raise _missing(type_name, full_name)
        delete_component(state, user, type_name, full_name, code="DELETE_FAILED")
        return False

    return _outcome(state, full_name, act)


def _outcome(state: State, full_name: str, act: Callable[[], bool]) -> Done:
    try:
        with state.transaction():
            return Done(full_name, created=act())
    except Refused as refused:
        return Done(full_name, problem=refused)


def _check(state: State, user: User, type_name: str) -> None:
    row = TYPES.get(type_name)
    if row is None:
        raise Refused("INVALID_TYPE", f"Unknown type:{type_name}")
    if row.has_content_file or row.suffix is None:
        raise Refused("INVALID_TYPE", f"{type_name} has a file of its own, and is deployed{OURS}")
    if type_name in CREDENTIAL_TYPES and not may_manage_credentials(state.permissions.of_user(user.id)):
        text = "insufficient access rights: Manage Named Credentials or Customize Application is needed"
        raise Refused("INSUFFICIENT_ACCESS_OR_READONLY", f"{text}{OURS}")


def _missing(type_name: str, full_name: str) -> Refused:
    # messages 1: the pattern for what a field names in vain
    return Refused("INVALID_CROSS_REFERENCE_KEY", f"In field: fullName - no {type_name} named {full_name} found")


def _as_in_a_file(element: Any, *, is_typed: bool) -> None:
    """Takes the attributes off that a call has and a file has not; what is nil is left out.

    Values of custom metadata have a type, or are nil, in files as well. Its prefix is the caller's own.
    """
    kind, is_nil = element.get(XSI_TYPE), element.get(XSI_NIL) in ("true", "1")
    prefix, _, name = (kind or "").strip().rpartition(":")
    is_simple = element.nsmap.get(prefix or None) == _XSD
    element.attrib.clear()
    if is_nil and is_typed:
        element.set(XSI_NIL, "true")
    elif is_nil:
        element.getparent().remove(element)
    elif is_typed and is_simple:
        element.set(XSI_TYPE, f"xsd:{name}")


def _document(given: Given) -> tuple[str, str, bytes]:
    """Type, name and file of the component; a part stands in a file of its holder that holds nothing else."""
    place = parts.split(given.type, given.full_name)
    if place is None and TYPES[given.type].parent is not None:
        raise Refused(REFUSED, f"{given.full_name} does not name what it is a part of{OURS}")
    holder, name = (place[0], place[1]) if place else (given.type, given.full_name)
    root: Any = etree.Element(f"{{{METADATA_NS}}}{holder}", nsmap={None: METADATA_NS})  # type: ignore[dict-item]
    inside = root
    if place:
        tag = next((tag for tag, kind in parts.parts_of(holder).items() if kind == given.type), None)
        if tag is None:
            raise Refused("INVALID_TYPE", f"{given.type} has no place of its own in a {holder}, and is deployed{OURS}")
        inside = etree.SubElement(root, f"{{{METADATA_NS}}}{tag}")
        etree.SubElement(inside, f"{{{METADATA_NS}}}fullName").text = place[2]
    for element in given.elements:
        for each in list(element.iter()):
            _as_in_a_file(each, is_typed=given.type == "CustomMetadata" and each.tag == _VALUE)
    inside.extend(each for each in given.elements if each.getparent() is not None)
    return holder, name, etree.tostring(root, xml_declaration=True, encoding="UTF-8")
