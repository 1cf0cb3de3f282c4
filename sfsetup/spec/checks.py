"""Every check of a spec beyond its structure: the top level, and each environment with its values merged in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.model.finding import Finding
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.reporting import Report

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument


def check_all(spec: IntegrationSpec, document: OpenApiDocument | None) -> list[Finding]:
    """Findings about the top level and every environment; what an environment inherits is told once.

    Without a document (it could not be read) everything that does not need one is checked all the same.
    """
    from sfsetup.spec.check_endpoint import check_environments
    from sfsetup.spec.check_texts import check_texts

    report = Report(spec)
    check_texts(report)
    check_environments(report)
    found = {_identity(finding): finding for finding in report.findings}
    judged: list[tuple[object, ...]] = []
    for one in _variants(spec):
        # most environments leave alone what the document is judged by, which costs most
        matter = (one.operations, one.service, one.flow and (one.flow.operation, one.flow.service), one.verify)
        for finding in _check(one, document if matter not in judged else None):
            found.setdefault(_identity(finding), finding)
        judged.append(matter)
    return list(found.values())


def without_repeats(findings: list[Finding]) -> list[Finding]:
    """Without what a secret in the file is told by in general, where a finding at its place tells what to write."""
    from sfsetup.spec.check_texts import IN_GENERAL

    told = [one for one in findings if one.rule == "SP-007" and one.message != IN_GENERAL]
    return [
        one
        for one in findings
        if one.rule != "SP-007"
        or one.message != IN_GENERAL
        or not any(_is_within(one.pointer, other.pointer) or _is_within(other.pointer, one.pointer) for other in told)
    ]


def _is_within(inner: str | None, outer: str | None) -> bool:
    return f"{inner}/".startswith(f"{outer}/")


def _variants(spec: IntegrationSpec) -> Iterator[IntegrationSpec]:
    from sfsetup.spec.environments import for_environment

    yield spec
    for name in spec.environments:
        yield for_environment(spec, name)


def _check(spec: IntegrationSpec, document: OpenApiDocument | None) -> list[Finding]:
    from sfsetup.spec.check_credentials import check_credentials
    from sfsetup.spec.check_endpoint import check_endpoint

    report = Report(spec)
    check_endpoint(report)
    check_credentials(report)
    if document is not None:
        from sfsetup.spec.check_operations import check_operations

        check_operations(report, document)
    return report.findings


def _identity(finding: Finding) -> tuple[str, str | None, str | None, str | None]:
    return finding.rule, finding.file, finding.pointer, finding.element
