"""`sfsetup audit`: what is configured in an org or in files, what is wrong with it, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from sfsetup.cli.audit_input import Configuration
    from sfsetup.rules.chains import Chain
    from sfsetup.rules.context import AuditContext
    from sfsetup.rules.report import AuditReport
    from sfsetup.rules.suppressions import Comparison

_PROFILES = ("default", "strict", "bootstrap")


@click.command()
@click.argument("paths", metavar="[PATH]…", nargs=-1, type=click.Path(path_type=str))
@options.org_option
@options.api_version_option
@click.option("--profile", type=click.Choice(_PROFILES), help="Selection of rules; default by default.")
@click.option("--rule", "only", multiple=True, metavar="RULE", help="Run this rule alone; may be repeated.")
@click.option("--fail-on", type=click.Choice(options.SEVERITIES), help="Exit 3 from this severity on; high by default.")
@click.option("--baseline", metavar="FILE", help="Leave out what this baseline holds.")
@click.option("--write-baseline", metavar="FILE", help="Accept everything that is found now: write it to a baseline.")
@click.option("--compare", "earlier", metavar="FILE", help="Tell what is new and fixed since this --json report.")
@click.option("--config", "config", metavar="FILE", help="Configuration instead of sfsetup.toml or pyproject.toml.")
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="HOST", help="Host that callouts may go to; may be repeated."
)
@click.option("--spec", "specs", multiple=True, metavar="SPEC", help="Compare with this integration too (drift).")
@options.env_option
@click.option("--save-evidence", "evidence_dir", metavar="DIR", help="Keep what the org told, to audit it again.")
@click.option("--all", "show_all", is_flag=True, help="List information and rules that do not apply as well.")
@click.option("--explain", metavar="RULE", help="Tell what a rule finds, why, and how to repair it.")
@click.option("--list-rules", is_flag=True, help="List all rules.")
@options.output_file_option
@options.reporting("sarif", "junit", "github", "markdown", "csv", "html")
def command(paths: tuple[str, ...], explain: str | None, list_rules: bool, **given: Any) -> Outcome:
    """Find what is wrong in an org or in metadata files.

    PATH is a source tree, a folder or archive of the Metadata API, or one file; -o names an org. Nothing is changed.
    Exit code 3 when something is found at or above --fail-on, 5 when part of the evidence could not be read.
    """
    if explain or list_rules:
        from sfsetup.cli import audit_rules

        return audit_rules.explained(explain) if explain else audit_rules.listed()
    from sfsetup.text.xml import no_collector

    with no_collector():
        return _audit(paths, **given)


def _audit(
    paths: tuple[str, ...],
    *,
    org: str | None,
    api_version: str | None,
    profile: str | None,
    only: tuple[str, ...],
    fail_on: str | None,
    baseline: str | None,
    write_baseline: str | None,
    earlier: str | None,
    config: str | None,
    hosts: tuple[str, ...],
    specs: tuple[str, ...],
    environment: str | None,
    evidence_dir: str | None,
    show_all: bool,
    output_file: str | None,
) -> Outcome:
    from sfsetup.cli import audit_input
    from sfsetup.cli.audit_context import read_context
    from sfsetup.rules.chains import chains
    from sfsetup.rules.engine import audit, select

    if paths and org:
        raise UsageError("PATH and -o do not go together.", actions=["Audit files and the org one after the other."])
    if evidence_dir is not None and paths:
        raise UsageError("--save-evidence is for an org (-o): files are kept already.")
    found = audit_input.configuration(config)
    found = replace(found, settings=_with_options(found.settings, profile, fail_on, hosts))
    rules = select(found.settings, only=[name.strip().upper() for name in only])
    known = audit_input.baseline_in(baseline) if baseline else None
    before = audit_input.report_in(earlier) if earlier else None
    context, source = read_context(
        paths, org, found, api_version=api_version, specs=specs, environment=environment, save_to=evidence_dir
    )
    report = audit(context, source=source, rules=rules, settings_file=found.file, baseline=known)
    if write_baseline is not None:
        _write_baseline(write_baseline, report, context)
        report = audit(
            context,
            source=source,
            rules=rules,
            settings_file=found.file,
            baseline=audit_input.baseline_in(write_baseline),
        )
    if not paths:
        report = _of_org(report)
    hints = _hints(paths) if report.read_nothing else ()
    links = chains(context, report.findings)
    return _outcome(report, found, _comparison(report, before, earlier), hints, links, show_all=show_all)


def _with_options(settings: Any, profile: str | None, fail_on: str | None, hosts: Sequence[str]) -> Any:
    from sfsetup.rules.model import Profile

    return replace(
        settings,
        profile=Profile(profile) if profile else settings.profile,
        fail_on=fail_on or settings.fail_on,
        allowed_hosts=(*settings.allowed_hosts, *hosts),
    )


def _of_org(report: AuditReport) -> AuditReport:
    """The report without places in files: those of a retrieve are nowhere on disk."""
    suppressed = (replace(one, finding=replace(one.finding, file=None, line=None)) for one in report.suppressed)
    findings = (replace(one, file=None, line=None) if one.component is not None else one for one in report.findings)
    return replace(report, findings=tuple(findings), suppressed=tuple(suppressed))


def _write_baseline(path: str, report: AuditReport, context: AuditContext) -> None:
    import json
    from pathlib import Path

    from sfsetup.rules.engine import version_of
    from sfsetup.rules.suppressions import baseline_of

    accepted = [entry.finding for entry in report.suppressed if entry.by == "baseline"]
    made = baseline_of((*report.findings, *accepted), date=context.today.isoformat(), version_of=version_of)
    try:
        Path(path).write_text(json.dumps(made.as_json(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}") from error


def _comparison(report: AuditReport, before: Any, path: str | None) -> Comparison | None:
    from sfsetup.errors import InvalidInput
    from sfsetup.rules.suppressions import compare

    if before is None:
        return None
    try:
        return compare(report.findings, before)
    except ValueError as error:
        raise InvalidInput(str(error), file=path) from error


def _hints(paths: Sequence[str]) -> tuple[str, ...]:
    """What was probably meant by paths without any metadata."""
    import os

    for path in paths:
        if os.path.isfile(os.path.join(path, "integration.yaml")) or os.path.basename(path) == "integration.yaml":
            return (f"{path} is an integration: 'sfsetup validate {path}' judges it.",)
    return ("Give a source tree, a folder or archive of the Metadata API, or an org (-o).",)


def _outcome(
    report: AuditReport,
    found: Configuration,
    comparison: Comparison | None,
    hints: Sequence[str],
    links: Sequence[Chain],
    *,
    show_all: bool,
) -> Outcome:
    from sfsetup.cli import audit_report
    from sfsetup.model.finding import worst_at_least

    threshold = options.threshold(found.settings.fail_on)
    failed = threshold is not None and worst_at_least(report.findings, threshold)
    code, message = ExitCode.DONE, None
    if failed:
        code, message = ExitCode.FINDINGS, f"Found something at or above {found.settings.fail_on}."
    elif report.incomplete or report.read_nothing:
        code, message = ExitCode.INCOMPLETE, "Part of the evidence could not be read."
    result = {
        **report.as_json(),
        "chains": [chain.as_json() for chain in links],
        "configuration": found.file,
        "failOn": found.settings.fail_on,
    }
    if comparison is not None:
        result["comparison"] = comparison.as_json()
    return Outcome(
        result=result,
        human=lambda: audit_report.human(report, found, comparison, links, show_all=show_all),
        formats=audit_report.formats(report, links),
        exit_code=code,
        message=message,
        name=None if message is None else "AuditFindings" if failed else "IncompleteEvidence",
        actions=(*hints, *audit_report.ways_out(report)) if code is ExitCode.INCOMPLETE else hints if failed else (),
    )
