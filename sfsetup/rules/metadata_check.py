"""Judges metadata files offline: their form, each component by itself, and how they hang together.

`complete` says that what is not among the files does not exist (the files are meant to be a whole integration); else a
reference that leads out of them may lead into the org, and is only told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.facts.graph import Graph
from sfsetup.facts.reader import FactSet, read_facts
from sfsetup.metadata.form import FormProblem, Kind, check_form
from sfsetup.model.finding import ComponentRef, Finding, Severity
from sfsetup.model.names import MAX_DEVELOPER_NAME, is_developer_name
from sfsetup.rules.metadata_report import MetadataReport
from sfsetup.spec.versions import NEWEST_TESTED
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.metadata.layout import SourceFile

INTEGRATION_TYPES = ("ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet", "Flow")
"""The types whose every part is judged; of others the form alone."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was read and what is wrong with it."""

    facts: FactSet
    findings: tuple[Finding, ...]

    @property
    def components(self) -> int:
        """Number of components that were read."""
        return sum(1 for _fact in self.facts)


def check_metadata(files: Iterable[SourceFile], *, api_version: str | None, complete: bool = False) -> Judged:
    """Findings about these files as they would be sent with this API version; never raises for what is in them.

    None: no version is said anywhere. The newest tested one is taken, and what does not fit it is a warning.
    """
    version = api_version or NEWEST_TESTED
    report = MetadataReport()
    seen: dict[tuple[str, str], str] = {}

    def look(file: SourceFile, root: Any) -> None:
        if file.part is None and not file.is_content:
            _form(report, file, check_form(root, file.type, version), assumed=api_version is None)

    listed = list(files)
    for file in listed:
        if file.part is None and not file.is_content:
            _name(report, file, seen)
    facts = read_facts(listed, look=look)
    for problem in facts.unreadable:
        report.about_file(
            "MD-001", problem.ref, problem.file, problem.line or 1, f"The file cannot be read: {problem.message}",
            "Mend it, or render it again.",
        )  # fmt: skip
    graph = Graph(facts)
    from sfsetup.rules.metadata_credentials import check_credentials
    from sfsetup.rules.metadata_flow import check_flows
    from sfsetup.rules.metadata_grants import check_grants
    from sfsetup.rules.metadata_service import check_services

    check_credentials(report, graph, complete=complete)
    services = check_services(report, graph, complete=complete)
    check_grants(report, graph, complete=complete)
    check_flows(report, graph, services, complete=complete)
    return Judged(facts, tuple(report.findings))


def _form(report: MetadataReport, file: SourceFile, problems: Sequence[FormProblem], *, assumed: bool) -> None:
    ref = ComponentRef(file.type, file.full_name)
    for problem in problems:
        if problem.kind is Kind.ROOT:
            # the reader of facts says so too
            continue
        is_guess = assumed and problem.kind is Kind.VERSION and problem.severity is Severity.HIGH
        report.about_file(
            "MD-002",
            ref,
            file.path,
            problem.line,
            problem.message,
            f"{problem.hint[:1].upper()}{problem.hint[1:]}" if problem.hint else "Compare it with a rendered file.",
            element=problem.element or None,
            severity=Severity.MEDIUM if is_guess else problem.severity,
        )


def _name(report: MetadataReport, file: SourceFile, seen: dict[tuple[str, str], str]) -> None:
    if file.type not in INTEGRATION_TYPES:
        return
    ref = ComponentRef(file.type, file.full_name)
    bare = file.full_name.partition("__")[2] if "__" in file.full_name else file.full_name
    if not is_developer_name(bare):
        length = f" ({len(bare)} characters, {MAX_DEVELOPER_NAME} are allowed)" if len(bare) > 80 else ""
        report.about_file(
            "MD-003",
            ref,
            file.path,
            1,
            f"`{file.full_name}` cannot be an API name{length}",
            "Use letters, digits and single inner underscores, a letter first, and name the file so.",
        )
    key = (file.type, file.full_name.lower())
    first = seen.setdefault(key, file.path)
    if first != file.path and _stage(first) == _stage(file.path):
        report.about_file(
            "MD-004",
            ref,
            file.path,
            1,
            f"The component stands in two files: here and in {first}",
            "Remove one of them.",
        )


def _stage(path: str) -> str:
    """The stage that a path of ours says; a permission set may be in both."""
    from re import search

    found = search(r"(?:stage|-)([12])(?:[/\\]|\.zip!)", path)
    return found.group(1) if found else ""
