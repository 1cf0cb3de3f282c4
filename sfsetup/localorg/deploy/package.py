"""What lies in a deploy's zip: manifests and components, one group of files per component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.metadata.package import Package, read_package_xml
from sfsetup.metadata.types import TYPES, MetadataType, type_of_file
from sfsetup.metadata.xml import as_it_stands
from sfsetup.text.archive import read_zip
from sfsetup.text.limits import ArchiveLimits
from sfsetup.text.xml import parse_xml
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.metadata.shapes import Survey

MEGABYTE = 1024 * 1024
LIMITS = ArchiveLimits(max_bytes=39 * MEGABYTE, max_entries=20_000, max_total_bytes=629_145_600)
"""wire-protocols 1.5: zip 39 MB, 600 MB uncompressed. Files are counted apart: folders are entries as well."""
MAX_FILES = 10_000
MAX_TREES = 64 * MEGABYTE
"""Above this the element trees of a deploy, some five times as large as its files, are not kept."""

MANIFEST = "package.xml"
_META = "-meta.xml"
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
    problem: str | None = None
    """What is wrong with its files as such: an empty one, or one half of a pair."""
    keeps_tree: bool = True
    """False in very large deploys: the tree is made anew whenever it is asked for."""
    _trees: list[Any] = field(default_factory=list, repr=False, compare=False)
    _written: list[bytes] = field(default_factory=list, repr=False, compare=False)

    @property
    def root(self) -> Any:
        """The root element of its XML, parsed once. Raises InvalidInput."""
        if self._trees:
            return self._trees[0]
        root = parse_xml(self.content, name=self.path)
        if self.keeps_tree:
            self._trees.append(root)
        return root

    @property
    def written(self) -> bytes | None:
        """Its XML in the org's style, where that was easy to have; None if it has yet to be written."""
        return self._written[0] if self._written else None

    def write_down(self, found: Survey) -> None:
        """Makes use of a survey of its elements while it is there."""
        written = as_it_stands(self.root, found) if self.keeps_tree else None
        if written is not None:
            # one copy of equal texts: files mostly come in that style
            self._written[:] = [self.content if written == self.content else written]


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
    problem: InvalidInput | None = None
    """Why one of the manifests cannot be read; then nothing else is known."""
    folders: frozenset[str] = frozenset()
    """Folders of reports, dashboards, documents and e-mail templates: `reports/Sales`."""


_NO_PACKAGE = Package("", {})


class NoPackage(Exception):
    """The zip has no package.xml where one may stand. `folders` are the top-level folders that were looked into."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        super().__init__("No package.xml found")
        self.folders = folders


def unpack(data: bytes) -> list[Unpacked]:
    """The packages of a zip. Raises InvalidInput for what cannot be read, NoPackage without a package.xml.

    package.xml may stand at the root or inside a top-level folder whatever `singlePackage` says: sf puts everything
    below `zip/` (wire-protocols rule 9).
    """
    entries = read_zip(data, name="the zip", limits=LIMITS)
    if len(entries) > MAX_FILES:
        raise InvalidInput(f"LIMIT_EXCEEDED: the zip holds {len(entries)} files, the maximum is {MAX_FILES}")
    tops: list[str] = []
    if MANIFEST in entries:
        prefixes = [""]
    else:
        tops = sorted({name.partition("/")[0] for name in entries if "/" in name})
        prefixes = [f"{top}/" for top in tops if f"{top}/{MANIFEST}" in entries]
    if not prefixes:
        raise NoPackage(tuple(tops))
    return [_package(prefix, entries) for prefix in prefixes]


def _package(prefix: str, entries: Mapping[str, bytes]) -> Unpacked:
    inside = {name[len(prefix) :]: data for name, data in entries.items() if name.startswith(prefix)}
    destructive: dict[str, Package] = {}
    try:
        manifest = read_package_xml(inside[MANIFEST], name=f"{prefix}{MANIFEST}")
        for name in DESTRUCTIVE:
            if name in inside:
                destructive[name] = read_package_xml(inside[name], name=f"{prefix}{name}", needs_version=False)
    except InvalidInput as problem:
        return Unpacked(prefix, _NO_PACKAGE, (), (), {}, len(inside), problem)
    files = {name: data for name, data in inside.items() if name != MANIFEST and name not in DESTRUCTIVE}
    incoming, unknown, folders = _grouped(prefix, files)
    return Unpacked(prefix, manifest, incoming, unknown, destructive, len(inside), folders=folders)


def _grouped(prefix: str, files: Mapping[str, bytes]) -> tuple[tuple[Incoming, ...], tuple[str, ...], frozenset[str]]:
    """Components, files of no type, and folders of reports and the like, which are kept as names alone."""
    groups: dict[tuple[str, str], dict[str, bytes]] = {}
    unknown = []
    folders = set()
    for name, data in files.items():
        found = type_of_file(name)
        top, _, rest = name.partition("/")
        if found is not None:
            groups.setdefault((found[0].name, found[1]), {})[name] = data
        elif top in _folders_of_folders() and rest.endswith(_META):
            folders.add(name.removesuffix(_META))
        else:
            unknown.append(prefix + name)
    keeps = sum(map(len, files.values())) <= MAX_TREES
    incoming = tuple(_incoming(prefix, *key, members, keeps) for key, members in groups.items())
    return incoming, tuple(unknown), frozenset(folders)


@cache
def _folders_of_folders() -> frozenset[str]:
    return frozenset(row.folder for row in TYPES.values() if row.in_folder)


def _incoming(prefix: str, type_name: str, full_name: str, members: Mapping[str, bytes], keeps: bool) -> Incoming:
    row = TYPES[type_name]
    paired = row.has_content_file or row.adapter == "mixedContent"
    main = next((name for name in members if name.endswith(_META)), next(iter(members)))
    is_xml = main.endswith(_META) or row.adapter in (None, "default", "decomposed")
    content = members[main] if is_xml else b""
    bundled = row.suffix is None
    rest = {name: data for name, data in members.items() if name != main or not is_xml or bundled}
    shown = next(iter(rest)) if paired and rest else main
    problem = None
    if row.parent is not None or (main.endswith(_META) and not paired and not bundled):
        problem = f"{main} is in source format, which the Metadata API does not take"
    elif is_xml and not content.strip():
        problem = "Error parsing file: the file is empty"
    elif paired and not is_xml:
        problem = f"{main} has no {main}-meta.xml beside it"
    elif paired and not rest:
        problem = f"{main} has no {main.removesuffix(_META)} beside it"
    return Incoming(row, full_name, prefix + shown, content, rest, problem, keeps)


class Coverage:
    """What the zip holds, for fast questions."""

    def __init__(self, incoming: tuple[Incoming, ...], folders: frozenset[str] = frozenset()) -> None:
        self._made = folders
        self._held = {(each.type.name, each.full_name) for each in incoming}
        self._types = {each.type.name for each in incoming}
        self._folders = {
            (each.type.name, each.full_name.rpartition("/")[0]) for each in incoming if each.type.in_folder
        }

    def has(self, type_name: str, member: str) -> bool:
        """True for a component, a folder of components, or the file of the component that the member is a part of."""
        if (type_name, member) in self._held or (type_name, member) in self._folders:
            return True
        row = TYPES.get(type_name)
        if row is None:
            return False
        if row.in_folder and f"{row.folder}/{member}" in self._made:
            return True
        if row.parent is None:
            return False
        return (row.parent, member.partition(".")[0]) in self._held or (
            row.parent == "CustomLabels" and row.parent in self._types
        )
