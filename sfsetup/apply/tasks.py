"""Steps that take something away, done one after the other; the first that fails ends the row and all is told."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfsetup.apply.outcome import DONE, FAILED, SKIPPED, org_json
from sfsetup.errors import Interrupted, OrgRefused, SfsetupError, UsageError
from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.event import Event, Listener, nobody
from sfsetup.model.plan import Step

if TYPE_CHECKING:
    from sfsetup.apply.remote import Remote
    from sfsetup.model.snapshot import OrgInfo


@dataclass(frozen=True, slots=True)
class Task:
    """One step and what carries it out. `said` is told when it is done."""

    step: Step
    act: Callable[[], None]
    said: str


@dataclass(kw_only=True)
class TasksOutcome:
    """What became of a row of tasks."""

    spec: str
    org: OrgInfo
    environment: str | None
    dry_run: bool
    steps: list[tuple[Step, str]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """What is left in the org on purpose, one sentence each."""
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """`result` of `destroy --json` and `rollback --json`."""
        return {
            "spec": self.spec,
            "org": org_json(self.org),
            "environment": self.environment,
            "dryRun": self.dry_run,
            "steps": [{**step.as_json(), "status": status} for step, status in self.steps],
            "kept": list(self.kept),
            "problems": list(self.problems),
        }


PLANNED = "planned"
"""Status of a step in a dry run."""


def carry_out(
    tasks: Iterable[Task],
    outcome: TasksOutcome,
    listener: Listener = nobody,
    remote: Remote | None = None,
    *,
    named: str | None = None,
) -> SfsetupError | None:
    """Does the tasks in order. Returns why it stopped, Ctrl-C included, or None; never raises what an org says.

    `remote` is the one that the tasks work on: it knows which job was under way. `named` is what `-o` says.
    """
    error: SfsetupError | None = None
    for task in tasks:
        if outcome.dry_run:
            outcome.steps.append((task.step, PLANNED))
            continue
        if error is not None:
            outcome.steps.append((task.step, SKIPPED))
            continue
        try:
            task.act()
        except SfsetupError as raised:
            error = raised
            outcome.problems.append(str(raised))
            outcome.steps.append((task.step, FAILED))
            listener(Event("task.failed", f"{task.said}: {raised}", {"mark": "failed"}))
        except KeyboardInterrupt as cause:
            error = _interrupted(task, cause, remote, named)
            outcome.problems.append(error.message)
            outcome.steps.append((task.step, FAILED))
        else:
            outcome.steps.append((task.step, DONE))
            listener(Event("task.done", task.said, {"mark": "done"}))
    return error


def check_shown(shown: Sequence[Task], now: Sequence[Task]) -> None:
    """Somebody said yes to what was shown. Raises UsageError if it is not what would be done by now."""
    if [task.step for task in shown] != [task.step for task in now]:
        raise UsageError(
            "The org has moved while the question stood: something else would be done now. Nothing was changed.",
            actions=["Run the command again, and look at what it shows."],
        )


def _interrupted(task: Task, cause: KeyboardInterrupt, remote: Remote | None, named: str | None) -> Interrupted:
    job = remote.running_job if remote is not None else None
    target = f" -o {shlex.quote(named)}" if named else ""
    running = (
        [f"Its deploy job {job} may still be running in the org: `sfsetup job report {job}{target}` tells."]
        if job
        else []
    )
    again = "Run the same command again: it looks at what the org has by then, and does what is left."
    return Interrupted(f"Interrupted while this was under way: {task.said}.", cause=cause, actions=[*running, again])


def delete(remote: Remote, type_name: str, full_name: str, version: str, seconds: float) -> None:
    """Deletes one component in a job of its own. Raises OrgRefused with the org's words."""
    from sfsetup.metadata.layout import deletion_zip

    _job(remote, deletion_zip({type_name: [full_name]}, version), {"destructiveChanges.xml"}, seconds)


def restore(remote: Remote, components: Sequence[Component], version: str, seconds: float) -> None:
    """Deploys components as they were. Raises OrgRefused with the org's words."""
    from sfsetup.metadata.layout import deploy_zip
    from sfsetup.metadata.types import file_name

    files = {file_name(component.type, component.full_name, source=False) for component in components}
    _job(remote, deploy_zip(ComponentSet(version, tuple(components))), files, seconds)


def _job(remote: Remote, archive: bytes, files: set[str], seconds: float) -> None:
    from sfsetup.apply.hints import deploy_hint
    from sfsetup.org.jobs import DeployOptions

    job_id = remote.deploy(archive, DeployOptions(), files)
    result = remote.wait(job_id, seconds, lambda _state: None)
    if result.succeeded:
        return
    problems = [f"{message.component_type} {message.full_name}: {message.problem}" for message in result.failures]
    message = "; ".join(problems) or result.error_message or f"the job {job_id} ended as {result.status}"
    hint = deploy_hint(message)
    raise OrgRefused(message, actions=[hint] if hint else [])
