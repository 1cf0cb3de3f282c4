"""How components lie on disk and in archives: writes and reads source trees, and trees and zips of the Metadata API."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import partial
from pathlib import Path

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.metadata.package import write_package_xml
from sfsetup.metadata.types import MetadataType, file_name, type_of_file
from sfsetup.model.component import Component, ComponentSet
from sfsetup.text.archive import read_zip, write_zip
from sfsetup.text.documents import read_document
from sfsetup.text.files import read_file
from sfsetup.values import dataclass

_META = "-meta.xml"
_SKIPPED = frozenset(
    (".git", ".hg", ".svn", ".sf", ".sfdx", "node_modules", "__pycache__", ".venv", "venv", "__MACOSX")
)
_MANIFESTS = frozenset(
    ("package.xml", "destructiveChanges.xml", "destructiveChangesPre.xml", "destructiveChangesPost.xml")
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One component's file. `data` is read when asked for, so that a large tree never lies in memory as a whole."""

    type: str
    full_name: str
    path: str
    """As a message shows it; for entries of an archive `archive.zip!entry`."""
    read: Callable[[], bytes] = field(repr=False, compare=False)
    is_content: bool = False
    """True for the content of a component that has XML beside it: Apex source, a static resource."""
    part: str | None = None
    """For a piece of a component that is kept in several files, the name of the piece."""
    beside: Callable[[], bytes | None] | None = field(default=None, repr=False, compare=False)
    """Reads the document beside the XML that holds its `schema` element; None where the XML holds it."""
    beside_path: str | None = None
    """Where that document is."""

    @property
    def data(self) -> bytes:
        """The file's bytes. Raises UsageError or InvalidInput."""
        return self.read()


def source_tree(components: Iterable[Component]) -> dict[str, bytes]:
    """Files in source format by their path: `flows/Send_SMS.flow-meta.xml`."""
    return {file_name(each.type, each.full_name, source=True): each.content for each in components}


def mdapi_tree(components: ComponentSet) -> dict[str, bytes]:
    """Files as the Metadata API takes them, with their package.xml."""
    members: dict[str, list[str]] = {}
    tree: dict[str, bytes] = {}
    for each in components:
        tree[file_name(each.type, each.full_name, source=False)] = each.content
        members.setdefault(each.type, []).append(each.full_name)
    return {"package.xml": write_package_xml(members, components.api_version), **tree}


def deploy_zip(components: ComponentSet) -> bytes:
    """The archive of a deploy. Equal components give equal bytes."""
    return write_zip(mdapi_tree(components))


def deletion_zip(members: Mapping[str, Iterable[str]], version: str) -> bytes:
    """The archive of a deploy that deletes: destructiveChanges.xml beside a package.xml that names nothing."""
    return write_zip(
        {
            "package.xml": write_package_xml({}, version),
            "destructiveChanges.xml": write_package_xml(members, version),
        }
    )


def read_tree(path: Path | str) -> Iterator[SourceFile]:
    """The components below a folder, of one file, or in a zip, sorted by path; other files are left out.

    A project with sfdx-project.json is read in its package directories. Raises UsageError for a missing path.
    """
    root = Path(path)
    if root.is_dir():
        for folder in _package_folders(root):
            yield from _walk(folder)
    elif root.suffix.lower() == ".zip":
        yield from read_entries(read_zip(read_file(root), name=str(root)), archive=str(root))
    else:
        read_file(root, max_bytes=_LARGEST)
        found = _source_file(str(root.absolute()), str(root), partial(read_file, root), set())
        if found:
            yield found


_LARGEST = 1 << 40


def read_entries(entries: Mapping[str, bytes], *, archive: str = "") -> Iterator[SourceFile]:
    """The components among named files: a retrieve, an archive, a tree in memory."""
    names = set(entries)
    for name in sorted(entries):
        shown = f"{archive}!{name}" if archive else name
        found = _source_file(name, shown, partial(entries.__getitem__, name), names, entries.get)
        if found:
            yield found


def _walk(folder: Path) -> Iterator[SourceFile]:
    for current, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        names = set(files)
        for name in sorted(files):
            path = os.path.join(current, name)
            found = _source_file(path, path, partial(read_file, path), names)
            if found:
                yield found


