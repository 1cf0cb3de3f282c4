"""What the org makes of a file before it keeps it: fields that it fills in, fields that it never gives back.

A list of the local org's own (sources at each entry); the writing style is the one of retrieved files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lxml import etree

from sfsetup.errors import InvalidInput
from sfsetup.localorg.service_shapes import operation_name, registration_name
from sfsetup.localorg.services import document_of
from sfsetup.localorg.stored import loads
from sfsetup.metadata.fields import field_order
from sfsetup.metadata.xml import canonical
from sfsetup.text.documents import dump_json
from sfsetup.text.xml import METADATA_NS, local_name, parse_xml
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument

SYSTEM_VERSION = "8"
"""What a new registration gets: current at 66.0 (external-services 3.6); what later releases write is not known."""
_PARAMETERS = "externalCredentialParameters"
_PRINCIPALS = ("NamedPrincipal", "PerUserPrincipal", "AwsStsPrincipal")
_REGISTRATION = "ExternalServiceRegistration"
_OPERATION = "ExternalServiceOperation"
_FULL_NAME = (f"{{{METADATA_NS}}}fullName",)
_ACTIVE, _NAME = f"{{{METADATA_NS}}}active", f"{{{METADATA_NS}}}name"
_WRITE_ONLY = {
    # metadata-types 8: dropped on retrieve
    "NamedCredential": ("password", "oauthToken", "oauthRefreshToken", "awsAccessSecret"),
    "AuthProvider": ("consumerSecret",),
}
_NOT_KEPT = {
    type_name: (*_FULL_NAME, *(f"{{{METADATA_NS}}}{name}" for name in names))
    for type_name, names in _WRITE_ONLY.items()
}


@dataclass(frozen=True, slots=True)
class Registering:
    """What a registration's file does not say."""

    before: bytes = b""
    """What the org has kept of it so far."""
    incomplete: bool = False
    """True if its document is one that External Services cannot use."""
    completed: bool = False
    """True makes one Complete whose document they can use, whatever the file says."""
    unlisted_active: bool = False
    """True if the operations of one that lists none are active."""


def stored_content(
    type_name: str,
    full_name: str,
    root: Any,
    *,
    written: bytes | None = None,
    of_service: Registering | None = None,
) -> bytes:
    """The XML that the org keeps of a component, and gives back. `root` is changed.

    `written` is the tree in the org's style where it was written before.
    """
    # Files never hold their own fullName (metadata-types 1: 0 of 182).
    gone = list(root.iterchildren(*_NOT_KEPT.get(type_name, _FULL_NAME)))
    for element in gone:
        root.remove(element)
    if type_name == _REGISTRATION:
        is_changed = _registration(root, full_name, of_service or Registering())
    else:
        is_changed = type_name in _FILLERS and _FILLERS[type_name](root)
    if written is not None and not is_changed and not gone:
        return written
    return canonical(type_name, root, name=full_name)


def _external_credential(root: Any) -> bool:
    """parameterGroup: a principal's own name, else the default group (metadata-types 2)."""
    is_changed = False
    for parameter in _children(root, _PARAMETERS):
        if _text(parameter, "parameterGroup") or _text(parameter, "principal"):
            continue
        name, kind = _text(parameter, "parameterName"), _text(parameter, "parameterType")
        group = name if kind in _PRINCIPALS else "DefaultGroup"
        is_changed |= _set(parameter, "parameterGroup", group, "ExternalCredentialParameter")
    return is_changed


def with_omitted_principals(root: Any, before: Any) -> bool:
    """Adds to an external credential the principals that only its stored form has; True if `root` is changed."""
    named = {_text(each, "parameterName") for each in _children(root, _PARAMETERS) if _kind(each) in _PRINCIPALS}
    omitted = [
        each
        for each in _children(before, _PARAMETERS)
        if _kind(each) in _PRINCIPALS and _text(each, "parameterName") not in named
    ]
    root.extend(omitted)
    return bool(omitted)


def _kind(parameter: Any) -> str:
    return _text(parameter, "parameterType")


def _system_version(before: bytes, full_name: str) -> str:
    """A registration keeps the version that it was created with, whatever a file says (external-services 3.6)."""
    return (_text(parse_xml(before, name=full_name), "systemVersion") if before else "") or SYSTEM_VERSION


def _registration(root: Any, full_name: str, given: Registering) -> bool:
    """Versions, status, binding, and every operation of the document (external-services 3.2 to 3.6)."""
    is_changed = _set(root, "systemVersion", _system_version(given.before, full_name))
    schema = _first(root, "schema")
    document = None
    if schema is not None and schema.text:
        try:
            document = document_of(schema.text, full_name)
        except InvalidInput:
            document = None
    old, new = _text(root, "namedCredential"), _text(root, "namedCredentialReference")
    if old and not new:
        # The newer element supersedes it; which one is given back depends on the version asked for.
        is_changed |= _set(root, "namedCredentialReference", old)
    if given.incomplete:
        is_changed |= _set(root, "status", "Incomplete")
    elif not _text(root, "status") or (given.completed and document is not None):
        is_changed |= _set(root, "status", "Complete")
    if document is None:
        return is_changed
    if not _text(root, "schemaType"):
        is_changed |= _set(root, "schemaType", "OpenApi" if document.is_v2 else "OpenApi3")
    is_changed |= _set(root, "serviceBinding", _binding(document, _text(root, "serviceBinding")))
    return _operations(root, document, unlisted_active=given.unlisted_active) or is_changed


