"""What became of a deploy, in a few lines; the details went by as they happened."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from sfsetup.apply.outcome import DONE, FAILED, NOT_CHECKABLE, SKIPPED, UNCHANGED, DeployOutcome, StageOutcome
from sfsetup.cli.views.findings import plain

TITLES = {"metadata": "Stage 1", "secret": "Secrets", "flow": "Stage 2", "assign": "Assignment"}
STATUS = {
    DONE: "done",
    UNCHANGED: "nothing to do",
    FAILED: "FAILED",
    NOT_CHECKABLE: "not checkable yet",
    SKIPPED: "skipped",
}


def deploy_text(outcome: DeployOutcome, org: str | None = None) -> str:
    """One block for one integration; `org` is what `-o` named."""
    return "\n".join(_lines(outcome, f" -o {shlex.quote(org)}" if org else ""))


def headline(outcome: DeployOutcome) -> str:
    """What it is all about, in one line."""
    where = f"{plain(outcome.org.username)} ({outcome.org.type.value})"
    environment = f", environment {plain(outcome.environment)}" if outcome.environment else ""
    if outcome.interruption:
        verb = "interrupted"
    elif outcome.failed:
        verb = "check failed" if outcome.dry_run else "failed"
    elif outcome.dry_run:
        verb = "checked, nothing changed"
    else:
        verb = "deployed" if outcome.sent_anything else "nothing to do"
    return f"{plain(outcome.spec)} on {where}{environment}: {verb}"


def stage_line(stage: StageOutcome, outcome: DeployOutcome) -> str:
    """Status of a stage and what is in it."""
    notes = []
    if stage.name in ("metadata", "flow"):
        notes = _component_counts(stage)
    elif stage.name == "secret":
        notes = [f"{plain(item.principal)} / {item.parameter} {_action(item.action)}" for item in outcome.secrets]
    elif stage.name == "assign":
        notes = [f"{plain(item.user)} {_action(item.action)}" for item in outcome.assignments]
    if stage.name == "flow" and outcome.latest_version is not None:
        active = outcome.active_version
        notes.append(f"version {active} is active" if active is not None else "no version is active")
    text = STATUS.get(stage.status, stage.status)
    if stage.status == FAILED and outcome.interruption and outcome.interruption.stage == stage.name:
        text = "interrupted"
    return f"{text}: {', '.join(notes)}" if notes else text


def _lines(outcome: DeployOutcome, target: str) -> Iterator[str]:
    yield headline(outcome)
    for stage in outcome.stages:
        if stage.status == SKIPPED and not stage.message:
            continue
        yield f"  {TITLES[stage.name]:<11} {stage_line(stage, outcome)}"
    if outcome.backup:
        yield f"  Taken back by: sfsetup rollback {outcome.backup}{target}"


def _component_counts(stage: StageOutcome) -> list[str]:
    created = sum(1 for row in stage.components if row.created)
    changed = sum(1 for row in stage.components if row.changed and not row.created)
    failed = sum(1 for row in stage.components if row.problem and row.severity == "error")
    counts = ((created, "created"), (changed, "changed"), (failed, "failed"))
    return [f"{number} {word}" for number, word in counts if number]


def _action(action: str) -> str:
    return {"wouldWrite": "would be written", "wouldAssign": "would be assigned"}.get(action, action)
