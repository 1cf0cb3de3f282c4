"""Fields and enumerations of metadata types with their API versions.

Source: Metadata API WSDL 66.0, its history 47.0-66.0 and the newer type lists up to 68.0, put together by
tests/tools/generate_metadata_tables.py. The types that sfsetup works with are in a small file; the others are read only
when somebody asks for one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from sfsetup.resources import package_file
from sfsetup.values import dataclass

NEWEST_VERSION = "68.0"
"""The newest API version the tables know."""
OLDEST_VERSION = 47.0
"""Items without a first version were there at this one."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type. `type` is a type of the tables, or one of XML Schema's as `boolean`, `string`, `int`."""

    name: str
    type: str
    required: bool
    many: bool
    since: float
    gone: tuple[float, float] | None = None
    """First and last version that had it, when newer ones do not."""
    trimmed: bool = False
    """In the full WSDL and missing from the newest published list: not every org has it."""

    def in_version(self, version: float) -> bool:
        """True if a document of this API version may hold the field."""
        if self.gone is not None:
            return self.gone[0] <= version <= self.gone[1]
        return version >= self.since


@cache
def _core() -> dict[str, Any]:
    from sfsetup.text.documents import load_shipped

    loaded: dict[str, Any] = load_shipped(package_file("metadata", "fields.json"))
    return loaded


@cache
def _more() -> dict[str, Any]:
    from sfsetup.text.documents import load_shipped

    loaded: dict[str, Any] = load_shipped(package_file("metadata", "fields_more.json.gz"))
    return loaded


def _row(section: str, name: str) -> Any:
    row = _core()[section].get(name)
    # a name of the other section of the small file cannot be in the large one
    if row is None and name not in _core()["enums" if section == "types" else "types"] and name not in _SIMPLE:
        row = _more()[section].get(name)
    return row


_SIMPLE = frozenset(
    (
        "string",
        "boolean",
        "int",
        "long",
        "double",
        "date",
        "time",
        "dateTime",
        "base64Binary",
        "anyType",
        "ID",
        "number",
    )
)


@cache
def fields_of(type_name: str) -> Mapping[str, Field]:
    """The fields in the order of the WSDL, inherited ones first; empty for a name that is no complex type."""
    row = _row("types", type_name)
    if row is None:
        return MappingProxyType({})
    fields: dict[str, Field] = dict(fields_of(row["base"])) if "base" in row else {}
    for name, entry in row["fields"].items():
        flags = entry[1]
        fields[name] = Field(
            name=name,
            type=entry[0],
            required="r" in flags,
            many="m" in flags or "g" in flags,
            since=float(entry[2]) if len(entry) > 2 else 0.0,
            gone=(entry[3][0], entry[3][1]) if len(entry) > 3 else None,
            trimmed="t" in flags,
        )
    return MappingProxyType(fields)


@cache
def field_order(type_name: str) -> Mapping[str, int]:
    """Place of each field in the order of the WSDL."""
    return MappingProxyType({name: place for place, name in enumerate(fields_of(type_name))})


@cache
def enumeration(type_name: str) -> Mapping[str, float] | None:
    """Values with their first API version (0: older than the tables); None if this is no enumeration.

    Values that only older versions had are left out: see `gone_values`.
    """
    row = _row("enums", type_name)
    if row is None:
        return None
    return MappingProxyType({value: float(since) for value, since in row.items() if not isinstance(since, list)})


@cache
def gone_values(type_name: str) -> Mapping[str, tuple[float, float]]:
    """Values of an enumeration that newer versions no longer have, with first and last version."""
    row = _row("enums", type_name) or {}
    return MappingProxyType({value: (since[0], since[1]) for value, since in row.items() if isinstance(since, list)})


@cache
def is_complex(type_name: str) -> bool:
    """True for a type that holds elements."""
    return type_name not in _SIMPLE and _row("types", type_name) is not None


@cache
def is_open(type_name: str) -> bool:
    """True for a type that may hold any element."""
    row = _row("types", type_name)
    return bool(row and row.get("open"))


@cache
def first_version(type_name: str) -> float:
    """First API version that has the type; 0 when it is older than the tables or unknown."""
    row = _row("types", type_name)
    return float(row.get("since", 0.0)) if row else 0.0


@cache
def is_root(type_name: str) -> bool:
    """True if a metadata file may begin with this element."""
    name: str | None = type_name
    while name:
        if name == "Metadata":
            return type_name != "Metadata"
        row = _row("types", name)
        name = row.get("base") if row else None
    return False
