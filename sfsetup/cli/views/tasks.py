"""Rows of tasks (destroy, rollback) as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sfsetup.apply.outcome import DONE, FAILED
from sfsetup.cli.output import Outcome
from sfsetup.cli.views.findings import plain
from sfsetup.cli.views.plan import UNDO
from sfsetup.model.plan import Action, Step, Undo

if TYPE_CHECKING:
    from sfsetup.apply.tasks import TasksOutcome
    from sfsetup.errors import SfsetupError

_MARKS = {DONE: "✓", FAILED: "✗"}


def step_text(step: Step) -> str:
    """A step on one line."""
    subject = f"{step.type} {plain(step.full_name)}"
    changes = [change for change in step.changes if change.path]
    if changes and changes[0].path == "assignment":
        one = changes[0]
        return f"take {subject} from {plain(one.before or '')}" if one.after is None else f"assign {subject}"
    if step.action is Action.DELETE:
        text = f"delete {subject}"
        lost = [change for change in step.changes if change.before not in (None, "present")]
        if lost:
            text += f" ({', '.join(plain(f'{c.path} {c.before}'.strip()) for c in lost)})"
    else:
        details = "; ".join(
            f"{plain(c.path)}: {plain(c.before or 'none')} -> {plain(c.after or 'none')}" for c in changes[:4]
        )
        text = f"change {subject}" + (f": {details}" if details else "")
    return f"{text}; {UNDO[step.undo]}" if step.undo is Undo.NEVER else text


def planned_text(steps: Sequence[Step]) -> str:
    """The steps before they are done."""
    return "\n".join(f"  - {step_text(step)}" for step in steps)


def tasks_text(outcome: TasksOutcome, verb: str) -> str:
    """What became of every step."""
    where = f"{plain(outcome.spec)} on {plain(outcome.org.username)} ({outcome.org.type.value})"
    if not outcome.steps:
        head = f"{where}: nothing to do"
    elif outcome.dry_run:
        head = f"{where}: would be {verb}"
    else:
        head = f"{where}: {'stopped' if outcome.problems else verb}"
    lines = [head]
    lines += [f"  {_MARKS.get(status, '-')} {step_text(step)}" for step, status in outcome.steps]
    lines += [f"  • {plain(text)}" for text in outcome.kept]
    return "\n".join(lines)


def report(outcome: TasksOutcome, error: SfsetupError | None, verb: str, *, warnings: Sequence[str] = ()) -> Outcome:
    """The outcome of the command."""
    from sfsetup.errors import ExitCode

    return Outcome(
        result=outcome.as_json(),
        human=lambda: tasks_text(outcome, verb),
        exit_code=error.exit_code if error is not None else ExitCode.DONE,
        warnings=[*warnings, *outcome.kept],
        message=str(error) if error is not None else None,
        name=type(error).__name__ if error is not None else None,
        actions=error.actions if error is not None else (),
    )
