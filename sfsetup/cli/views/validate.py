"""What `validate` found, as text and in the report formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from sfsetup.cli.views.findings import counts_line, findings_text, plain

if TYPE_CHECKING:
    from sfsetup.model.finding import Finding
    from sfsetup.planning.validation import Checked, Validation
    from sfsetup.rules.model import Rule


def validation_text(runs: Sequence[Validation]) -> str:
    """Findings grouped by file or component, then what was checked."""
    from sfsetup.cli.terminal import is_terminal, width

    blocks = []
    for run in runs:
        text = findings_text(run.findings, colour=is_terminal(), width=min(width(), 120))
        checked = "\n".join(f"checked {_checked(one)}" for one in run.checked)
        blocks.append("\n\n".join(part for part in (text, checked) if part))
    findings = [finding for run in runs for finding in run.findings]
    return "\n\n".join([*blocks, counts_line(findings)])


def _checked(one: Checked) -> str:
    details = one.details
    if one.kind == "document":
        noun = "operation" if details["operations"] == 1 else "operations"
        version = plain(str(details["version"]))
        return f"document  {plain(one.path)}: OpenAPI {version}, {details['operations']} {noun}"
    if one.kind == "metadata":
        noun = "component" if details["components"] == 1 else "components"
        how = "rendered from " if details.get("rendered") else ""
        return f"metadata  {details['components']} {noun} {how or 'in '}{plain(one.path)}"
    return f"spec      {plain(one.path)}"


def formats(findings: Sequence[Finding]) -> Mapping[str, Callable[[], str]]:
    """The report formats by name."""
    return {
        "sarif": lambda: _sarif(findings),
        "junit": lambda: _junit(findings),
        "github": lambda: _github(findings),
        "markdown": lambda: _markdown(findings),
        "csv": lambda: _csv(findings),
        "html": lambda: _html(findings),
    }


def rules_of(findings: Sequence[Finding]) -> list[Rule]:
    """The rules that the findings name, by id."""
    from sfsetup.rules.catalogue import describe

    found = (describe(rule) for rule in sorted({finding.rule for finding in findings}))
    return [rule for rule in found if rule is not None]


def _sarif(findings: Sequence[Finding]) -> str:
    from sfsetup.cli.views.sarif import to_sarif

    return to_sarif(findings, rules_of(findings))


def _junit(findings: Sequence[Finding]) -> str:
    from sfsetup.cli.views.junit import to_junit

    return to_junit(findings, rules_of(findings), name="sfsetup validate")


def _github(findings: Sequence[Finding]) -> str:
    from sfsetup.cli.views.github import to_github

    return to_github(findings)


def _markdown(findings: Sequence[Finding]) -> str:
    from sfsetup.cli.views.markdown import to_markdown

    return to_markdown(findings, title="sfsetup validate")


def _csv(findings: Sequence[Finding]) -> str:
    from sfsetup.cli.views.csv import to_csv

    return to_csv(findings)


def _html(findings: Sequence[Finding]) -> str:
    from sfsetup.cli.views.html import to_html

    return to_html(findings, rules_of(findings), title="sfsetup validate")
