"""Deploys an integration: walks its plan stage by stage and stops at the first that fails.

    metadata   credentials, registration, permission set         one job; only what differs is sent
    secret     values of principals                              Connect REST; resolved before anything is sent
    flow       names read back, flow rendered from them, sent    a job of its own: reference 'metadata types' section 7
    assign     permission set to users                           read back

Whatever happens, the outcome says what was done before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sfsetup.apply import backups
from sfsetup.apply import outcome as is_
from sfsetup.apply.flow_stage import FlowStage
from sfsetup.apply.options import ApplyOptions
from sfsetup.apply.others import Others
from sfsetup.apply.outcome import (
    AssignmentOutcome,
    ComponentOutcome,
    DeployOutcome,
    Interruption,
    StageOutcome,
)
from sfsetup.apply.permission import check
from sfsetup.apply.prepare import Prepared
from sfsetup.apply.sending import Job, send
from sfsetup.apply.together import shared
from sfsetup.apply.writing import PendingSecrets
from sfsetup.errors import Interrupted, OrgRefused, SfsetupError, Unreachable
from sfsetup.model.component import Component
from sfsetup.model.event import Event, Listener, nobody
from sfsetup.model.plan import StageName, Step
from sfsetup.planning.registration import freed

if TYPE_CHECKING:
    from sfsetup.apply.remote import Remote


def deploy(
    prepared: Prepared,
    remote: Remote,
    options: ApplyOptions,
    listener: Listener = nobody,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[DeployOutcome, SfsetupError | None]:
    """Carries out a plan. The second value is why it stopped, or None.

    Raises before anything is sent: UsageError (a secret cannot be had, a destructive change without permission to make
    it), InvalidInput (findings that stop a deploy), OrgRefused (the user lacks rights).
    """
    deployment = Deployment(prepared, remote, options, listener, sleep=sleep, clock=clock)
    deployment.check()
    return deployment.run()


class Deployment:
    """One deploy under way."""

    def __init__(
        self,
        prepared: Prepared,
        remote: Remote,
        options: ApplyOptions,
        listener: Listener = nobody,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        again: Callable[[], Prepared] | None = None,
    ) -> None:
        """`again` prepares the integration anew, for a plan that an earlier deploy of the command has overtaken."""
        self.remote, self.options, self.listener = remote, options, listener
        self.sleep, self.clock, self.again = sleep, clock, again
        self.outcome = DeployOutcome(
            spec=prepared.spec.name,
            org=prepared.plan.org,
            environment=prepared.plan.environment,
            dry_run=options.dry_run,
        )
        self.sent: list[Component] = []
        self.began = datetime.now(UTC)
        self._take(prepared)

    def _take(self, prepared: Prepared) -> None:
        self.prepared, self.spec, self.plan = prepared, prepared.spec, prepared.plan
        self.outcome.kept, self.outcome.findings = self.plan.kept, self.plan.findings
        self.secrets = PendingSecrets(prepared, self.remote, self.options, self.listener)
        self.others = Others(prepared, self.remote, self.listener, self.outcome)

    def check(self) -> None:
        """What can be known to fail is told before anything is sent. Raises as `deploy` does."""
        check(self.plan, self.options)
        self.secrets.resolve()

    def run(self, before: Sequence[Deployment] = ()) -> tuple[DeployOutcome, SfsetupError | None]:
        """The stages in order; after `check`. What ends it early, Ctrl-C included, is the second value.

        `before` are the deployments of the same command that have ended: what they changed may be ours too.
        """
        error = self._begin(before)
        planned = self._planned()
        if error is None:
            self._back_up(planned)
        stages: Sequence[tuple[StageName, Callable[[], StageOutcome]]] = (
            (StageName.METADATA, self._metadata),
            (StageName.SECRET, lambda: self.secrets.write(self.outcome)),
            (StageName.FLOW, FlowStage(self).run),
            (StageName.ASSIGN, self._assign),
        )
        for name, act in stages:
            if error is not None or name not in self.options.only:
                self.outcome.stages.append(StageOutcome(name=name.value, status=is_.SKIPPED))
                continue
            stage, error = self._stage(name, act)
            self.outcome.stages.append(stage)
            if error is not None:
                self.outcome.problems.append(error.message)
        self._settle_backup(planned, error)
        if self.sent and not self.options.dry_run and not isinstance(error, Interrupted | Unreachable):
            try:
                ours = [job for one in before for job in one.remote.jobs]
                self.others.look_back({one.ref: one.content for one in self.sent}, ours)
            except KeyboardInterrupt as cause:
                error = error or Interrupted("Interrupted after the last stage: everything was done.", cause=cause)
        return self.outcome, error

    def _planned(self) -> list[Component]:
        return [step.component for step in self.plan.steps if step.component]

    def _plan_again(self) -> None:
        resolved = self.secrets
        if self.again is not None:
            self._take(self.again())
            check(self.plan, self.options)
            self.secrets.resolve(resolved)

    def _begin(self, before: Sequence[Deployment]) -> SfsetupError | None:
        """Looks at what others do before anything is sent; why nothing can be sent, else None."""
        try:
            if not self.options.dry_run and any(shared(one.prepared, self.prepared) for one in before):
                self._plan_again()
            if not self.plan.steps:
                return None
            age = self.clock() - self.prepared.taken if self.prepared.taken is not None else 0.0
            self.others.announce(age=age)
            if not self.options.dry_run:
                self.others.check_all(self._planned(), age=age)
        except SfsetupError as error:
            self.outcome.problems.append(error.message)
            return error
        except KeyboardInterrupt as cause:
            interrupted = Interrupted("Interrupted; nothing was sent.", cause=cause)
            self.outcome.problems.append(interrupted.message)
            return interrupted
        return None

    def _stage(self, name: StageName, act: Callable[[], StageOutcome]) -> tuple[StageOutcome, SfsetupError | None]:
        """One stage, and why it ends the deploy."""
        try:
            stage = act()
        except SfsetupError as error:
            self.listener(Event("stage.failed", str(error), {"mark": "failed"}))
            return StageOutcome(name=name.value, status=is_.FAILED, message=str(error)), error
        except KeyboardInterrupt as cause:
            remote = self.remote
            self.outcome.interruption = Interruption(
                stage=name.value, running_job=remote.running_job, sending=remote.sending
            )
            message = f"Interrupted in stage {name.value}."
            return StageOutcome(name=name.value, status=is_.FAILED, message=message), Interrupted(message, cause=cause)
        if stage.status == is_.FAILED:
            return stage, OrgRefused(stage.message or f"Stage {stage.name} failed.")
        return stage, None

    def _settle_backup(self, planned: Sequence[Component], error: SfsetupError | None) -> None:
        """The backup as things have turned out; none where the org refused before anything was changed."""
        if self.sent or self.outcome.activated_by:
            # what was planned and has an unknown fate stays in the backup, as planned
            self._back_up([*planned, *self.sent])
        elif self._has_changed_nothing(error) and self.outcome.backup:
            backups.discard(backups.of_plan(self.prepared, planned, moment=self.began))
            self.outcome.backup = None

    def _has_changed_nothing(self, error: SfsetupError | None) -> bool:
        """True if the org said no, or nobody got as far as asking it."""
        interruption = self.outcome.interruption
        unsent = interruption is not None and not self.remote.jobs and not interruption.sending
        return (isinstance(error, OrgRefused) or unsent) and not self._has_changed_values()

    def _has_changed_values(self) -> bool:
        """True if a secret was written or a user assigned: what is changed beside components."""
        written = any(item.action == "written" for item in self.outcome.secrets)
        return written or any(item.action == "assigned" for item in self.outcome.assignments)

    def _back_up(self, components: Sequence[Component]) -> None:
        """Keeps what the org has now; written again at the end, with what was sent in the end."""
        if self.options.dry_run or not self.plan.steps:
            return
        backup = backups.of_plan(self.prepared, components, moment=self.began, latest_after=self.outcome.latest_version)
        backups.save(backup)
        self.outcome.backup = backup.name

    def _steps(self, stage: StageName) -> tuple[Step, ...]:
        return self.plan.of_stage(stage)

    # stage 1

    def _metadata(self) -> StageOutcome:
        steps = self._steps(StageName.METADATA)
        self.start("Stage 1: credentials, registration, permission set")
        if not steps:
            return self.nothing(StageName.METADATA, 1)
        components = [step.component for step in steps if step.component]
        stopped = self._free_operations(components)
        if stopped is not None:
            return self.whole(stopped, 1)
        job = self.send(StageName.METADATA, components)
        if job.waits_for_credential and not self.options.dry_run:
            return self.whole(self._credential_first(components), 1)
        return self.whole(job.tell(self.listener), 1)

    def _free_operations(self, components: Sequence[Component]) -> StageOutcome | None:
        """Deactivates the operations that the new document takes away; the outcome if the org says no, else None."""
        for component in components:
            existing = self.prepared.snapshot.components.get(component.ref)
            if component.type != "ExternalServiceRegistration" or existing is None or self.options.dry_run:
                continue
            found = freed(component, existing)
            if found is not None:
                names = ", ".join(found.operations)
                self.listener(Event("deploy.freed", f"Deactivating {names} before the new document", {"mark": "note"}))
                stage = self.send(StageName.METADATA, [found.component]).tell(self.listener)
                return stage if stage.status == is_.FAILED else None
        return None

    def _credential_first(self, components: Sequence[Component]) -> StageOutcome:
        """The permission set in a job of its own, for orgs in which a grant needs a credential that is there."""
        message = "The permission set needs the external credential to be there: it goes in a job of its own"
        self.listener(Event("deploy.split", message, {"mark": "warning"}))
        sets = [component for component in components if component.type == "PermissionSet"]
        first = self.send(StageName.METADATA, [one for one in components if one not in sets]).tell(self.listener)
        if first.status == is_.FAILED:
            return first
        second = self.send(StageName.METADATA, sets).tell(self.listener)
        return replace(second, components=(*first.components, *second.components))

    def send(self, stage: StageName, components: Sequence[Component]) -> Job:
        version = self.prepared.components.api_version
        job = send(self.remote, self.spec, stage.value, components, version, self.options, self.listener)
        if job.outcome.status == is_.DONE:
            self.sent.extend(components)
        return job

    def whole(self, stage: StageOutcome, number: int) -> StageOutcome:
        """The outcome with the components that were not sent, because the org has them as they are."""
        sent = {(row.type, row.full_name) for row in stage.components}
        rest = [
            ComponentOutcome(type=component.type, full_name=component.full_name)
            for component in self.prepared.components.of_stage(number)
            if (component.type, component.full_name) not in sent
        ]
        rows = sorted((*stage.components, *rest), key=lambda row: (row.type, row.full_name))
        return replace(stage, components=tuple(rows))

    def nothing(self, stage: StageName, number: int) -> StageOutcome:
        self.listener(Event("stage.unchanged", "Nothing to send: the org has it all", {"mark": "done"}))
        return self.whole(StageOutcome(name=stage.value, status=is_.UNCHANGED), number)

    # assignment

    def _assign(self) -> StageOutcome:
        steps = self._steps(StageName.ASSIGN)
        self.start("Assignment")
        name = self.spec.permission_set.name
        waiting = {change.after for step in steps for change in step.changes}
        for user in self.prepared.snapshot.users:
            if user.username not in waiting and name in user.assigned:
                self.outcome.assignments.append(
                    AssignmentOutcome(user=user.username, permission_set=name, action="present")
                )
        if not steps:
            what = "Every user has the permission set" if self.prepared.snapshot.users else "No user to assign"
            self.listener(Event("stage.unchanged", what, {"mark": "done"}))
            return StageOutcome(name=StageName.ASSIGN.value, status=is_.UNCHANGED)
        users = {user.username: user for user in self.prepared.snapshot.users}
        for username in sorted(filter(None, waiting)):
            action = "wouldAssign"
            if not self.options.dry_run:
                self.remote.assign(users[username], name)
                action = "assigned"
                self.listener(Event("assign.done", f"{name} assigned to {username}", {"mark": "done"}))
            else:
                self.listener(Event("assign.planned", f"{name} would be assigned to {username}", {"mark": "note"}))
            self.outcome.assignments.append(AssignmentOutcome(user=username, permission_set=name, action=action))
        return StageOutcome(name=StageName.ASSIGN.value, status=is_.NOT_CHECKABLE if self.options.dry_run else is_.DONE)

    def start(self, message: str) -> None:
        self.listener(Event("stage.started", message))
