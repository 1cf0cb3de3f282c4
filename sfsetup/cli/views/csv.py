"""Findings as CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from sfsetup.cli.views.findings import plain
from sfsetup.model.finding import Finding, in_order

COLUMNS = (
    "rule",
    "severity",
    "confidence",
    "certainty",
    "type",
    "fullName",
    "element",
    "file",
    "line",
    "message",
    "fix",
    "fingerprint",
)

# a cell that begins with one of these is a formula for Excel, Calc and Sheets, or becomes one after trimming
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(value: object) -> str:
    """A cell without control characters; one that a spreadsheet would compute gets a quote in front."""
    text = "" if value is None else plain(str(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def to_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Any table as CSV: comma, CRLF, UTF-8, quoted where needed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def to_csv(findings: Iterable[Finding]) -> str:
    """One row per finding, worst first."""
    return to_table(COLUMNS, (_row(finding) for finding in in_order(findings)))


def _row(finding: Finding) -> tuple[object, ...]:
    component = finding.component
    return (
        finding.rule,
        finding.severity.value,
        finding.confidence.value,
        finding.certainty.value,
        component.type if component else "",
        component.full_name if component else "",
        finding.element,
        finding.file,
        finding.line,
        finding.message,
        finding.fix,
        finding.fingerprint,
    )
