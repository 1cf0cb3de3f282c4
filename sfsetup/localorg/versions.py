"""A stored component as an API version gives it back: without what that version does not have."""

from __future__ import annotations

from typing import Any

from sfsetup.metadata.fields import fields_of, is_complex
from sfsetup.metadata.xml import canonical
from sfsetup.text.xml import local_name, parse_xml

REFERENCE_SINCE = 57.0
"""From here on `namedCredentialReference` stands for the older `namedCredential` (external-services 3.1)."""


def at_version(type_name: str, content: bytes, version: float) -> bytes:
    """The XML at an API version, in the org's style."""
    root = parse_xml(content, name=type_name)
    kind = local_name(root)
    changed = _strip(root, kind, version)
    if kind == "ExternalServiceRegistration":
        changed = _reference(root, version) or changed
    return canonical(kind, root) if changed else content


def _strip(element: Any, type_name: str, version: float) -> bool:
    known = fields_of(type_name)
    changed = False
    for child in list(element):
        field = known.get(local_name(child))
        if field is None:
            continue
        if not field.in_version(version):
            element.remove(child)
            changed = True
        elif len(child) and is_complex(field.type):
            changed = _strip(child, field.type, version) or changed
    return changed


def _reference(root: Any, version: float) -> bool:
    old, new = root.find("{*}namedCredential"), root.find("{*}namedCredentialReference")
    if version >= REFERENCE_SINCE and old is not None and new is not None:
        root.remove(old)
        return True
    return False
