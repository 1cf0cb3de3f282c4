"""What a person needs to know after Ctrl-C in a deploy: what was done, what was not, what may go on, how to go on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from sfsetup.apply.outcome import DONE, FAILED, SKIPPED, DeployOutcome
from sfsetup.cli.views.deploy import TITLES, stage_line
from sfsetup.cli.views.findings import plain


def interrupted_actions(outcome: DeployOutcome, org: str | None) -> list[str]:
    """Sentences in that order; `org` is what `-o` named."""
    return list(_sentences(outcome, f" -o {shlex.quote(org)}" if org else ""))


def _sentences(outcome: DeployOutcome, target: str) -> Iterator[str]:
    interruption = outcome.interruption
    if interruption is None:
        return
    done = [stage for stage in outcome.stages if stage.status == DONE]
    if done:
        yield "Done: " + "; ".join(f"{TITLES[stage.name]} ({stage_line(stage, outcome)})" for stage in done) + "."
    begun = _begun(outcome, interruption.stage)
    if begun:
        yield f"{TITLES[interruption.stage]}, as far as it came: {', '.join(begun)}."
    if interruption.running_job:
        job = interruption.running_job
        yield f"The deploy job {job} was not ended by this and may still be running in the org:"
        yield f"  sfsetup job resume {job}{target}   waits for its end and tells it"
        yield f"  sfsetup job cancel {job}{target}   asks the org to end it"
    elif interruption.sending:
        yield "A change was on its way: whether the org has taken it is not known."
        if interruption.stage in ("metadata", "flow"):
            yield f"  sfsetup job report{target}   shows your latest deployment"
    elif not done and not begun and outcome.backup is None:
        yield "Nothing was changed in the org."
    left = [TITLES[stage.name] for stage in outcome.stages if stage.status in (SKIPPED, FAILED)]
    yield f"Not done: {', '.join(left)}."
    wait = "Once that job has ended, run" if interruption.running_job else "To go on, run"
    yield f"{wait} the same command again: it does what is left."
    if outcome.backup:
        yield f"To go back to before it: sfsetup rollback {plain(outcome.backup)}{target}"


def _begun(outcome: DeployOutcome, stage: str) -> list[str]:
    """What the stage that was interrupted had done one by one; a deploy job is all or nothing."""
    if stage == "secret":
        return [
            f"{plain(one.principal)} / {one.parameter} written" for one in outcome.secrets if one.action == "written"
        ]
    if stage == "assign":
        return [f"{plain(one.user)} assigned" for one in outcome.assignments if one.action == "assigned"]
    return []
