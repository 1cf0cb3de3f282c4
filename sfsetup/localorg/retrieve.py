"""Runs a retrieve: finds what is asked for and packs it as the org writes it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sfsetup.localorg import holdings, profiles
from sfsetup.localorg.deploy import parts
from sfsetup.localorg.listing import file_properties, is_hidden, part_properties, path_of
from sfsetup.localorg.soap_write import soap_time
from sfsetup.localorg.versions import at_version
from sfsetup.metadata.package import write_package_xml
from sfsetup.metadata.types import TYPES
from sfsetup.metadata.xml import canonical
from sfsetup.text.archive import write_zip
from sfsetup.text.xml import local_name, parse_xml

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.state import Job, State, StoredComponent


@dataclass(slots=True)
class Packed:
    """What a retrieve brings."""

    entries: dict[str, bytes] = field(default_factory=dict)
    properties: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def archive(self) -> bytes:
        """The zip."""
        return write_zip(self.entries)

    def as_result(self, identifier: str) -> dict[str, Any]:
        """A RetrieveResult in the WSDL's order."""
        return {
            "done": True,
            "fileProperties": self.properties,
            "id": identifier,
            "messages": self.messages,
            "status": "Succeeded",
            "success": True,
            "zipFile": base64.b64encode(self.archive).decode("ascii"),
        }


def run_retrieve(org: LocalOrg, job: Job) -> None:
    """Runs the job and stores its archive."""
    state, options = org.state, job.options
    moment = max(job.due, job.created)
    with state.transaction():
        members: Any = options["members"]
        names: Any = options["packageNames"]
        if names:
            # Every package is unmanaged code that was never installed here: there is none by any name.
            text = f"No package named '{names[0]}' found"
            result: dict[str, Any] = {"errorStatusCode": "INVALID_CROSS_REFERENCE_KEY", "errorMessage": text}
            state.jobs.save(replace(job, status="Failed", completed=moment, result=result))
            return
        prefix = "" if options["singlePackage"] else "unpackaged/"
        found = packed(state, members, str(options["apiVersion"]), prefix=prefix, by=job.created_by, moment=job.created)
        wanted: Any = options["specificFiles"]
        if wanted:
            _keep(found, {f"{prefix}{name.removeprefix('unpackaged/')}" for name in wanted}, prefix)
        result = {"fileProperties": found.properties, "messages": found.messages}
        state.jobs.save(replace(job, status="Succeeded", completed=moment, result=result, payload=found.archive))


def packed(
    state: State, members: Mapping[str, Iterable[str]], version: str, *, prefix: str, by: str, moment: datetime
) -> Packed:
    """The archive for a manifest. What the org does not have becomes a message."""
    found = Packed()
    written: dict[str, list[str]] = {}
    for type_name, names in sorted(members.items()):
        if is_hidden(state, by, type_name):
            continue
        wanted = list(dict.fromkeys(names))
        row = TYPES.get(type_name)
        bring = _bring_parts if row is not None and row.parent else _bring
        have = list(bring(state, found, type_name, wanted, version, prefix))
        missing = [name for name in wanted if name != "*" and name not in have] if row else wanted
        for name in missing:
            problem = f"Entity of type '{type_name}' named '{name}' cannot be found"
            found.messages.append({"fileName": f"{prefix}package.xml", "problem": problem})
        if have:
            written[type_name] = have
    for name in written.get("Profile", ()):
        entry = f"{prefix}{TYPES['Profile'].folder}/{name}.profile"
        found.entries[entry] = profiles.partial(found.entries[entry], members)
    path = f"{prefix}package.xml"
    found.entries[path] = write_package_xml(written, version)
    found.properties.append(_manifest(state, path, by, moment))
    return found


def _bring(state: State, found: Packed, type_name: str, names: list[str], version: str, prefix: str) -> Iterator[str]:
    """Packs whole components; yields the names of those that are there."""
    if "*" in names:
        stored = holdings.of_type(state, type_name, with_files=True)
    else:
        stored = [each for name in names if (each := holdings.get(state, type_name, name)) is not None]
    for each in stored:
        path = path_of(each)
        content = at_version(each.type, each.content, float(version)) if each.content else b""
        for name, data in _files(each, path, content).items():
            found.entries[f"{prefix}{name}"] = data
        found.properties.append(file_properties(state, each, f"{prefix}{path}"))
        yield each.full_name


def _bring_parts(
    state: State, found: Packed, type_name: str, names: list[str], version: str, prefix: str
) -> Iterator[str]:
    """Packs parts into files of their holders, which hold nothing else unless the holder was asked for as well."""
    holder_type = TYPES[type_name].parent or ""
    for holder in state.components.of_type(holder_type):
        chosen = []
        for own, element in parts.held(holder.content, holder_type, type_name):
            full_name = parts.full_name_of(holder_type, holder.full_name, own)
            if full_name in names or "*" in names:
                chosen.append((full_name, element))
        path = f"{prefix}{path_of(holder)}"
        for full_name, _ in chosen:
            found.properties.append(part_properties(state, holder, type_name, full_name, path))
            yield full_name
        if chosen:
            _add_parts(found, holder, path, [element for _, element in chosen], version)


def _add_parts(found: Packed, holder: StoredComponent, path: str, elements: list[Any], version: str) -> None:
    there = found.entries.get(path)
    if there is None:
        root = parse_xml(holder.content, name=holder.full_name)
        for child in list(root):
            root.remove(child)
    else:
        root = parse_xml(there, name=holder.full_name)
    known = {(local_name(each), each.findtext("{*}fullName")) for each in root}
    for element in elements:
        if (local_name(element), element.findtext("{*}fullName")) not in known:
            root.append(element)
    found.entries[path] = at_version(holder.type, canonical(holder.type, root), float(version))


def _files(stored: StoredComponent, path: str, content: bytes) -> dict[str, bytes]:
    files = dict(stored.files)
    row = TYPES[stored.type]
    if row.suffix is None:
        return files
    if content:
        beside = row.has_content_file or row.adapter == "mixedContent"
        files[f"{path}-meta.xml" if beside else path] = content
    return files


def _keep(found: Packed, wanted: set[str], prefix: str) -> None:
    """specificFiles: only these files, and the manifest."""
    wanted = {*wanted, f"{prefix}package.xml"}
    found.entries = {name: data for name, data in found.entries.items() if name in wanted}
    found.properties = [each for each in found.properties if each["fileName"] in wanted]


def _manifest(state: State, path: str, by: str, moment: datetime) -> dict[str, Any]:
    """package.xml's own entry: an empty id and the type Package (ground-truth 4)."""
    user = state.users.get(by)
    name, time = user.name if user else "", soap_time(moment)
    return {
        "createdById": by,
        "createdByName": name,
        "createdDate": time,
        "fileName": path,
        "fullName": path,
        "id": "",
        "lastModifiedById": by,
        "lastModifiedByName": name,
        "lastModifiedDate": time,
        "manageableState": "unmanaged",
        "type": "Package",
    }
