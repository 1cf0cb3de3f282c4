"""`openapi check` for people: what each operation is good for, then what is wrong, rule by rule."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from sfsetup.cli.terminal import is_terminal, rendered, width
from sfsetup.cli.views.findings import counts_line, plain
from sfsetup.model.finding import Finding, Severity
from sfsetup.openapi.acceptance import RULES, Acceptance, OperationVerdict, Verdict

WORDS = {
    Verdict.FLOW: "Flow",
    Verdict.APEX_ONLY: "Apex only",
    Verdict.AFTER_FIT: "after fit",
    Verdict.UNUSABLE: "unusable",
}
_STYLES = {Verdict.FLOW: "green", Verdict.APEX_ONLY: "cyan", Verdict.AFTER_FIT: "yellow", Verdict.UNUSABLE: "red"}
_SEVERITY_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_MANY = 40
"""Operations above which those without a problem are only counted."""
_PLACES = 3
"""Places shown for each rule and message of a kind."""


def check_text(acceptance: Acceptance, *, show_all: bool = False) -> str:
    """The report; lines of the document are looked up for what is shown."""
    blocks = [_head(acceptance)]
    operations = acceptance.operations
    shown = operations if show_all or len(operations) <= _MANY else _with_problems(operations)
    if shown:
        blocks.append(_operations_table(shown))
    if len(shown) < len(operations):
        rest = len(operations) - len(shown)
        blocks.append(f"{rest} more operations are usable in Flow as they are (--all lists them).")
    rules = _rules_block(acceptance, None if show_all else _PLACES)
    if rules:
        blocks.append(rules)
    blocks.append(_foot(acceptance))
    return "\n\n".join(block.rstrip("\n") for block in blocks)


def _head(acceptance: Acceptance) -> str:
    document = acceptance.document
    version = f"OpenAPI {document.version}" if document.version else "not OpenAPI"
    return f"{plain(document.name)}: {version}, {document.syntax.upper()}, {acceptance.characters:,} characters"


def _with_problems(operations: Sequence[OperationVerdict]) -> list[OperationVerdict]:
    return [one for one in operations if one.verdict is not Verdict.FLOW]


def _operations_table(operations: Iterable[OperationVerdict]) -> str:
    rows = [(one.verdict, _label(one), f"{one.method.upper()} {one.path}", _why(one)) for one in operations]
    if is_terminal():
        return _rich_table(rows)
    label_width = min(44, max(len(label) for _, label, _, _ in rows))
    lines = []
    for verdict, label, path, why in rows:
        lines.append(f"{WORDS[verdict]:<9}  {label:<{label_width}}  {path}")
        if why:
            lines.append(f"{'':<9}  {why}")
    return "\n".join(lines)


def _label(one: OperationVerdict) -> str:
    return plain(one.operation_id or "(no operationId)")


def _why(one: OperationVerdict) -> str:
    return plain(one.why)


def _rich_table(rows: Iterable[tuple[Verdict, str, str, str]]) -> str:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    for title in ("usable in", "operation", "request"):
        table.add_column(title, overflow="fold")
    for verdict, label, path, why in rows:
        request = Text(plain(path))
        if why:
            request.append(f"\n{why}", style="dim")
        table.add_row(Text(WORDS[verdict], style=_STYLES[verdict]), Text(label), request)
    return rendered(table)


def _rules_block(acceptance: Acceptance, places: int | None) -> str:
    """Findings by severity and rule: the message of the first, its places, the fix once."""
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in acceptance.findings:
        groups.setdefault((finding.severity, finding.rule), []).append(finding)
    # one look at the text for all of them
    shown = {
        one.fingerprint: one
        for one in acceptance.with_lines(one for found in groups.values() for one in found[:places])
    }
    lines: list[str] = []
    for (severity, rule), found in groups.items():
        placed = [shown[one.fingerprint] for one in found[:places]]
        lines.extend(_group(acceptance, severity, rule, placed, len(found)))
    return "\n".join(lines)


def _group(acceptance: Acceptance, severity: Severity, rule: str, shown: Sequence[Finding], total: int) -> list[str]:
    row = RULES[rule]
    certainty = shown[0].certainty.value
    count = f" ×{total}" if total > 1 else ""
    head = f"{severity.value:<8}  {rule}  {row.title}{count} ({certainty})"
    lines = [_coloured(head, severity)]
    room = max(60, width() - 12)
    for finding in shown:
        where = f"line {finding.line}: " if finding.line else ""
        if finding.file != acceptance.document.name and finding.file:
            where = f"{plain(finding.file)}:{finding.line or '?'}: "
        pointer = f"  [{plain(finding.pointer)}]" if finding.pointer else ""
        lines.extend(_wrapped(f"{where}{plain(finding.message)}{pointer}", room))
    if total > len(shown):
        lines.append(f"{'':<10}… and {total - len(shown)} more")
    if severity is not Severity.INFO:
        lines.extend(_wrapped(f"Fix: {shown[0].fix}", room))
    return lines


def _wrapped(text: str, room: int) -> list[str]:
    parts = textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False)
    return [f"{'':<10}{part}" for part in parts]


def _coloured(text: str, severity: Severity) -> str:
    if not is_terminal():
        return text
    from rich.text import Text

    return rendered(Text(text, style=_SEVERITY_STYLES[severity.value])).rstrip("\n")


def _foot(acceptance: Acceptance) -> str:
    numbers = dict.fromkeys(Verdict, 0)
    for one in acceptance.operations:
        numbers[one.verdict] += 1
    total = len(acceptance.operations)
    parts = [f"{numbers[verdict]} {WORDS[verdict]}" for verdict in Verdict if numbers[verdict]]
    noun = "operation" if total == 1 else "operations"
    lines = [f"{total} {noun}: {', '.join(parts)}; {counts_line(acceptance.findings)}" if total else
             f"no operation; {counts_line(acceptance.findings)}"]  # fmt: skip
    used = [one for one in acceptance.limits if one.count and one.count * 10 >= one.maximum]
    lines.extend(f"{limit.count:,} of {limit.maximum:,} {limit.name} that Salesforce allows" for limit in used)
    if numbers[Verdict.AFTER_FIT]:
        lines.append(f"Repair with: sfsetup openapi fit {plain(acceptance.document.name)} -f fitted.json")
    return "\n".join(lines)


def markdown_text(acceptance: Acceptance) -> str:
    """Verdicts as a table, then the findings."""
    from sfsetup.cli.views.markdown import escaped, to_markdown

    rows = ["| operation | request | usable in | why |", "|---|---|---|---|"]
    for one in acceptance.operations:
        request = escaped(f"{one.method.upper()} {one.path}")
        rows.append(f"| {escaped(_label(one))} | {request} | {WORDS[one.verdict]} | {escaped(one.why)} |")
    title = f"External Services: {acceptance.document.name}"
    text = to_markdown(acceptance.with_lines(), title=title)
    return text + "\n" + "\n".join(rows) + "\n" if acceptance.operations else text