def _operations(root: Any, document: OpenApiDocument, *, unlisted_active: bool) -> bool:
    """One entry for each operation of the document; what the file does not list is inactive. Sorted by name."""
    entries = _children(root, "operations")
    listed = {_text(entry, "name").lower(): entry for entry in entries}
    by_spoken = {operation_name(op).lower(): registration_name(op) for op in document.operations}
    names = {registration_name(op) for op in document.operations}
    active: dict[str, str] = dict.fromkeys(names, "true" if unlisted_active and not listed else "false")
    for name, entry in listed.items():
        found = name if name in names else by_spoken.get(name)
        if found is not None:
            active[found] = _text(entry, "active") or "false"
    wanted = [(active[name], name) for name in sorted(active)]
    if [(entry.findtext(_ACTIVE), entry.findtext(_NAME)) for entry in entries] == wanted:
        return False
    for entry in entries:
        root.remove(entry)
    for state, name in wanted:
        made = etree.SubElement(root, f"{{{METADATA_NS}}}operations")
        _set(made, "active", state, _OPERATION)
        _set(made, "name", name, _OPERATION)
    return True


def _binding(document: OpenApiDocument, given: str) -> str:
    """serviceBinding as the platform fills it (external-services 3.4); what a file brings of its own stays."""
    brought: Any = None
    if given:
        with contextlib.suppress(InvalidInput):
            brought = loads(given, name="serviceBinding")
    found = {**_address(document), "requestMediaTypes": [], "responseMediaTypes": [], "compatibleMediaTypes": {}}
    if document.is_v2:
        found["requestMediaTypes"] = _texts(document.value.get("consumes"))
        found["responseMediaTypes"] = _texts(document.value.get("produces"))
    found["extensions"] = {}
    if isinstance(brought, dict):
        found.update(brought)
    return dump_json(found)


def _address(document: OpenApiDocument) -> dict[str, Any]:
    value = document.value
    if document.is_v2:
        host, base = value.get("host"), value.get("basePath")
        return {"host": host, "basePath": base, "allowedSchemes": [s.upper() for s in _texts(value.get("schemes"))]}
    servers = value.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(url, str):
        return {"host": "", "basePath": "/", "allowedSchemes": []}
    parts = urlsplit(url)
    schemes = [parts.scheme.upper()] if parts.scheme else []
    # The port is not kept (seen in one org's file).
    host = parts.netloc.rpartition("@")[2].partition(":")[0]
    return {"host": host, "basePath": parts.path, "allowedSchemes": schemes}


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _permission_set(root: Any) -> bool:
    """Only enabled user permissions are kept; lists come sorted by their key (metadata-types 4)."""
    is_changed = False
    for entry in _children(root, "userPermissions"):
        if _text(entry, "enabled") not in ("true", "1"):
            root.remove(entry)
            is_changed = True
    if _first(root, "hasActivationRequired") is None:
        is_changed |= _set(root, "hasActivationRequired", "false")
    for name, key in _SORTED.items():
        entries = _children(root, name)
        wanted = sorted(entries, key=lambda each: _text(each, key))
        if entries != wanted:
            is_changed = True
            for entry in wanted:
                root.remove(entry)
                root.append(entry)
    return is_changed


_SORTED = {
    "classAccesses": "apexClass",
    "externalCredentialPrincipalAccesses": "externalCredentialPrincipal",
    "fieldPermissions": "field",
    "flowAccesses": "flow",
    "objectPermissions": "object",
    "userPermissions": "name",
}

# Each says whether it changed anything.
_FILLERS: dict[str, Callable[[Any], bool]] = {
    "ExternalCredential": _external_credential,
    "PermissionSet": _permission_set,
}


def _children(parent: Any, name: str) -> list[Any]:
    return list(parent.iterchildren(f"{{{METADATA_NS}}}{name}"))


def _first(parent: Any, name: str) -> Any:
    return next(parent.iterchildren(f"{{{METADATA_NS}}}{name}"), None)


def _text(parent: Any, name: str) -> str:
    found = _first(parent, name)
    return (found.text or "").strip() if found is not None else ""


def _set(parent: Any, name: str, text: str, type_name: str = "") -> bool:
    """Sets the text of a child; False if it had it. A new one takes its place in the WSDL's order of `type_name`,
    by default the tag's."""
    element = _first(parent, name)
    if element is None:
        element = etree.Element(f"{{{METADATA_NS}}}{name}")
        _insert(parent, element, field_order(type_name or local_name(parent)))
    elif element.text == text:
        return False
    element.text = text
    return True


def _insert(parent: Any, element: Any, order: Mapping[str, int]) -> None:
    rank = order.get(local_name(element), len(order))
    place = next((at for at, each in enumerate(parent) if order.get(local_name(each), len(order)) > rank), len(parent))
    if place == len(parent) and place:
        # the white space before the end tag stays there, so that a file in the org's style keeps it
        element.tail, parent[-1].tail = parent[-1].tail, parent.text
    else:
        element.tail = parent.text
    parent.insert(place, element)
