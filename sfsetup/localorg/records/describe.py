"""Describing objects as far as clients ask: names, fields, child relationships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.localorg.records.writing import WRITERS
from sfsetup.localorg.refusal import Refused

if TYPE_CHECKING:
    from sfsetup.localorg.records.catalogue import Objects
    from sfsetup.localorg.soql import Column, Table

_TYPES = {
    "id": ("id", "tns:ID", 18),
    "reference": ("reference", "tns:ID", 18),
    "text": ("string", "xsd:string", 255),
    "number": ("double", "xsd:double", 0),
    "boolean": ("boolean", "xsd:boolean", 0),
    "datetime": ("datetime", "xsd:dateTime", 0),
    "complex": ("complexvalue", "tns:complexvalue", 0),
}


def brief(table: Table, base: str, *, tooling: bool) -> dict[str, Any]:
    """An entry of the list of objects."""
    writer = WRITERS.get(table.name)
    writes = writer is not None and (tooling or not writer.tooling)
    url = f"{base}/{table.name}"
    return {
        "name": table.name,
        "label": table.name,
        "labelPlural": table.name,
        "keyPrefix": table.key_prefix or None,
        "custom": table.name.endswith("__c"),
        "queryable": True,
        "retrieveable": True,
        "createable": bool(writes and writer and writer.create),
        "updateable": bool(writes and writer and writer.update),
        "deletable": bool(writes and writer and writer.delete),
        "searchable": False,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def full(table: Table, base: str, *, tooling: bool) -> dict[str, Any]:
    """The whole description."""
    by_column = {column: (name, target) for name, (target, column) in table.parents.items()}
    writer = WRITERS.get(table.name)
    fields = writer.fields if writer else frozenset()
    children = [
        {"childSObject": target, "field": column, "relationshipName": name}
        for name, (target, column) in sorted(table.children.items())
    ]
    return {
        **brief(table, base, tooling=tooling),
        "fields": [_field(column, by_column.get(column.name), column.name in fields) for column in table.columns],
        "childRelationships": children,
        "recordTypeInfos": [],
    }


def _field(column: Column, parent: tuple[str, str] | None, writable: bool) -> dict[str, Any]:
    kind, soap, length = _TYPES[column.kind]
    return {
        "name": column.name,
        "label": column.name,
        "type": kind,
        "soapType": soap,
        "length": length,
        "nillable": column.kind not in ("id", "boolean"),
        "createable": writable,
        "updateable": writable,
        "filterable": column.kind != "complex",
        "sortable": column.kind != "complex",
        "groupable": column.kind in ("text", "id", "reference", "boolean"),
        "custom": False,
        "nameField": column.name in ("Name", "DeveloperName"),
        "relationshipName": parent[0] if parent else None,
        "referenceTo": [parent[1]] if parent else [],
        "picklistValues": [],
    }


def object_of_id(objects: Objects, identifier: str) -> str:
    """The object whose key prefix an id has. Raises Refused."""
    for table in objects.all():
        if table.key_prefix and identifier.startswith(table.key_prefix):
            return table.name
    raise Refused("MALFORMED_ID", f"malformed id {identifier}")
