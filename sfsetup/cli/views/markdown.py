"""Findings as Markdown for a pull request comment or a job summary."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from sfsetup.cli.views.findings import counts_line, place, plain, subject
from sfsetup.model.finding import Finding, Severity, in_order

MAX_CHARACTERS = 65_000
"""GitHub refuses a comment above 65,536 characters; the rest is for the line that says so."""

_MARKUP = re.compile(r"([\\`*_{}\[\]|~#])")


def escaped(text: str) -> str:
    """Text that Markdown and the HTML in it show as it is; mentions ping nobody and tables keep their cells."""
    safe = html.escape(plain(text), quote=False)
    safe = _MARKUP.sub(r"\\\1", safe)
    return safe.replace("@", "&commat;").replace("://", ":&sol;&sol;")


def to_markdown(
    findings: Iterable[Finding],
    *,
    title: str = "sfsetup",
    notes: Sequence[str] = (),
    chains: Sequence[str] = (),
    limit: int = MAX_CHARACTERS,
) -> str:
    """A heading, counts, and one folded table per severity; cut at `limit` characters with a line that says so."""
    ordered = in_order(findings)
    parts = [f"## {escaped(title)}", "", f"**{counts_line(ordered)}**", ""]
    parts += [f"- {escaped(note)}" for note in notes]
    if chains:
        parts += ["", "Callouts of flows, link by link:", "", *(f"- {escaped(each)}" for each in chains)]
    text = "\n".join(parts) + "\n"
    for severity in Severity:
        rows = [finding for finding in ordered if finding.severity is severity]
        if rows:
            text, complete = _section(text, severity, rows, limit)
            if not complete:
                break
    return text


def _section(text: str, severity: Severity, rows: list[Finding], limit: int) -> tuple[str, bool]:
    opened = " open" if severity.at_least(Severity.HIGH) else ""
    head = (
        f"\n<details{opened}><summary>{severity.value} ({len(rows)})</summary>\n\n"
        "| rule | component | where | finding |\n|---|---|---|---|\n"
    )
    tail = "\n</details>\n"
    text += head
    for index, finding in enumerate(rows):
        line = _row(finding)
        if len(text) + len(line) + len(tail) + 80 > limit:
            return f"{text}{tail}\n_{len(rows) - index} more of this severity are left out, and all below it._\n", False
        text += line
    return text + tail, True


def _row(finding: Finding) -> str:
    message = escaped(finding.message)
    if finding.fix:
        message += f"<br>Fix: {escaped(finding.fix)}"
    return f"| {finding.rule} | {escaped(subject(finding))} | {escaped(place(finding))} | {message} |\n"
