"""What `audit` and `inventory` read from disk: metadata, saved evidence, configuration, baselines, earlier reports."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from sfsetup.facts.reader import FactSet
    from sfsetup.metadata.layout import SourceFile
    from sfsetup.rules.evidence import OrgEvidence
    from sfsetup.rules.settings import AuditSettings
    from sfsetup.rules.suppressions import Baseline

EVIDENCE_FILE = "sfsetup-evidence.json"
"""Beside the metadata that `--save-evidence` writes: what only an org tells."""
CONFIGURATION = "sfsetup.toml"
PROJECT = "pyproject.toml"


@dataclass(frozen=True)
class Configuration:
    """Settings of an audit and the file that they stand in; without a file, the defaults."""

    settings: AuditSettings
    file: str | None = None
    folder: Path | None = None
    """Patterns of `ignore_paths` are relative to it."""


def configuration(named: str | None) -> Configuration:
    """The settings of `--config`, else of the nearest sfsetup.toml or pyproject.toml above the working folder.

    A folder that is audited has no say in how: its own configuration counts only when it is the working folder, or
    named. Raises UsageError for a missing file, InvalidInput for one that cannot be used.
    """
    from sfsetup.rules.settings import AuditSettings

    if named is not None:
        found = _settings_in(Path(named), must=True)
        return found or Configuration(AuditSettings())
    for folder in (Path.cwd(), *Path.cwd().parents):
        for name in (CONFIGURATION, PROJECT):
            path = folder / name
            if path.is_file():
                found = _settings_in(path, must=False)
                if found is not None:
                    return found
        if (folder / ".git").exists():
            break
    return Configuration(AuditSettings())


def _settings_in(path: Path, *, must: bool) -> Configuration | None:
    from sfsetup.rules.catalogue import ids
    from sfsetup.rules.model import Group
    from sfsetup.rules.settings import settings_from
    from sfsetup.text.files import read_file
    from sfsetup.text.toml import read_toml

    shown = _shown(path)
    table: Any = read_toml(read_file(path), name=shown)
    where = ("tool", "sfsetup", "audit") if path.name == PROJECT else ("audit",)
    for name in where:
        table = table.get(name) if isinstance(table, dict) else None
    if table is None:
        if must:
            raise InvalidInput(f"there is no table [{'.'.join(where)}]", file=shown)
        return None
    if not isinstance(table, dict):
        raise InvalidInput(f"[{'.'.join(where)}] must be a table", file=shown)
    settings = settings_from(table, file=shown, known_rules=ids(Group.AUDIT))
    return Configuration(settings, shown, path.resolve().parent)


def facts_of(paths: Sequence[str], found: Configuration) -> FactSet:
    """Facts of everything below these paths. What cannot be read is in `unreadable`; the rest is there.

    Raises UsageError for a path that does not exist.
    """
    from sfsetup.facts.reader import read_facts
    from sfsetup.rules.secrets import may_hold_secret

    for path in paths:
        if not os.path.exists(path):
            raise UsageError("no such file or folder", file=path, actions=["Check the path."])
    broken: list[tuple[str, InvalidInput]] = []
    files = (file for path in _outermost(paths) for file in _files(path, found, broken))
    facts = read_facts(files, may_hold_secret=may_hold_secret)
    if broken:
        unreadable = (_unreadable(path, error) for path, error in broken)
        facts = replace(facts, unreadable=(*facts.unreadable, *unreadable))
    return facts


def _outermost(paths: Sequence[str]) -> list[str]:
    """The paths without those that lie below another or are given twice: nothing is judged twice."""
    whole = {path: Path(path).resolve() for path in paths}
    return [
        path
        for path, place in whole.items()
        if not any(other in place.parents for other in whole.values())
        and path == next(name for name, other in whole.items() if other == place)
    ]


def evidence_beside(paths: Sequence[str]) -> OrgEvidence | None:
    """Evidence that `--save-evidence` wrote into the one folder that is audited; None where there is none."""
    if len(paths) != 1 or not (path := Path(paths[0]) / EVIDENCE_FILE).is_file():
        return None
    from sfsetup.rules.evidence import from_json

    shown = _shown(path)
    try:
        evidence: OrgEvidence = from_json(_document(path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("this is no evidence written by sfsetup audit --save-evidence", file=shown) from error
    return evidence


def baseline_in(path: str) -> Baseline:
    """The baseline in a file. Raises UsageError or InvalidInput."""
    from sfsetup.rules.suppressions import baseline_from

    try:
        return baseline_from(_document(Path(path)))
    except ValueError as error:
        raise InvalidInput(str(error), file=path) from error


def report_in(path: str) -> Any:
    """The earlier report in a file, as plain values. Raises UsageError or InvalidInput."""
    return _document(Path(path))


def _document(path: Path) -> Any:
    from sfsetup.text.documents import read_document
    from sfsetup.text.files import read_file

    return read_document(read_file(path), name=_shown(path), syntax="json").value


def _files(path: str, found: Configuration, broken: list[tuple[str, InvalidInput]]) -> Iterator[SourceFile]:
    from sfsetup.metadata.layout import read_tree

    start = _shown(Path(path))
    try:
        for file in read_tree(start):
            if not _ignored(file.path, found):
                guarded = _guarded(file)
                yield replace(guarded, path=file.path[2:]) if file.path.startswith("./") else guarded
    except InvalidInput as error:
        broken.append((start, error))


def _guarded(file: SourceFile) -> SourceFile:
    """The file, or one that tells why it is not opened: reading a pipe would wait for ever."""
    if "!" in file.path:
        return file
    try:
        mode = os.stat(file.path).st_mode
    except OSError as error:
        return replace(file, read=partial(_refuse, f"cannot be read: {error.strerror}", file.path))
    return file if stat.S_ISREG(mode) else replace(file, read=partial(_refuse, "not a regular file", file.path))


def _refuse(message: str, path: str) -> bytes:
    raise InvalidInput(message, file=path)


def _ignored(path: str, found: Configuration) -> bool:
    patterns = found.settings.ignore_paths
    if not patterns:
        return False
    absolute = os.path.abspath(path)
    names = {path.replace(os.sep, "/")}
    if found.folder is not None:
        names.add(os.path.relpath(absolute, found.folder).replace(os.sep, "/"))
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _unreadable(path: str, error: InvalidInput) -> Any:
    from sfsetup.facts.reader import Unreadable
    from sfsetup.model.finding import ComponentRef

    return Unreadable(ComponentRef("", path), path, error.line, error.message)


def _shown(path: Path) -> str:
    """The path as reports show it: relative to the working folder where it lies below it."""
    absolute = Path(os.path.abspath(path))
    try:
        relative = absolute.relative_to(Path.cwd())
    except ValueError:
        return str(path)
    return str(relative)
