"""package.xml beside metadata: does it name what is there, and in which API version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.model.finding import Certainty, ComponentRef, Finding, Severity
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.metadata.layout import SourceFile

_NAME = "package.xml"


@dataclass(frozen=True, slots=True)
class Manifests:
    """What the manifests of a folder or archive say. `version` is None where there is none."""

    version: str | None
    findings: tuple[Finding, ...]


def check_manifests(path: Path, files: Sequence[SourceFile]) -> Manifests:
    """Compares every manifest with the components beside it. Raises nothing for a broken one: that is a finding."""
    findings: list[Finding] = []
    version: str | None = None
    for shown, data, base in _manifests(path):
        from sfsetup.metadata.package import read_package_xml

        try:
            package = read_package_xml(data, name=shown)
        except InvalidInput as error:
            findings.append(_finding("MD-001", shown, error.line or 1, f"The manifest cannot be read: {error.message}"))
            continue
        version = version or package.version
        there = {(file.type, file.full_name) for file in files if file.path.startswith(base)}
        named = {(kind, member) for kind, members in package.members.items() for member in members}
        for kind, member in sorted(named - there):
            if member == "*":
                continue
            message = (
                f"An object '{member}' of type {kind} was named in package.xml, but was not found in zipped directory"
            )
            findings.append(
                _finding("MD-005", shown, _line(data, member), message, ComponentRef(kind, member), Severity.HIGH)
            )
        wild = {kind for kind, member in named if member == "*"}
        for kind, member in sorted(there - named):
            if kind not in wild:
                message = f"{kind} {member} is among the files and not in package.xml: it would not be deployed"
                findings.append(_finding("MD-005", shown, 1, message, ComponentRef(kind, member), Severity.MEDIUM))
    return Manifests(version, tuple(findings))


def _manifests(path: Path) -> Iterator[tuple[str, bytes, str]]:
    """Name as shown, bytes, and the beginning of the paths of the files that it speaks of."""
    from sfsetup.text.files import read_file

    if path.is_file() and path.suffix.lower() == ".zip":
        from sfsetup.text.archive import read_zip

        entries = read_zip(read_file(path), name=str(path))
        for name in sorted(entries):
            if name.rpartition("/")[2] == _NAME:
                yield f"{path}!{name}", entries[name], f"{path}!{name.removesuffix(_NAME)}"
        return
    if path.is_dir():
        for place in sorted({path / _NAME, *path.glob(f"*/{_NAME}")}):
            if place.is_file():
                yield str(place), read_file(place), str(place).removesuffix(_NAME)


def _line(data: bytes, member: str) -> int:
    position = data.find(f">{member}<".encode())
    return data.count(b"\n", 0, position) + 1 if position >= 0 else 1


def _finding(
    rule: str,
    file: str,
    line: int,
    message: str,
    component: ComponentRef | None = None,
    severity: Severity = Severity.HIGH,
) -> Finding:
    fix = "Add the file, or take it out of package.xml." if rule == "MD-005" else "Render it again."
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        fix=fix,
        certainty=Certainty.SEEN if severity is Severity.HIGH else Certainty.INFERRED,
        component=component,
        file=file,
        line=line,
    )
