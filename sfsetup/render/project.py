"""An SFDX project as a target: its package directory, API version and registration layout. Reads, never writes."""

from __future__ import annotations

import re
from pathlib import Path

from sfsetup.errors import InvalidInput, UsageError
from sfsetup.spec.versions import FLOOR, number
from sfsetup.values import dataclass

_PRESET = "decomposeExternalServiceRegistrationBeta"


@dataclass(frozen=True, slots=True)
class SfdxProject:
    """What sfdx-project.json says that matters to rendering."""

    root: Path
    folder: Path
    """Where the folders of the types go: `<default package directory>/main/default`."""
    api_version: str | None
    decomposes_registrations: bool

    def check_version(self, chosen: str | None) -> None:
        """Raises UsageError where the project's API version is too old for external credentials and none is chosen."""
        if chosen is None and self.api_version is not None and number(self.api_version) < number(FLOOR):
            raise UsageError(
                f"sourceApiVersion of the project is {self.api_version}; permission sets can give access to principals "
                f"from {FLOOR} on",
                actions=[f"Raise sourceApiVersion in sfdx-project.json, or add --api-version {FLOOR}."],
                file=str(self.root / "sfdx-project.json"),
            )


def read_project(path: Path) -> SfdxProject:
    """Reads a project folder or its sfdx-project.json. Raises UsageError, or InvalidInput for a broken file."""
    from sfsetup.text.documents import read_document
    from sfsetup.text.files import read_file

    file = path / "sfdx-project.json" if path.is_dir() else path
    if file.name != "sfdx-project.json" or not file.is_file():
        raise UsageError(
            f"{path} is no SFDX project: it has no sfdx-project.json",
            actions=["Give the folder that holds sfdx-project.json, or use -d DIR for a folder of files."],
        )
    value = read_document(read_file(file), name=str(file), syntax="json").value
    directories = value.get("packageDirectories") if isinstance(value, dict) else None
    entries = [item for item in directories or [] if isinstance(item, dict) and isinstance(item.get("path"), str)]
    if not isinstance(value, dict) or not entries:
        raise InvalidInput(
            "sfdx-project.json names no package directory", file=str(file), pointer="/packageDirectories"
        )
    chosen = next((item for item in entries if item.get("default") is True), entries[0])
    root = file.parent
    folder = (root / chosen["path"]).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise InvalidInput(
            "The package directory lies outside of the project", file=str(file), pointer="/packageDirectories"
        )
    options = value.get("sourceBehaviorOptions") or value.get("registryPresets") or []
    version = value.get("sourceApiVersion")
    return SfdxProject(
        root=root,
        folder=_default_folder(root / chosen["path"]),
        api_version=version if isinstance(version, str) and re.fullmatch(r"\d{2,3}\.0", version) else None,
        decomposes_registrations=_PRESET in options if isinstance(options, list) else False,
    )


def _default_folder(package: Path) -> Path:
    """`main/default` of the package directory, as `sf project generate` makes it, unless types lie directly in it."""
    direct = ("flows", "namedCredentials", "permissionsets", "classes", "externalCredentials")
    if not (package / "main" / "default").is_dir() and any((package / name).is_dir() for name in direct):
        return package
    return package / "main" / "default"
