"""`openapi check` for people: the answer, what each operation is good for, then what is wrong, rule by rule."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from sfsetup.cli.terminal import is_terminal, rendered, width
from sfsetup.cli.views.findings import counts_line, plain
from sfsetup.model.finding import Finding, Severity
from sfsetup.openapi.acceptance import RULES, Acceptance, OperationVerdict, Verdict, refusals

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
_MOST = 60
"""Operations that are listed at all unless everything is wanted."""
_PLACES = 3
"""Places shown for each rule and message of a kind."""
_MESSAGES = 3
"""Messages shown for each rule."""
_MARGIN = 10
_WIDE = 96
"""Columns from which operation and request stand side by side."""


def check_text(acceptance: Acceptance, *, show_all: bool = False) -> str:
    """The report; lines of the document are looked up for what is shown."""
    blocks = [_head(acceptance)]
    operations = acceptance.operations
    shown = list(operations) if show_all or len(operations) <= _MANY else _with_problems(operations)
    if not show_all:
        shown = shown[:_MOST]
    if shown:
        table = _operations_table(shown)
        if len(shown) < len(operations):
            table = table.rstrip("\n") + f"\n {_rest(shown, operations)}"
        blocks.append(table)
    blocks.extend(_findings_blocks(acceptance, show_all=show_all))
    blocks.append(_foot(acceptance))
    return "\n\n".join(block.strip("\n") for block in blocks)


def _head(acceptance: Acceptance) -> str:
    document = acceptance.document
    version = f"OpenAPI {plain(document.version)}" if document.version else "not OpenAPI"
    line = f"{plain(document.name)}: {version}, {document.syntax.upper()}, {acceptance.characters:,} characters"
    return f"{line}\n{_answer(acceptance)}"


def _answer(acceptance: Acceptance) -> str:
    """The question of the command, answered in a sentence."""
    refused = refusals(acceptance)
    total = len(acceptance.operations)
    repairable = sum(one.verdict is Verdict.AFTER_FIT for one in acceptance.operations)
    dead = sum(one.verdict is Verdict.UNUSABLE for one in acceptance.operations)
    if refused:
        rules = ", ".join(sorted({one.rule for one in refused}))
        text, style = f"Salesforce refuses it as it is ({rules}).", "red"
        if repairable:
            text += f" `openapi fit` makes {_of(total - dead, total)} usable."
    elif repairable:
        verb = "needs" if repairable == 1 else "need"
        text, style = f"Salesforce should take it, but {_of(repairable, total)} {verb} `openapi fit` to work.", "yellow"
    elif dead:
        text, style = f"Salesforce should take it, but {_of(dead, total)} cannot be used.", "yellow"
    elif not total:
        text, style = "It has no operation, so no action comes of it.", "yellow"
    else:
        text, style = "Salesforce should take it as it is.", "green"
    return _styled(text, style)


def _of(number: int, total: int) -> str:
    if number == total:
        return "its one operation" if total == 1 else f"all {total} operations"
    return f"{number} of {total} operations"


def _rest(shown: Sequence[OperationVerdict], operations: Sequence[OperationVerdict]) -> str:
    left = len(operations) - len(shown)
    flow = sum(one.verdict is Verdict.FLOW for one in operations) - sum(one.verdict is Verdict.FLOW for one in shown)
    what = "all usable in Flow" if flow == left else f"{flow} of them usable in Flow"
    return f"… and {left} more, {what} (--all lists them)"


def _with_problems(operations: Sequence[OperationVerdict]) -> list[OperationVerdict]:
    return [one for one in operations if one.verdict is not Verdict.FLOW]


def _operations_table(operations: Iterable[OperationVerdict]) -> str:
    rows = [(one, _label(one), f"{one.method.upper()} {plain(one.path)}") for one in operations]
    if is_terminal():
        return _rich_table(rows)
    label_width = min(44, max(len(label) for _, label, _ in rows))
    lines = []
    for one, label, request in rows:
        rules = f"  [{' '.join(one.blocking)}]" if one.blocking else ""
        lines.append(f"{WORDS[one.verdict]:<9}  {label:<{label_width}}  {request}{rules}")
        if _needs_words(one):
            lines.append(f"{'':<9}  {plain(one.why)}")
    return "\n".join(lines)


def _needs_words(one: OperationVerdict) -> bool:
    """What `fit` repairs is told below, rule by rule; the rest is decided here."""
    return bool(one.why) and one.verdict in (Verdict.UNUSABLE, Verdict.APEX_ONLY)


def _label(one: OperationVerdict) -> str:
    return plain(one.operation_id or "(no operationId)")


def _rich_table(rows: Sequence[tuple[OperationVerdict, str, str]]) -> str:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    wide = width() >= _WIDE
    because = max((len(" ".join(one.blocking[:3])) for one, _, _ in rows), default=0)
    labels = min(max(16, width() // 3), max(len(label) for _, label, _ in rows))
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    table.add_column("usable in", no_wrap=True)
    table.add_column("operation", overflow="fold", max_width=labels if wide else None)
    if wide:
        table.add_column("request", overflow="fold")
    if because:
        table.add_column("because of", overflow="fold", style="dim", max_width=max(because, 10))
    room = width() - 18 - (because + 3 if because else 0) - (labels + 2 if wide else 0)
    for one, label, request in rows:
        below = Text("\n".join(_folded(request, max(room, 24))), style="" if wide else "dim")
        if _needs_words(one):
            below.append(f"\n{plain(one.why)}", style="dim")
        cells = [Text(label), below] if wide else [Text.assemble(label, "\n", below)]
        rules = [Text(" ".join(one.blocking))] if because else []
        table.add_row(Text(WORDS[one.verdict], style=_STYLES[one.verdict]), *cells, *rules)
    return rendered(table)


def _folded(request: str, room: int) -> list[str]:
    """A request over several lines where it is longer than one, broken before slashes."""
    lines = [""]
    for part in re.split(r"(?=/)", request):
        if lines[-1] and len(lines[-1]) + len(part) > room:
            lines.append("  ")
        lines[-1] += part
    return lines


def _findings_blocks(acceptance: Acceptance, *, show_all: bool) -> list[str]:
    """Findings by severity and rule; what is only worth knowing takes a line each."""
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in acceptance.findings:
        groups.setdefault((finding.severity, finding.rule), []).append(finding)
    chosen = {key: _by_message(found, show_all) for key, found in groups.items()}
    wanted = [one for messages in chosen.values() for found in messages.values() for one in found]
    # one look at the text for all of them
    placed = {one.fingerprint: one for one in acceptance.with_lines(wanted)}
    blocks = []
    notes: list[str] = []
    for (severity, rule), messages in chosen.items():
        total = groups[severity, rule]
        if severity is Severity.INFO and not show_all:
            notes.extend(_note(rule, total))
            continue
        shown = {text: [placed[one.fingerprint] for one in found] for text, found in messages.items()}
        blocks.append("\n".join(_group(acceptance, severity, rule, shown, total)))
    if notes:
        blocks.append("\n".join(notes))
    return blocks


def _by_message(found: Sequence[Finding], show_all: bool) -> dict[str, list[Finding]]:
    """The findings that are shown, by message, in order."""
    by_message: dict[str, list[Finding]] = {}
    for one in found:
        by_message.setdefault(one.message, []).append(one)
    if show_all:
        return by_message
    return {text: same[:_PLACES] for text, same in list(by_message.items())[:_MESSAGES]}


def _group(
    acceptance: Acceptance, severity: Severity, rule: str, shown: dict[str, list[Finding]], total: Sequence[Finding]
) -> list[str]:
    row = RULES[rule]
    first = next(iter(shown.values()))[0]
    times = f", {len(total)} places" if len(total) > 1 else ""
    head = textwrap.wrap(f"{row.title} ({first.certainty.value}{times})", _room(8), break_on_hyphens=False)
    lines = [f"{_styled(f'{severity.value:<8}', _SEVERITY_STYLES[severity.value])}  {_styled(rule, 'bold')}  {head[0]}"]
    lines.extend(f"{'':<{_MARGIN + 8}}{part}" for part in head[1:])
    for text, found in shown.items():
        lines.extend(_wrapped(plain(text)))
        lines.extend(_place(acceptance, one) for one in found if one.pointer)
        left = sum(one.message == text for one in total) - len(found)
        if left:
            lines.append(_styled(f"{'':<{_MARGIN + 2}}… and {left} more", "dim"))
    hidden = len({one.message for one in total}) - len(shown)
    if hidden:
        lines.append(_styled(f"{'':<{_MARGIN}}… and {hidden} more of the kind (--all lists them)", "dim"))
    if severity is not Severity.INFO:
        lines.extend(_wrapped(f"Fix: {first.fix}"))
    return lines


def _note(rule: str, found: Sequence[Finding]) -> list[str]:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    head, *rest = _wrapped(f"{plain(found[0].message)}{more}", 8)
    label = f"{_styled('info', _SEVERITY_STYLES['info'])}      {_styled(rule, 'bold')}  "
    return [label + head.strip(), *rest]


def _place(acceptance: Acceptance, one: Finding) -> str:
    where = f"line {one.line}" if one.line else ""
    if one.file and one.file != acceptance.document.name:
        where = f"{plain(one.file)}:{one.line or '?'}"
    pointer = plain(one.pointer or "")
    room = width() - _MARGIN - 4 - max(len(where), 9)
    if is_terminal() and len(pointer) > room > 20:
        half = (room - 1) // 2
        pointer = f"{pointer[: room - 1 - half]}…{pointer[-half:]}"
    return f"{'':<{_MARGIN + 2}}{where:<9}  {_styled(pointer, 'dim')}".rstrip()


def _room(indent: int = 0) -> int:
    return max(50, min(width(), 110) - _MARGIN - indent)


def _wrapped(text: str, indent: int = 0) -> list[str]:
    parts = textwrap.wrap(text, _room(indent), break_on_hyphens=False, break_long_words=False)
    return [f"{'':<{_MARGIN + indent}}{part}" for part in parts]


def _styled(text: str, style: str) -> str:
    if not is_terminal():
        return text
    from rich.text import Text

    return rendered(Text(text, style=style, no_wrap=True, overflow="ignore")).rstrip("\n")


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
