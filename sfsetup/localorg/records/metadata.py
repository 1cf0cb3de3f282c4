"""XML of a component as JSON and back: the `Metadata` field of Tooling objects. Field types: metadata/fields."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lxml import etree

from sfsetup.errors import InvalidInput
from sfsetup.metadata.fields import Field, fields_of, is_complex
from sfsetup.metadata.xml import canonical, refuse_unwritable
from sfsetup.text.xml import METADATA_NS, local_name, parse_xml


@lru_cache(maxsize=512)
def metadata_json(type_name: str, content: bytes) -> dict[str, Any]:
    """Every field of the type is there: lists empty, others null where the component says nothing."""
    return _object(parse_xml(content, name=type_name), type_name)


def _object(element: etree._Element, type_name: str) -> dict[str, Any]:
    known = fields_of(type_name) if is_complex(type_name) else {}
    found: dict[str, Any] = {name: [] if field.many else None for name, field in known.items() if name != "fullName"}
    for child in element:
        name = local_name(child)
        field = known.get(name)
        value = _value(child, field)
        if field is not None and field.many:
            found[name].append(value)
        else:
            found[name] = value
    return found


def _value(element: etree._Element, field: Field | None) -> Any:
    kind = field.type if field else "string"
    if len(element) or (field is not None and is_complex(kind)):
        return _object(element, kind)
    text = element.text or ""
    if kind == "boolean":
        return text.strip() in ("true", "1")
    if kind in ("int", "integer", "long") and text.strip().lstrip("+-").isdigit():
        return int(text)
    if kind in ("double", "decimal"):
        try:
            return float(text)
        except ValueError:
            return text
    return text


def metadata_xml(type_name: str, value: Mapping[str, Any]) -> bytes:
    """The component that a `Metadata` field describes. Raises InvalidInput for what the type does not have."""
    root = etree.Element(f"{{{METADATA_NS}}}{type_name}", nsmap={None: METADATA_NS})  # type: ignore[dict-item]
    _fill(root, type_name, value)
    return canonical(type_name, root)


def _fill(element: etree._Element, type_name: str, value: Mapping[str, Any]) -> None:
    known = fields_of(type_name)
    for name, given in value.items():
        if name in ("urls", "fullName") or given is None:
            continue
        field = known.get(name)
        if field is None:
            raise InvalidInput(f"{type_name} has no field {name}")
        for entry in given if field.many and isinstance(given, list) else [given]:
            child = etree.SubElement(element, f"{{{METADATA_NS}}}{name}")
            if isinstance(entry, Mapping):
                _fill(child, field.type, entry)
            elif isinstance(entry, list) or is_complex(field.type):
                raise InvalidInput(f"{name} of {type_name} must be an object")
            else:
                text = str(entry).lower() if isinstance(entry, bool) else str(entry)
                refuse_unwritable(text)
                child.text = text
