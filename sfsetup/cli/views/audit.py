"""`audit` for people: first what could not be read, then findings by component, the worst first, then what to do."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sfsetup.cli.views.audit_chains import chain_lines
from sfsetup.cli.views.findings import counts_line, findings_text, place, plain
from sfsetup.model.finding import Finding, Severity, in_order
from sfsetup.rules.chains import Chain
from sfsetup.rules.model import Profile, Rule
from sfsetup.rules.report import AuditReport
from sfsetup.rules.suppressions import Comparison

Describe = Callable[[str], Rule | None]

_BOLD, _DIM, _WARN, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"
_SAME_REASON = 4
"""Components named for one reason; more are counted."""


class _Page:
    """Blocks of lines for a width, with or without colour."""

    def __init__(self, *, width: int, colour: bool) -> None:
        self.width = width
        self.colour = colour
        self.blocks: list[str] = []

    def add(self, *lines: str) -> None:
        self.blocks.append("\n".join(lines))

    def styled(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self.colour else text

    def wrapped(self, text: str, indent: int = 0, first: str = "") -> list[str]:
        """Lines of a paragraph; the first begins with `first`, the others are indented."""
        body = max(30, self.width - indent)
        lines = textwrap.wrap(text, body, break_on_hyphens=False) or [""]
        return [f"{first:<{indent}}{lines[0]}", *(" " * indent + line for line in lines[1:])]


def audit_text(
    report: AuditReport,
    describe: Describe,
    *,
    width: int = 100,
    colour: bool = False,
    show_all: bool = False,
    comparison: Comparison | None = None,
    settings_file: str | None = None,
    chains: Sequence[Chain] = (),
) -> str:
    """The report. Information is counted by rule unless `show_all`."""
    page = _Page(width=width, colour=colour)
    _head(page, report, settings_file)
    if chains:
        title = page.styled("Callouts of flows, link by link", _BOLD)
        page.add(title, *chain_lines(chains, width=width, colour=colour, show_all=show_all))
    shown = [f for f in report.findings if show_all or f.severity is not Severity.INFO]
    if shown:
        page.add(findings_text(shown, colour=colour, width=width, fixes=False))
    _information(page, [] if show_all else report.findings, describe)
    _fixes(page, shown, describe)
    _undecided(page, report, show_all=show_all)
    _compared(page, comparison)
    _foot(page, report)
    return "\n\n".join(page.blocks)


def _head(page: _Page, report: AuditReport, settings_file: str | None) -> None:
    scope = report.scope
    lines = [page.styled(f"Audit of {plain(scope.source)}", _BOLD)]
    total = sum(scope.types.values())
    named = ", ".join(
        f"{number} {name}" for name, number in sorted(scope.types.items(), key=lambda item: (-item[1], item))
    )
    noun = "component" if total == 1 else "components"
    read = f"{total} {noun} read: {named}" if total else "No component that a rule is about was read."
    lines.extend(page.wrapped(read, 2, "  "))
    none = f", {len(report.not_applicable)} of them with nothing to judge here" if report.not_applicable else ""
    by = f"{len(report.rules)} rules, profile {scope.profile}{none}"
    lines.append("  " + by + (f", configured in {plain(settings_file)}" if settings_file else ""))
    for right in scope.missing_rights:
        text = f"Right that is lacking: {plain(right)}. What it would show is unknown, not clean."
        lines.extend(page.styled(line, _WARN) for line in page.wrapped(text, 2, "! "))
    for entry in report.not_judged:
        where = f"{plain(entry.what)}:{entry.line}" if entry.line else plain(entry.what)
        text = f"Not judged: {where}: {plain(entry.reason)}"
        lines.extend(page.styled(line, _WARN) for line in page.wrapped(text, 2, "! "))
    page.add(*lines)


def _information(page: _Page, findings: Iterable[Finding], describe: Describe) -> None:
    counted = Counter(finding.rule for finding in findings if finding.severity is Severity.INFO)
    if counted:
        lines = ["For information (--all lists them)"]
        for rule_id, number in sorted(counted.items()):
            rule = describe(rule_id)
            lines.extend(page.wrapped(f"{rule.title if rule else ''} ({number})", 19, f"  {'info':<8} {rule_id}"))
        page.add(*lines)


def _fixes(page: _Page, findings: Sequence[Finding], describe: Describe) -> None:
    """What to do, once for each rule: the same advice at forty components would hide the forty components."""
    lines = [page.styled("What to do", _BOLD)]
    by_rule: dict[str, list[Finding]] = {}
    for finding in in_order(findings):
        by_rule.setdefault(finding.rule, []).append(finding)
    for rule_id, members in by_rule.items():
        rule = describe(rule_id)
        title = f"{rule.title} ({len(members)})" if rule else f"({len(members)})"
        lines.extend(page.wrapped(title, 11, f"  {rule_id}"))
        for fix in dict.fromkeys(plain(member.fix) for member in members if member.fix):
            lines.extend(page.wrapped(fix, 11))
    if by_rule:
        first = next(iter(by_rule))
        lines.append(page.styled(f"  `sfsetup audit --explain {first}` tells why, with an example and sources.", _DIM))
        page.add(*lines)


def _undecided(page: _Page, report: AuditReport, *, show_all: bool) -> None:
    if report.unknown:
        lines = [page.styled(f"Not decided ({len(report.unknown)}): the evidence is not there", _BOLD)]
        by_reason: dict[tuple[str, str], list[str]] = {}
        for verdict in report.unknown:
            of = by_reason.setdefault((verdict.rule, plain(verdict.reason)), [])
            if verdict.component:
                of.append(plain(str(verdict.component)))
        for (rule_id, reason), components in by_reason.items():
            shown = components if show_all else components[:_SAME_REASON]
            more = f" and {len(components) - len(shown)} more" if len(components) > len(shown) else ""
            named = f"{', '.join(shown)}{more}: " if shown else ""
            lines.extend(page.wrapped(f"{named}{reason}", 11, f"  {rule_id}"))
        page.add(*lines)
    if show_all and report.not_applicable:
        lines = [page.styled("Not applicable here", _BOLD)]
        for reason, rules in _by_value(report.not_applicable).items():
            lines.extend(page.wrapped(f"{', '.join(rules)}: {plain(reason)}", 2, "  "))
        page.add(*lines)


def _by_value(mapping: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in sorted(mapping.items()):
        found.setdefault(value, []).append(key)
    return found


def _compared(page: _Page, comparison: Comparison | None) -> None:
    if comparison is None:
        return
    head = f"Since the earlier report: {len(comparison.new)} new, {len(comparison.fixed)} fixed, "
    lines = [page.styled(f"{head}{len(comparison.still)} still there", _BOLD)]
    for finding in comparison.new:
        where = f" ({place(finding)})" if finding.file else ""
        lines.extend(page.wrapped(f"{plain(finding.message)}{where}", 13, f"  + {finding.rule}"))
    for row in comparison.fixed:
        lines.extend(page.wrapped(plain(_message(row)), 13, f"  - {plain(str(row.get('rule', '')))}"))
    page.add(*lines)


def _message(row: Mapping[str, Any]) -> str:
    """Message of a finding of an earlier report: a file from outside, whatever it holds."""
    message = row.get("message")
    return message if isinstance(message, str) else ""


def _foot(page: _Page, report: AuditReport) -> None:
    lines = [page.styled(_total(report), _BOLD)]
    by = Counter(entry.by for entry in report.suppressed)
    if by:
        parts = [
            f"{number} by the {name}" if name == "baseline" else f"{number} by suppressions"
            for name, number in by.items()
        ]
        lines.append(f"Accepted and not counted: {', '.join(parts)}")
    passed_over = getattr(report.scope, "passed_over", {})
    if passed_over:
        most = sorted(passed_over.items(), key=lambda item: (-item[1], item[0]))
        named = ", ".join(f"{name} {number}" for name, number in most[:5]) + (", …" if len(most) > 5 else "")
        files = sum(passed_over.values())
        lines.extend(page.wrapped(f"Files of types that no rule is about: {files} ({named})"))
    page.add(*lines)


def _total(report: AuditReport) -> str:
    text = counts_line(report.findings)
    if report.read_nothing:
        return f"{text[0].upper()}{text[1:]}, because nothing was read: this is not a clean result"
    if report.incomplete:
        return f"{text[0].upper()}{text[1:]}; part of the evidence could not be read"
    return text[0].upper() + text[1:]


def rule_text(rule: Rule, *, width: int = 100, colour: bool = False) -> str:
    """One rule: what it finds, why it matters, how to repair it, an example, where the knowledge is from."""
    page = _Page(width=width, colour=colour)
    kinds = ", ".join(rule.applies_to) or "specs and documents"
    page.add(
        page.styled(f"{rule.id}  {rule.title}", _BOLD),
        f"  {rule.severity.value}, confidence {rule.confidence.value}, {rule.certainty.value}; about {kinds}",
        f"  profiles: {', '.join(profile.value for profile in Profile if profile in rule.profiles)}",
    )
    parts = (("What", rule.what), ("Why", rule.why), ("Fix", rule.fix), ("Not meant", rule.exceptions))
    for name, text in parts:
        if text:
            page.add(page.styled(name, _BOLD), *page.wrapped(text, 2, "  "))
    page.add(page.styled("Example", _BOLD), *(f"  {line}" for line in rule.example.splitlines()))
    page.add(
        page.styled("Sources", _BOLD), *(line for source in rule.sources for line in page.wrapped(source, 4, "  -"))
    )
    return "\n\n".join(page.blocks)


def rules_text(rules: Iterable[Rule], *, width: int = 100, colour: bool = False) -> str:
    """All rules, a line each: id, severity, the strongest profile that leaves it out, title."""
    page = _Page(width=width, colour=colour)
    lines = []
    for rule in rules:
        profile = "" if Profile.DEFAULT in rule.profiles else "strict"
        lines.extend(page.wrapped(rule.title, 27, f"{rule.id:<9}{rule.severity.value:<10}{profile}"))
    page.add(*lines)
    page.add(
        "`strict` marks rules that only --profile strict runs. `sfsetup audit --explain RULE` tells all about one."
    )
    return "\n\n".join(page.blocks)


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule for --json."""
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "confidence": rule.confidence.value,
        "certainty": rule.certainty.value,
        "category": rule.category.value,
        "profiles": [profile.value for profile in Profile if profile in rule.profiles],
        "appliesTo": list(rule.applies_to),
        "evidence": [evidence.value for evidence in rule.evidence],
        "what": rule.what,
        "why": rule.why,
        "fix": rule.fix,
        "exceptions": rule.exceptions,
        "example": rule.example,
        "sources": list(rule.sources),
        "version": rule.version,
    }
