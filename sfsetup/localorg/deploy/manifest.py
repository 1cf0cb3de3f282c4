"""package.xml and the manifests of deletions against what the zip holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sfsetup.localorg.deploy.messages import OURS, Message, manifest_message
from sfsetup.localorg.deploy.package import Coverage, Incoming, Unpacked
from sfsetup.localorg.org import NEWEST_API
from sfsetup.metadata.package import Package
from sfsetup.metadata.types import TYPES

if TYPE_CHECKING:
    from sfsetup.localorg.deploy.options import DeployOptions

UNNAMED = "Not in package.xml"
"""Seen by users of two deploy tools (SFRelatedListEditor#16, sfdc-convert-documents-to-files#2)."""
OLDEST_PACKAGE = 8


def judge_manifest(package: Unpacked) -> Message:
    """The entry of package.xml itself."""
    path = f"{package.prefix}package.xml"
    message = manifest_message(path)
    problem = package.problem
    if problem is not None:
        message = manifest_message(problem.file or path)
        return message.failed(f"Error parsing file: {problem.message}", problem.line, problem.column, "MANIFEST-XML")
    version = float(package.manifest.version)
    if not OLDEST_PACKAGE <= version <= NEWEST_API:
        return message.failed(f"Invalid API version {package.manifest.version}{OURS}", check="MANIFEST-VERSION")
    return message


def missing_members(package: Unpacked, options: DeployOptions) -> Iterator[Message]:
    """One failure for each member that the zip lacks: fileName is package.xml, fullName the member (cli#2182)."""
    path = f"{package.prefix}package.xml"
    contents = Coverage(package.incoming, package.folders)
    for type_name, names in sorted(package.manifest.members.items()):
        if type_name not in TYPES:
            # Seen: scolladon/sfdc-generate-package#8, jenkinsci/salesforce-migration-assistant-plugin#26.
            text = f"Unknown type name '{type_name}' specified in package.xml"
            yield Message(type_name="", full_name="", file_name=path).failed(text, check="MANIFEST-TYPE")
            continue
        for name in names:
            if name == "*" or options.allow_missing_files or contents.has(type_name, name):
                continue
            text = f"An object '{name}' of type {type_name} was named in package.xml, but was not found in "
            message = Message(type_name=type_name, full_name=name, file_name=path)
            yield message.failed(f"{text}zipped directory", check="MANIFEST-MISSING")


def unnamed(package: Unpacked, options: DeployOptions, *, refuse: bool) -> Iterator[Message]:
    """Files in the zip that package.xml does not name: a failure unless warnings are ignored."""
    for path in package.unknown:
        stem = path.rpartition("/")[2].partition(".")[0]
        yield unnamed_message("", stem, path, options, refuse=refuse)


def unnamed_message(type_name: str, full_name: str, path: str, options: DeployOptions, *, refuse: bool) -> Message:
    """The message of one such file."""
    message = Message(type_name=type_name, full_name=full_name, file_name=path)
    if refuse and not options.ignore_warnings:
        return message.halted(UNNAMED, "MANIFEST-UNNAMED")
    return message.warned(UNNAMED, check="MANIFEST-UNNAMED")


def nothing_to_delete(message: Message, options: DeployOptions) -> Message:
    """The entry of a deletion that finds nothing: a warning under the manifest's name, which halts the deploy unless
    warnings are ignored (salesforcecli/plugin-source#199)."""
    text = f"No {message.type_name} named: {message.full_name} found"
    told = replace(message, full_name=message.file_name.rpartition("/")[2])
    return told.warned(text, check="DEL-NONE") if options.ignore_warnings else told.halted(text, "DEL-NONE")


class Named:
    """What a manifest names, for fast questions."""

    def __init__(self, manifest: Package) -> None:
        self._names = {(kind, name) for kind, names in manifest.members.items() for name in names}
        self._all = {kind for kind, name in self._names if name == "*"}
        self._holders: set[tuple[str, str]] = set()
        self._holder_types: set[str] = set()
        for kind, name in self._names:
            row = TYPES.get(kind)
            if row is None or row.parent is None:
                continue
            if row.parent == "CustomLabels":
                # CustomLabel members name labels inside labels/CustomLabels.labels.
                self._holder_types.add(row.parent)
            self._holders.add((row.parent, name.partition(".")[0]))

    def covers(self, incoming: Incoming) -> bool:
        """True if the component is named, by name or wildcard, itself or through a part of it."""
        kind = incoming.type.name
        key = (kind, incoming.full_name)
        return kind in self._all or key in self._names or key in self._holders or kind in self._holder_types
