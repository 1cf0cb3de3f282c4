"""Runs a retrieve: finds what is asked for and packs it as the org writes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.listing import file_properties, path_of
from sfsetup.metadata.package import write_package_xml
from sfsetup.metadata.types import TYPES
from sfsetup.text.archive import write_zip

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.state import Job, State, StoredComponent


def run_retrieve(org: LocalOrg, job: Job) -> None:
    """Runs the job and stores its archive."""
    with org.state.transaction():
        ended = _packed(org.state, job)
        org.state.jobs.save(ended)


def _packed(state: State, job: Job) -> Job:
    members: dict[str, list[str]] = dict(job.options["members"])  # type: ignore[call-overload]
    version = str(job.options["apiVersion"])
    prefix = "" if job.options["singlePackage"] else "unpackaged/"
    entries: dict[str, bytes] = {}
    properties: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    written: dict[str, list[str]] = {}
    for type_name, names in sorted(members.items()):
        found, missing = _find(state, type_name, names)
        for name in missing:
            problem = f"Entity of type '{type_name}' named '{name}' cannot be found"
            messages.append({"fileName": f"{prefix}package.xml", "problem": problem})
        for stored in found:
            path = path_of(stored)
            entries.update({f"{prefix}{name}": data for name, data in _files(stored, path).items()})
            properties.append(file_properties(state, stored, f"{prefix}{path}"))
            written.setdefault(type_name, []).append(stored.full_name)
    entries[f"{prefix}package.xml"] = write_package_xml(written, version)
    properties.append(_manifest(state, job, f"{prefix}package.xml"))
    result = {"fileProperties": properties, "messages": messages}
    moment = max(job.due, job.created)
    return replace(job, status="Succeeded", completed=moment, result=result, payload=write_zip(entries))


def _find(state: State, type_name: str, names: list[str]) -> tuple[list[StoredComponent], list[str]]:
    if type_name not in TYPES:
        return [], names
    if "*" in names:
        found = state.components.of_type(type_name, with_files=True)
        known = {each.full_name for each in found}
        return found, [name for name in names if name != "*" and name not in known]
    found, missing = [], []
    for name in names:
        stored = state.components.get(type_name, name)
        if stored is None:
            missing.append(name)
        else:
            found.append(stored)
    return found, missing


def _files(stored: StoredComponent, path: str) -> dict[str, bytes]:
    files = dict(stored.files)
    if stored.content:
        row = TYPES[stored.type]
        beside = row.has_content_file or row.adapter == "mixedContent"
        files[f"{path}-meta.xml" if beside else path] = stored.content
    return files


def _manifest(state: State, job: Job, path: str) -> dict[str, Any]:
    """package.xml's own entry: an empty id and the type Package (ground-truth 4)."""
    from sfsetup.localorg.soap_write import soap_time

    user = state.users.get(job.created_by)
    name, moment = user.name if user else "", soap_time(job.created)
    return {
        "createdById": job.created_by,
        "createdByName": name,
        "createdDate": moment,
        "fileName": path,
        "fullName": path,
        "id": "",
        "lastModifiedById": job.created_by,
        "lastModifiedByName": name,
        "lastModifiedDate": moment,
        "manageableState": "unmanaged",
        "type": "Package",
    }
