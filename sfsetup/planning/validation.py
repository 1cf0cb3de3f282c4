"""All that can be known offline: spec, document, the metadata they give, and metadata files judged against them.

    judge_spec(path)            spec + document + rendered metadata and every reference between them
    judge_files(files)          metadata alone
    judge_against(spec, files)  metadata that is meant to be what the spec renders

Nothing here raises for what is wrong inside a file: that is what is to be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.model.component import ComponentSet
from sfsetup.model.finding import ComponentRef, Finding, Severity, counts, in_order, numbered
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.versions import NEWEST_TESTED
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.metadata.layout import SourceFile
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.rules.metadata_check import Judged
    from sfsetup.spec.reader import Integration


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was looked at."""

    kind: str
    """spec, document or metadata."""
    path: str
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """`{kind, path, …}`."""
        return {"kind": self.kind, "path": self.path, **self.details}


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found, worst first, and what was looked at."""

    findings: tuple[Finding, ...]
    checked: tuple[Checked, ...]

    def as_json(self) -> dict[str, Any]:
        """`{findings, counts, checked}`."""
        return {
            "findings": [finding.as_json() for finding in self.findings],
            "counts": counts(self.findings),
            "checked": [one.as_json() for one in self.checked],
        }


def judge_spec(
    path: Path,
    *,
    environment: str | None = None,
    api_version: str | None = None,
    files: Sequence[SourceFile] | None = None,
    shown: str = "",
    among_others: bool = False,
) -> Validation:
    """Judges an integration and, where `files` are given, those files against it (`shown` is their name).

    `among_others`: the files are a project that holds more than this integration; the rest of it is not judged.

    Raises UsageError for a path or an environment that does not exist.
    """
    from sfsetup.spec.environments import for_environment
    from sfsetup.spec.reader import check_integration

    integration = check_integration(path)
    findings = list(integration.findings)
    checked = [Checked("spec", str(integration.path))]
    if integration.document is not None:
        operations = len(integration.document.operations)
        details = {"version": integration.document.version, "operations": operations}
        checked.append(Checked("document", integration.document.name, details))
    spec = integration.spec
    if spec is not None and environment is not None:
        spec = for_environment(spec, environment)
    sets = list(_rendered(spec, integration, api_version, findings)) if spec is not None else []
    for of, components in sets:
        judged = _judge_rendered(of, components)
        findings += judged.findings
        checked.append(Checked("metadata", str(of.path), {"components": judged.components, "rendered": True}))
    if files is not None:
        version = sets[0][1].api_version if sets else api_version or NEWEST_TESTED
        if sets and among_others:
            own = {component.ref for component in sets[0][1]}
            files = [file for file in files if ComponentRef(file.type, file.full_name) in own]
        more = judge_against(sets[0], files, version) if sets else judge_files(files, version, complete=False)
        findings += more.findings
        checked.append(Checked("metadata", shown, {"components": more.components, "rendered": False}))
    return Validation(numbered(in_order(_once(findings))), tuple(checked))


def judge_files(files: Iterable[SourceFile], api_version: str | None, *, complete: bool = False) -> Judged:
    """Judges metadata files by themselves."""
    from sfsetup.rules.metadata_check import check_metadata

    return check_metadata(files, api_version=api_version, complete=complete)


def judge_against(
    expected: tuple[IntegrationSpec, ComponentSet], files: Sequence[SourceFile], api_version: str
) -> Judged:
    """Judges metadata files that are meant to be what the spec renders: rules first, then what differs besides."""
    from sfsetup.planning.differences import differences

    judged = judge_files(files, api_version, complete=True)
    more = differences(expected[0], expected[1], files, judged)
    return replace(judged, findings=(*judged.findings, *more))


def _rendered(
    spec: IntegrationSpec, integration: Integration, api_version: str | None, findings: list[Finding]
) -> Iterable[tuple[IntegrationSpec, ComponentSet]]:
    """What the spec renders; nothing while it has errors. Without a URL at the top level, each environment."""
    from sfsetup.render.components import render
    from sfsetup.spec.environments import for_environment

    document: OpenApiDocument | None = integration.document
    if document is None or any(finding.severity.at_least(Severity.HIGH) for finding in findings):
        return
    variants = [spec]
    if spec.environment is None and not spec.named_credential.url:
        variants = [for_environment(spec, name) for name in spec.environments]
    for one in variants:
        try:
            yield one, render(one, document, api_version=api_version)
        except InvalidInput as error:
            findings.append(
                Finding(
                    rule="SP-038",
                    severity=Severity.HIGH,
                    message=f"The metadata cannot be rendered: {error.message}",
                    fix=" ".join(error.actions) or "Change the text at this place.",
                    file=error.file or str(one.path),
                    line=error.line,
                    pointer=error.pointer,
                )
            )


def _judge_rendered(spec: IntegrationSpec, components: ComponentSet) -> Judged:
    """Findings about rendered components, placed where the spec describes the component."""
    from sfsetup.metadata.layout import read_entries, source_tree

    judged = judge_files(read_entries(source_tree(components)), components.api_version, complete=True)
    placed = []
    for finding in judged.findings:
        component = finding.component and components.get(finding.component.type, finding.component.full_name)
        pointer = component.spec_pointer if component else None
        line = spec.line(pointer) if pointer else 1
        placed.append(replace(finding, file=str(spec.path), line=line, pointer=pointer))
    told = _told_by_spec(spec)
    return replace(judged, findings=tuple(one for one in placed if one.rule not in told))


def _told_by_spec(spec: IntegrationSpec) -> frozenset[str]:
    """Rules over metadata whose matter the checks of the spec have told already, with a better place."""
    # SP-020 is MD-023, SP-021 is MD-022, SP-028 is MD-012
    return frozenset({"MD-012", "MD-022", "MD-023"}) if spec.source is not None else frozenset()


def _once(findings: Iterable[Finding]) -> list[Finding]:
    seen: dict[tuple[Any, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.component, finding.element, finding.file, finding.line, finding.message)
        seen.setdefault(key, finding)
    return list(seen.values())
