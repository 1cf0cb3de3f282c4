"""A plan as text: steps in order, element by element, then what is left alone, unknown, or for a person to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sfsetup.cli.terminal import is_terminal, wants_colour, width
from sfsetup.cli.views.findings import findings_text, plain
from sfsetup.model.plan import Action, Change, Kept, Plan, StageName, Step, Undo

STAGE_TITLES = {
    StageName.METADATA: "Stage 1: credentials, registration, permission set",
    StageName.SECRET: "Secrets",
    StageName.FLOW: "Stage 2: flow",
    StageName.ASSIGN: "Assignment",
}
VERBS = {
    Action.CREATE: ("+", "create"),
    Action.UPDATE: ("~", "change"),
    Action.DELETE: ("-", "delete"),
    Action.SET_SECRET: ("+", "set secret of"),
    Action.ASSIGN: ("+", "assign"),
    Action.ACTIVATE: ("+", "activate"),
}
UNDO = {
    Undo.ROLLBACK: "`sfsetup rollback` takes it back",
    Undo.DEACTIVATE: "`sfsetup rollback` takes it back, and deactivates the flow first",
    Undo.NEVER: "cannot be undone",
}
_COLOURS = {"+": "\x1b[32m", "~": "\x1b[33m", "-": "\x1b[31m"}
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_SHOWN_OF_NEW = 14
"""Elements listed of a new component; a change is always listed whole."""
_VALUE = 90
"""Characters shown of a value."""


def plan_text(name: str, plan: Plan) -> str:
    """The plan of one integration."""
    return "\n".join(_lines(name, plan, colour=is_terminal() and wants_colour()))


def shown(change: Change) -> tuple[str, str]:
    """The sign of a change and its text on one line."""
    before, after = (None if value is None else _cut(value) for value in (change.before, change.after))
    if change.before is None:
        return "+", f"{plain(change.path)}: {after}"
    if change.after is None:
        return "-", f"{plain(change.path)}: {before}" + ("  (destructive)" if change.destructive else "")
    return "~", f"{plain(change.path)}: {before} -> {after}" + ("  (destructive)" if change.destructive else "")


def count_line(plan: Plan) -> str:
    """`Nothing to do: …` or how many steps of which kind there are."""
    if not plan.steps:
        if plan.unknown:
            return "No step is known: part of the org could not be read."
        return "Nothing to do: the org has it all." if not plan.kept else "Nothing to do; differences are left alone."
    counts = {verb: 0 for _, verb in VERBS.values()}
    for step in plan.steps:
        counts[VERBS[step.action][1]] += 1
    parts = [f"{number} to {verb.removesuffix(' of')}" for verb, number in counts.items() if number]
    losing = sum(1 for step in plan.steps if step.destructive)
    text = f"{len(plan.steps)} step{'s' if len(plan.steps) != 1 else ''}: {', '.join(parts)}."
    return f"{text} {losing} would remove what the org has: that needs --allow-destructive." if losing else text


def _lines(name: str, plan: Plan, *, colour: bool) -> Iterator[str]:
    org = plan.org
    where = f"{org.username} ({org.type.value} {org.id}, API {org.api_version})"
    environment = f", environment {plan.environment}" if plan.environment else ""
    yield _style(f"Plan for {plain(name)} on {plain(where)}{environment}", _BOLD, colour)
    for stage, title in STAGE_TITLES.items():
        steps = plan.of_stage(stage)
        if steps:
            yield ""
            yield _style(title, _BOLD, colour)
            for step in steps:
                yield from _step(step, colour)
    yield from _kept(plan.kept, colour)
    for heading, sentences in (("Not known", plan.unknown), ("For a person to do", plan.manual)):
        yield from _sentences(heading, sentences, colour)
    if plan.findings:
        yield ""
        yield findings_text(plan.findings, colour=colour)
    yield ""
    yield count_line(plan)


def _step(step: Step, colour: bool) -> Iterator[str]:
    sign, verb = VERBS[step.action]
    notes = [plain(step.note)] if step.note else []
    if step.undo is not Undo.ROLLBACK:
        notes.append(UNDO[step.undo])
    note = f"  ({'; '.join(notes)})" if notes else ""
    subject = f"{step.type} {plain(step.full_name)}"
    if step.action is Action.ASSIGN:
        subject = f"{subject} to {', '.join(plain(change.after or '') for change in step.changes)}"
        yield f"  {_sign(sign, colour)} {verb} {subject}{_style(note, _DIM, colour)}"
        return
    yield f"  {_sign(sign, colour)} {verb} {subject}{_style(note, _DIM, colour)}"
    changes = step.changes
    limit = _SHOWN_OF_NEW if step.action is Action.CREATE else len(changes)
    yield from _changes(changes[:limit], colour)
    if len(changes) > limit:
        yield _style(f"      … {len(changes) - limit} more elements; --json lists them all", _DIM, colour)


def _changes(changes: Iterable[Change], colour: bool) -> Iterator[str]:
    for change in changes:
        sign, text = shown(change)
        line = f"{sign} {text}"
        if is_terminal() and not (change.before and change.after):
            # an element that is new or gone is told on one line; a value that changes is told whole
            room = width() - 6
            line = line if len(line) <= room else f"{line[: room - 1]}…"
        yield f"      {_sign(sign, colour)}{line[1:]}"


def _kept(kept: Sequence[Kept], colour: bool) -> Iterator[str]:
    if not kept:
        return
    yield ""
    yield _style("Left alone", _BOLD, colour)
    for entry in kept:
        who = f"; last changed by {plain(entry.last_modified_by)}" if entry.last_modified_by else ""
        when = f" on {entry.last_modified_date}" if who and entry.last_modified_date else ""
        yield f"  • {entry.type} {plain(entry.full_name)}: {plain(entry.reason)}{who}{when}"
        yield from _changes(entry.changes, colour)


def _sentences(heading: str, sentences: Sequence[str], colour: bool) -> Iterator[str]:
    if sentences:
        yield ""
        yield _style(heading, _BOLD, colour)
        yield from (f"  ! {plain(sentence)}" for sentence in sentences)


def _cut(value: str) -> str:
    text = plain(value)
    return text if len(text) <= _VALUE else f"{text[: _VALUE - 1]}…"


def _sign(sign: str, colour: bool) -> str:
    return f"{_COLOURS[sign]}{sign}{_RESET}" if colour else sign


def _style(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_RESET}" if colour and text else text