def _raise(error: OSError) -> None:
    raise UsageError(f"cannot be read: {error.strerror}", file=error.filename)


def _source_file(
    path: str,
    shown: str,
    read: Callable[[], bytes],
    names: set[str],
    get: Callable[[str], bytes | None] | None = None,
) -> SourceFile | None:
    file = path.replace("\\", "/").rpartition("/")[2]
    if file in _MANIFESTS or "." not in file:
        return None
    part = _part_of_permission_set(path)
    if part:
        return SourceFile(part[0], part[1], shown, read, part=part[2])
    found = type_of_file(path)
    if found is None:
        return None
    row, full_name = found
    if _is_content(row, file):
        return SourceFile(row.name, full_name, shown, read, is_content=True)
    beside, beside_path = None, None
    if row.name == "ExternalServiceRegistration":
        beside, beside_path = _schema_beside(path, full_name, names, get)
    return SourceFile(row.name, full_name, shown, read, beside=beside, beside_path=beside_path)


def _is_content(row: MetadataType, file: str) -> bool:
    if row.adapter in (None, "decomposed", "default"):
        return False
    return not file.endswith(_META)


def _schema_beside(
    path: str, full_name: str, names: set[str], get: Callable[[str], bytes | None] | None
) -> tuple[Callable[[], bytes | None] | None, str | None]:
    """The preset decomposeExternalServiceRegistration(Beta) keeps the schema in `<Name>.yaml` beside the XML."""
    folder = path.replace("\\", "/").rpartition("/")[0]
    for ending in (".yaml", ".yml", ".json"):
        name = f"{full_name}{ending}"
        entry = f"{folder}/{name}" if folder else name
        if get is not None:
            if entry in names:
                return partial(get, entry), entry
        elif name in names or (not names and os.path.exists(entry)):
            return partial(read_file, entry), entry
    return None, None


PERMISSION_SET_PARTS = {
    "applicationVisibility": "applicationVisibilities",
    "classAccess": "classAccesses",
    "customMetadataTypeAccess": "customMetadataTypeAccesses",
    "customPermission": "customPermissions",
    "customSettingAccess": "customSettingAccesses",
    "externalCredentialPrincipalAccess": "externalCredentialPrincipalAccesses",
    "externalDataSourceAccess": "externalDataSourceAccesses",
    "fieldPermission": "fieldPermissions",
    "flowAccess": "flowAccesses",
    "objectPermission": "objectPermissions",
    "objectSettings": "objectSettings",
    "pageAccess": "pageAccesses",
    "recordTypeVisibility": "recordTypeVisibilities",
    "tabSetting": "tabSettings",
    "userPermission": "userPermissions",
}
"""Suffix of a piece of a decomposed permission set -> the element it stands for (reference 'ground truth' 6)."""


def _part_of_permission_set(path: str) -> tuple[str, str, str] | None:
    """`permissionsets/Name/Name.userPermission-meta.xml`, or one folder deeper for the settings of an object."""
    if not path.endswith(_META):
        return None
    parts = path.replace("\\", "/").split("/")
    suffix = parts[-1][: -len(_META)].rpartition(".")[2]
    if suffix not in PERMISSION_SET_PARTS and suffix != "permissionset":
        return None
    for place in range(len(parts) - 3, -1, -1):
        if parts[place] == "permissionsets":
            return "PermissionSet", parts[place + 1], suffix
    return None


def _package_folders(root: Path) -> list[Path]:
    """The package directories of sfdx-project.json that exist; the folder itself where there are none."""
    project = root / "sfdx-project.json"
    if not project.is_file():
        return [root]
    try:
        value = read_document(read_file(project), name=str(project)).value
    except InvalidInput:
        return [root]
    entries = value.get("packageDirectories") if isinstance(value, dict) else None
    folders = []
    for entry in entries if isinstance(entries, list) else []:
        path = entry.get("path") if isinstance(entry, dict) else None
        if isinstance(path, str) and (root / path).is_dir():
            folders.append(root / path)
    outer = [one for one in folders if not any(other != one and other in one.parents for other in folders)]
    return sorted(set(outer)) or [root]
