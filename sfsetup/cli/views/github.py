"""Findings as GitHub workflow commands: annotations on the lines of a pull request.

GitHub shows ten annotations of a kind per step and drops the rest without a word, so the worst come first and the last
line tells how many were left out. Text from outside is escaped as the runner's own toolkit does it.
Source: actions/toolkit command.ts (escaping); github.com/orgs/community/discussions/68471 (numbers).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sfsetup.cli.views.findings import plain, subject
from sfsetup.model.finding import Finding, Severity, in_order

SHOWN_PER_KIND = 10

_KINDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "warning",
    Severity.INFO: "notice",
}


def to_github(findings: Iterable[Finding], *, notes: Sequence[str] = ()) -> str:
    """Workflow commands, one a line, worst first, at most ten of a kind; `notes` share the last line."""
    lines = []
    seen: Counter[str] = Counter()
    # notices are kept free for the line that counts the rest and the one with the notes
    most = {"error": SHOWN_PER_KIND, "warning": SHOWN_PER_KIND, "notice": SHOWN_PER_KIND - 2}
    for finding in in_order(findings):
        kind = _KINDS[finding.severity]
        seen[kind] += 1
        if seen[kind] <= most[kind]:
            lines.append(_annotation(kind, finding))
    left_out = sum(max(0, count - most[kind]) for kind, count in seen.items())
    if left_out:
        noun = "finding is" if left_out == 1 else "findings are"
        lines.append(f"::notice title=sfsetup::{left_out} more {noun} in the full report")
    if notes:
        lines.append(f"::notice title=sfsetup::{_data('; '.join(notes))}")
    return "\n".join(lines)


def _annotation(kind: str, finding: Finding) -> str:
    properties = {"file": finding.file, "line": finding.line, "title": f"{finding.rule} {subject(finding)}"}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    message = f"{finding.message} {finding.fix}".strip()
    return f"::{kind} {written}::{_data(message)}"


def _data(text: str) -> str:
    # `plain` leaves no CR or LF; `%` must still be escaped so that the runner does not decode it
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
