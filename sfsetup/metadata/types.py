"""The table of metadata types: names on disk, references, and what the platform does with their fields.

Folders and suffixes of all types come from folders.json (made by tests/tools/generate_metadata_tables.py); what
comparing, rendering and judging has to know about a type is a row of `details.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from sfsetup.errors import InvalidInput
from sfsetup.metadata.details import NONE, TypeDetails, details_of
from sfsetup.resources import package_file
from sfsetup.values import dataclass

_META = "-meta.xml"
_UNSAFE = re.compile(r"(?:\A|/)\.\.?(?:/|\Z)|\A/|//|\\|[\x00-\x1f]|/\Z|\A\Z")


@dataclass(frozen=True, slots=True)
class MetadataType:
    """One type. `suffix` is without a dot and None for bundles."""

    name: str
    folder: str
    suffix: str | None
    parent: str | None = None
    """The type whose folder holds this one's files in source format, as CustomObject for CustomField."""
    adapter: str | None = None
    """None for one XML file; else how the type is kept: matchingContentFile, bundle, mixedContent, decomposed."""
    in_folder: bool = False
    """True where components lie in folders of the org, as reports and e-mail templates."""
    strict: bool = False
    """True if files count only inside the type's own folder."""
    details: TypeDetails = NONE

    @property
    def since(self) -> float:
        """First API version with this type; 0 when older than the tables (47.0) or unknown."""
        from sfsetup.metadata.fields import first_version

        return first_version(self.name)

    @property
    def has_content_file(self) -> bool:
        """True if the component is a content file with its XML beside it, as an Apex class."""
        return self.adapter == "matchingContentFile"


@cache
def _rows() -> dict[str, MetadataType]:
    from sfsetup.text.documents import load_shipped

    return {
        name: MetadataType(
            name=name,
            folder=row.get("folder", ""),
            suffix=row.get("suffix"),
            parent=row.get("parent"),
            adapter=row.get("adapter"),
            in_folder=bool(row.get("inFolder")),
            strict=bool(row.get("strict")),
            details=details_of(name),
        )
        for name, row in load_shipped(package_file("metadata", "folders.json"))["types"].items()
    }


class _Types(Mapping[str, MetadataType]):
    """Reads its file at the first look."""

    def __getitem__(self, name: str) -> MetadataType:
        return _rows()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_rows())

    def __len__(self) -> int:
        return len(_rows())


TYPES: Mapping[str, MetadataType] = _Types()
"""Every type of the registry by its name."""


@cache
def _by_folder() -> dict[str, tuple[MetadataType, ...]]:
    """Types by folder; those whose components are files directly in it come first."""
    found: dict[str, list[MetadataType]] = {}
    for row in _rows().values():
        if row.folder and row.parent is None:
            found.setdefault(row.folder, []).append(row)
    return {folder: tuple(rows) for folder, rows in found.items()}


@cache
def _by_suffix() -> dict[str, MetadataType]:
    """Types whose suffix is theirs alone, for files that lie in an unusual folder."""
    found: dict[str, list[MetadataType]] = {}
    for row in _rows().values():
        if row.suffix and row.parent is None:
            found.setdefault(row.suffix, []).append(row)
    return {suffix: rows[0] for suffix, rows in found.items() if len(rows) == 1}


@cache
def _children() -> dict[tuple[str, str], MetadataType]:
    return {(row.parent, row.folder): row for row in _rows().values() if row.parent and row.suffix}


def type_of_file(path_in_tree: str) -> tuple[MetadataType, str] | None:
    """Type and fullName by a file's path, in source format and in that of the Metadata API; None for other files.

    A content file and the XML beside it (an Apex class) have the same type and name.
    """
    # asked for each file of large trees: pathlib would take half of the time
    parts = [part for part in path_in_tree.replace("\\", "/").split("/") if part and part != "."]
    file = parts[-1] if parts else ""
    stem = file.removesuffix(_META)
    is_meta = stem != file
    for place in range(len(parts) - 2, -1, -1):
        for row in _by_folder().get(parts[place], ()):
            found = _match(row, tuple(parts[place + 1 : -1]), stem)
            if found:
                return found
    if is_meta:
        name, _, suffix = stem.rpartition(".")
        row_by_suffix = _by_suffix().get(suffix)
        if row_by_suffix and name and not row_by_suffix.strict and not row_by_suffix.in_folder:
            return row_by_suffix, name
    return None


def _match(row: MetadataType, inner: tuple[str, ...], stem: str) -> tuple[MetadataType, str] | None:
    """`inner` are the folders between the type's folder and the file."""
    if row.adapter in ("bundle", "digitalExperience", "uiBundles"):
        return (row, inner[0]) if inner else None
    if row.adapter == "mixedContent" and row.in_folder:
        # a document: its name has its ending, and a folder of the org around it
        return (row, "/".join((*inner, stem))) if inner else None
    if row.adapter == "mixedContent":
        # a static resource: one file of any ending, or a folder of files
        return row, inner[0] if inner else stem.partition(".")[0]
    name, dot, suffix = stem.rpartition(".")
    if row.adapter == "decomposed" and len(inner) >= 2 and (child := _children().get((row.name, inner[1]))):
        return (child, f"{inner[0]}.{name}") if suffix == child.suffix and name else None
    if not dot or suffix != row.suffix or not name:
        return None
    if row.in_folder:
        return row, "/".join((*inner, name))
    return row, name


def file_name(type_: MetadataType | str, full_name: str, source: bool) -> str:
    """Path of a component's XML inside a tree, as `flows/Send_SMS.flow-meta.xml`; without `-meta.xml` for the
    Metadata API, unless the XML stands beside a content file.

    Raises InvalidInput for a name that would leave its folder, KeyError for an unknown type.
    """
    row = TYPES[type_] if isinstance(type_, str) else type_
    if _UNSAFE.search(full_name) or ("/" in full_name and not row.in_folder):
        raise InvalidInput(f"{full_name!r} cannot be the name of a {row.name}: it is no file name")
    ending = _META if source or row.has_content_file else ""
    if row.parent and row.parent in TYPES and source:
        holder, _, own = full_name.partition(".")
        return f"{TYPES[row.parent].folder}/{holder}/{row.folder}/{own}.{row.suffix}{ending}"
    if row.adapter == "decomposed" and source:
        return f"{row.folder}/{full_name}/{full_name}.{row.suffix}{ending}"
    return f"{row.folder}/{full_name}.{row.suffix}{ending}"
