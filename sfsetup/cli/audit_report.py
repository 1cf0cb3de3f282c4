"""The report of an audit in each of its formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from sfsetup.cli.views.findings import plain

if TYPE_CHECKING:
    from sfsetup.cli.audit_input import Configuration
    from sfsetup.rules.chains import Chain
    from sfsetup.rules.model import Rule
    from sfsetup.rules.report import AuditReport
    from sfsetup.rules.suppressions import Comparison


def human(
    report: AuditReport,
    found: Configuration,
    comparison: Comparison | None,
    chains: Sequence[Chain],
    *,
    show_all: bool,
) -> str:
    """The report for people."""
    from sfsetup.cli.terminal import is_terminal, width
    from sfsetup.cli.views.audit import audit_text
    from sfsetup.rules.catalogue import describe

    return audit_text(
        report,
        describe,
        width=width(),
        colour=is_terminal(),
        show_all=show_all,
        comparison=comparison,
        settings_file=found.file,
        chains=chains,
    )


def formats(report: AuditReport, chains: Sequence[Chain]) -> Mapping[str, Callable[[], str]]:
    """Every other format; each is made when asked for."""
    return {
        "sarif": lambda: _sarif(report),
        "junit": lambda: _junit(report),
        "github": lambda: _github(report, chains),
        "markdown": lambda: _markdown(report, chains),
        "csv": lambda: _csv(report),
        "html": lambda: _html(report, chains),
    }


_NAMED = 8
"""Files that a note for people names one by one; more are counted."""


def notes(report: AuditReport, *, named: int = _NAMED) -> list[str]:
    """What a reader has to know besides the findings: what was not read, and what was accepted."""
    scope = report.scope
    told = [f"{sum(scope.types.values())} components read; {len(report.rules)} rules, profile {scope.profile}"]
    if report.read_nothing:
        told.append("Nothing was read: this is not a clean result")
    told += [f"Right that is lacking: {right}" for right in scope.missing_rights]
    for entry in report.not_judged[:named]:
        told.append(f"Not judged: {entry.what}{f':{entry.line}' if entry.line else ''}: {entry.reason}")
    if len(report.not_judged) > named:
        told.append(f"Not judged: {len(report.not_judged) - named} more files and rules")
    if report.unknown:
        rules = ", ".join(sorted({verdict.rule for verdict in report.unknown}))
        number = len(report.unknown)
        verdicts = "1 verdict is" if number == 1 else f"{number} verdicts are"
        told.append(f"{verdicts} unknown because evidence is lacking: {rules}")
        told += [f"Not among these files: {named}" for named in _missing(report)]
    if report.suppressed:
        told.append(f"{len(report.suppressed)} findings are accepted by suppressions or a baseline")
    return told


def ways_out(report: AuditReport) -> tuple[str, ...]:
    """What somebody can do whose audit ends without all evidence: what is missing, and how to give it."""
    told = []
    if missing := _missing(report):
        told.append(f"Not among these files: {'; '.join(missing)}.")
        told.append("Name the folder that holds them as one more PATH, or audit the org they are deployed to (-o ORG).")
        rules = sorted({verdict.rule for verdict in report.unknown if verdict.missing is not None})
        told.append(
            "Where they are never at hand, as in a folder that is one of several packages, leave these rules to the "
            f"audit of the org: disable = [{', '.join(map(_quoted, rules))}] below [audit] in sfsetup.toml."
        )
    files = [entry.what for entry in report.not_judged if entry.what not in report.rules]
    if files:
        names = ", ".join(_quoted(plain(name)) for name in files[:_WAYS]) + (", …" if len(files) > _WAYS else "")
        told.append(
            "Repair the files that are not judged, or leave them out: "
            f"ignore_paths = [{names}] below [audit] in sfsetup.toml."
        )
    return tuple(told)


_WAYS = 4
"""Names that a sentence to the user holds; the report has all."""


def _missing(report: AuditReport) -> list[str]:
    """`ExternalCredential Stripe, Twilio (NC-018, PS-009)` for each type; nothing for an org, which has all or none."""
    if report.scope.kind == "org":
        return []
    named: dict[str, dict[str, None]] = {}
    rules: dict[str, set[str]] = {}
    for verdict in report.unknown:
        if verdict.missing is not None:
            kind = verdict.missing.type
            named.setdefault(kind, {})[plain(verdict.missing.full_name)] = None
            rules.setdefault(kind, set()).add(verdict.rule)
    return [_some(kind, list(names), sorted(rules[kind])) for kind, names in sorted(named.items())]


def _some(kind: str, names: list[str], rules: list[str]) -> str:
    given = sorted(name for name in names if name != "*")
    more = f" and {len(given) - _WAYS} more" if len(given) > _WAYS else ""
    shown = f"{kind} {', '.join(given[:_WAYS])}{more}" if given else f"any {kind}"
    return f"{shown} ({', '.join(rules)})"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _rules(report: AuditReport) -> list[Rule]:
    from sfsetup.rules.catalogue import describe

    named = dict.fromkeys([*report.rules, *(finding.rule for finding in report.findings)])
    return [rule for rule in map(describe, named) if rule is not None]


def _sarif(report: AuditReport) -> str:
    from sfsetup.cli.views.sarif import to_sarif

    return to_sarif(
        report.findings,
        _rules(report),
        suppressed=report.suppressed,
        incomplete=report.incomplete or report.read_nothing,
        notes=notes(report, named=1000)[1:],
    )


def _junit(report: AuditReport) -> str:
    import datetime

    from sfsetup.cli.views.junit import to_junit

    now = datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    applicable = [rule for rule in _rules(report) if rule.id not in report.not_applicable and rule.check is not None]
    return to_junit(
        report.findings,
        applicable,
        unknown=report.unknown,
        suppressed=report.suppressed,
        not_judged=report.not_judged,
        name=f"sfsetup audit {report.scope.source}",
        timestamp=now,
    )


def _github(report: AuditReport, chains: Sequence[Chain]) -> str:
    import os

    from sfsetup.cli.views.github import to_github
    from sfsetup.errors import UsageError

    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with open(summary, "a", encoding="utf-8") as stream:
                stream.write(_markdown(report, chains) + "\n")
        except OSError as error:
            raise UsageError(f"Cannot write the step summary {summary}: {error.strerror}") from error
    return to_github(report.findings, notes=notes(report)[1:])


def _markdown(report: AuditReport, chains: Sequence[Chain]) -> str:
    from sfsetup.cli.views.audit_chains import chain_texts
    from sfsetup.cli.views.markdown import to_markdown

    title = f"Audit of {plain(report.scope.source)}"
    return to_markdown(report.findings, title=title, notes=notes(report), chains=chain_texts(chains))


def _csv(report: AuditReport) -> str:
    from sfsetup.cli.views.csv import to_csv

    return to_csv(report.findings)


def _html(report: AuditReport, chains: Sequence[Chain]) -> str:
    from sfsetup.cli.views.audit_chains import chain_texts
    from sfsetup.cli.views.html import to_html

    title = f"Audit of {plain(report.scope.source)}"
    return to_html(
        report.findings, _rules(report), title=title, notes=notes(report), chains=chain_texts(chains, most=None)
    )
