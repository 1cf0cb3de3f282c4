"""describeValueType: the fields of a metadata type, from the tables that deploys are judged by (wire-protocols 1.2)."""

from __future__ import annotations

from typing import Any

from sfsetup.metadata.fields import Field, enumeration, fields_of, gone_values, is_complex
from sfsetup.metadata.types import TYPES

MAX_DEPTH = 3
"""Levels of fields within fields. Some types hold themselves; how deep an org goes is not known."""


def described(type_name: str, version: float) -> dict[str, Any] | None:
    """A DescribeValueTypeResult in the WSDL's order; None for a type that this API version does not have."""
    row = TYPES.get(type_name)
    if row is None or row.since > version:
        return None
    writable = not row.has_content_file and row.suffix is not None
    return {
        "apiCreatable": writable,
        "apiDeletable": writable,
        "apiReadable": True,
        "apiUpdatable": writable,
        "valueTypeFields": _fields(type_name, version, 1),
    }


def _fields(type_name: str, version: float, depth: int) -> list[dict[str, Any]]:
    known = fields_of(type_name).values()
    return [_field(each, version, depth) for each in known if each.in_version(version) and not each.trimmed]


def _field(field: Field, version: float, depth: int) -> dict[str, Any]:
    nested = _fields(field.type, version, depth + 1) if is_complex(field.type) and depth < MAX_DEPTH else []
    return {
        "fields": nested,
        "isForeignKey": False,
        "isNameField": field.name == "fullName",
        "minOccurs": int(field.required),
        "name": field.name,
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": value, "value": value}
            for value in _values(field.type, version)
        ],
        "soapType": field.type,
        "valueRequired": field.required,
    }


def _values(type_name: str, version: float) -> list[str]:
    known = [value for value, since in (enumeration(type_name) or {}).items() if since <= version]
    old = [value for value, (first, last) in gone_values(type_name).items() if first <= version <= last]
    return sorted((*known, *old))
