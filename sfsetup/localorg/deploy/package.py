"""What lies in a deploy's zip: manifests and components, one group of files per component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfsetup.errors import InvalidInput
from sfsetup.metadata.package import Package, read_package_xml
from sfsetup.metadata.types import TYPES, MetadataType, type_of_file
from sfsetup.text.archive import read_zip
from sfsetup.text.limits import ArchiveLimits
from sfsetup.text.xml import parse_xml

MEGABYTE = 1024 * 1024
LIMITS = ArchiveLimits(max_bytes=39 * MEGABYTE, max_entries=20_000, max_total_bytes=629_145_600)
"""wire-protocols 1.5: zip 39 MB, 600 MB uncompressed. Files are counted apart: folders are entries as well."""
MAX_FILES = 10_000

MANIFEST = "package.xml"
DESTRUCTIVE = ("destructiveChangesPre.xml", "destructiveChanges.xml", "destructiveChangesPost.xml")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One component of the zip."""

    type: MetadataType
    full_name: str
    path: str
    """Entry name of its XML (of its content file where it has no XML), as in the zip."""
    content: bytes
    """Its XML; empty for bundles without one."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Further files by their path below the package's folder."""
    _trees: list[Any] = field(default_factory=list, repr=False, compare=False)

    @property
    def root(self) -> Any:
        """The root element of its XML, parsed once. Raises InvalidInput."""
        if not self._trees:
            self._trees.append(parse_xml(self.content, name=self.path))
        return self._trees[0]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One package of the zip: most zips hold exactly one."""

    prefix: str
    """Folder of the package inside the zip with its slash; empty when it lies at the root."""
    manifest: Package
    incoming: tuple[Incoming, ...]
    unknown: tuple[str, ...]
    """Entries that belong to no type."""
    destructive: Mapping[str, Package]
    """Name of the manifest -> what is to be deleted."""
    file_count: int


class NoPackage(Exception):
    """The zip has no package.xml where one may stand."""


def unpack(data: bytes) -> list[Unpacked]:
    """The packages of a zip. Raises InvalidInput for what cannot be read, NoPackage without a package.xml.

    package.xml may stand at the root or inside a top-level folder whatever `singlePackage` says: sf puts everything
    below `zip/` (wire-protocols rule 9).
    """
    entries = read_zip(data, name="the zip", limits=LIMITS)
    if len(entries) > MAX_FILES:
        raise InvalidInput(f"LIMIT_EXCEEDED: the zip holds {len(entries)} files, the maximum is {MAX_FILES}")
    if MANIFEST in entries:
        prefixes = [""]
    else:
        tops = sorted({name.partition("/")[0] for name in entries if "/" in name})
        prefixes = [f"{top}/" for top in tops if f"{top}/{MANIFEST}" in entries]
    if not prefixes:
        raise NoPackage
    return [_package(prefix, entries) for prefix in prefixes]


def _package(prefix: str, entries: Mapping[str, bytes]) -> Unpacked:
    inside = {name[len(prefix) :]: data for name, data in entries.items() if name.startswith(prefix)}
    manifest = read_package_xml(inside[MANIFEST], name=f"{prefix}{MANIFEST}")
    destructive = {
        name: read_package_xml(inside[name], name=f"{prefix}{name}", needs_version=False)
        for name in DESTRUCTIVE
        if name in inside
    }
    files = {name: data for name, data in inside.items() if name != MANIFEST and name not in DESTRUCTIVE}
    incoming, unknown = _grouped(prefix, files)
    return Unpacked(prefix, manifest, incoming, unknown, destructive, len(inside))


def _grouped(prefix: str, files: Mapping[str, bytes]) -> tuple[tuple[Incoming, ...], tuple[str, ...]]:
    groups: dict[tuple[str, str], dict[str, bytes]] = {}
    unknown = []
    for name, data in files.items():
        found = type_of_file(name)
        if found is None:
            unknown.append(prefix + name)
        else:
            groups.setdefault((found[0].name, found[1]), {})[name] = data
    incoming = []
    for (type_name, full_name), members in groups.items():
        main = _main_file(members)
        content = members.get(main, b"")
        is_xml = main.endswith("-meta.xml") or TYPES[type_name].adapter in (None, "default", "decomposed")
        rest = {name: data for name, data in members.items() if name != main or not is_xml}
        shown = next(iter(members)) if TYPES[type_name].has_content_file and len(members) > 1 else main
        incoming.append(Incoming(TYPES[type_name], full_name, prefix + shown, content if is_xml else b"", rest))
    return tuple(incoming), tuple(unknown)


def _main_file(members: Mapping[str, bytes]) -> str:
    """The component's XML: the `-meta.xml` where there is one, else the first file."""
    return next((name for name in members if name.endswith("-meta.xml")), next(iter(members)))


def covers(manifest: Package, incoming: Incoming) -> bool:
    """True if package.xml names this component, by name or wildcard, itself or through a part of it."""
    members = manifest.members.get(incoming.type.name, ())
    if "*" in members or incoming.full_name in members:
        return True
    for type_name, names in manifest.members.items():
        row = TYPES.get(type_name)
        if row and row.parent == incoming.type.name:
            if any(name.partition(".")[0] == incoming.full_name for name in names):
                return True
            # CustomLabel members name labels inside labels/CustomLabels.labels
            if row.parent == "CustomLabels" and names:
                return True
    return False


def has_member(incoming: tuple[Incoming, ...], type_name: str, member: str) -> bool:
    """True if the zip holds what package.xml names: the component, or the file of the component it is a part of."""
    row = TYPES.get(type_name)
    if any(each.type.name == type_name and each.full_name == member for each in incoming):
        return True
    if row and row.in_folder and any(each.full_name.startswith(f"{member}/") for each in incoming):
        return True
    if row and row.parent:
        holder = member.partition(".")[0]
        return any(
            each.type.name == row.parent and (each.full_name == holder or row.parent == "CustomLabels")
            for each in incoming
        )
    return False
