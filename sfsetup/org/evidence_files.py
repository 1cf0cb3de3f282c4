"""Writes what an org told into a folder, so that it can be audited again without the org."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from sfsetup.errors import UsageError
from sfsetup.metadata.package import write_package_xml
from sfsetup.metadata.types import type_of_file
from sfsetup.org.evidence import Gathered


def save(gathered: Gathered, folder: Path, *, evidence_name: str) -> None:
    """Writes the metadata with a package.xml, and the evidence beside it as JSON. Only the owner may read it.

    Files of an earlier audit are overwritten; others are left alone. Raises UsageError when the folder cannot be
    written, or holds something else.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / evidence_name).is_file():
        raise UsageError(
            "the folder for the evidence holds something else", file=str(folder), actions=["Name an empty folder."]
        )
    version = gathered.evidence.org.api_version
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        members: dict[str, list[str]] = {}
        for name, data in gathered.files.items():
            path = _inside(folder, name)
            if path is None:
                continue
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_bytes(data)
            known = type_of_file(name)
            if known is not None:
                members.setdefault(known[0].name, []).append(known[1])
        (folder / "package.xml").write_bytes(write_package_xml(members, version))
        text = json.dumps(gathered.evidence.as_json(), indent=2, sort_keys=True) + "\n"
        (folder / evidence_name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the evidence cannot be written: {error.strerror}", file=str(folder)) from error


def _inside(folder: Path, name: str) -> Path | None:
    """Where an entry belongs; None for one that would lie outside, and for manifests."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or name == "package.xml":
        return None
    return folder.joinpath(*parts)
