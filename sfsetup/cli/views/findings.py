"""Findings as text for people: grouped by component, the worst first. Used by every command that has findings."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from sfsetup.model.finding import Finding, Severity, counts, in_order

# every control character and every escape sequence: names and labels come from orgs and documents
_UNPRINTABLE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x1f\x7f-\x9f\u2028\u2029]"
    # bidirectional overrides make text read otherwise than it is written
    r"|[\u202a-\u202e\u2066-\u2069]"
    # half a character: no encoder takes it
    r"|[\ud800-\udfff]"
)

_COLOURS = {
    Severity.CRITICAL: "\x1b[1;31m",
    Severity.HIGH: "\x1b[31m",
    Severity.MEDIUM: "\x1b[33m",
    Severity.LOW: "\x1b[36m",
    Severity.INFO: "\x1b[2m",
}
_RESET, _BOLD = "\x1b[0m", "\x1b[1m"


def plain(text: str) -> str:
    """One line of printable text: escape sequences dropped, other control characters shown as spaces."""
    return _UNPRINTABLE.sub(lambda match: "" if match.group().startswith("\x1b") else " ", text)


def place(finding: Finding) -> str:
    """`file:line`, as much of it as is known."""
    if not finding.file:
        return ""
    return plain(f"{finding.file}:{finding.line}" if finding.line else finding.file)


def subject(finding: Finding) -> str:
    """What the finding is about: its component, else its file."""
    if finding.component is not None:
        return plain(str(finding.component))
    return plain(finding.file or "")


def said(finding: Finding) -> str:
    """The message without the component at its head, which the group's heading names already."""
    message = plain(finding.message)
    return message.removeprefix(f"{subject(finding)} ") if finding.component is not None else message


def findings_text(findings: Iterable[Finding], *, colour: bool = False, width: int = 110, fixes: bool = True) -> str:
    """Findings grouped by component and file, groups and findings worst first; empty text for none."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in in_order(findings):
        groups.setdefault((subject(finding), plain(finding.file or "")), []).append(finding)
    blocks = [
        _block(name, file, members, colour=colour, width=width, fixes=fixes) for (name, file), members in groups.items()
    ]
    return "\n\n".join(blocks)


def counts_line(findings: Sequence[Finding]) -> str:
    """`3 findings: 1 high, 2 low`, or `no findings`."""
    if not findings:
        return "no findings"
    by_severity = ", ".join(f"{number} {name}" for name, number in counts(findings).items() if number)
    noun = "finding" if len(findings) == 1 else "findings"
    return f"{len(findings)} {noun}: {by_severity}"


def _block(name: str, file: str, members: list[Finding], *, colour: bool, width: int, fixes: bool) -> str:
    lines = [f"{_BOLD}{name}{_RESET}" if colour and name else name]
    if file not in ("", name):
        if len(name) + len(file) + 4 <= width:
            lines[0] += f"  ({file})"
        else:
            lines.append(f"  {_COLOURS[Severity.INFO]}{file}{_RESET}" if colour else f"  {file}")
    for member in members:
        lines.extend(_lines(member, colour=colour, width=width, fixes=fixes))
    return "\n".join(lines)


def _lines(finding: Finding, *, colour: bool, width: int, fixes: bool) -> list[str]:
    severity = f"{finding.severity.value:<8}"
    if colour:
        severity = f"{_COLOURS[finding.severity]}{severity}{_RESET}"
    where = f"line {finding.line}: " if finding.file and finding.line else ""
    body = max(20, width - 20)
    first, *rest = textwrap.wrap(f"{where}{said(finding)}", body, break_on_hyphens=False) or [""]
    indent = " " * 19
    lines = [f"  {severity} {finding.rule:<7} {first}", *(indent + line for line in rest)]
    if fixes and finding.fix:
        lines.extend(
            indent + line for line in textwrap.wrap(f"Fix: {plain(finding.fix)}", body, break_on_hyphens=False)
        )
    return lines
