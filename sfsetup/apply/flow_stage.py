"""Stage 2: the flow, rendered from the names that the org tells, sent in a job of its own; its versions read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sfsetup.apply import outcome as is_
from sfsetup.apply.flow import called_actions
from sfsetup.apply.outcome import ComponentOutcome, OperationOutcome, StageOutcome
from sfsetup.apply.telling import class_of, kept_text, not_activated, versions_text
from sfsetup.errors import OrgRefused
from sfsetup.model.component import Component
from sfsetup.model.event import Event
from sfsetup.model.plan import Action, StageName
from sfsetup.model.snapshot import RegisteredOperation
from sfsetup.planning.diff import compare

if TYPE_CHECKING:
    from sfsetup.apply.deploy import Deployment

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0
"""Seconds between two tries of stage 2."""


class FlowStage:
    """Stage 2 of one deploy."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.prepared, self.plan, self.spec = deployment.prepared, deployment.plan, deployment.spec
        self.remote, self.options, self.listener = deployment.remote, deployment.options, deployment.listener
        self.outcome = deployment.outcome
        self.operations: tuple[RegisteredOperation, ...] = deployment.prepared.snapshot.operations

    def run(self) -> StageOutcome:
        if self.spec.flow is None:
            return StageOutcome(name=StageName.FLOW.value, status=is_.SKIPPED, message="The spec has no flow.")
        self.deployment.start("Stage 2: flow")
        if self.options.dry_run and self._is_new_registration():
            message = (
                "The flow cannot be checked before the External Service is registered: a dry run registers nothing."
            )
            self.outcome.warnings.append(message)
            self.listener(Event("stage.notCheckable", message, {"mark": "warning"}))
            return StageOutcome(name=StageName.FLOW.value, status=is_.NOT_CHECKABLE, message=message)
        self._discover()
        components, asked = self._flow_components()
        activation = self._activation(components)
        for kept in self.plan.kept:
            if kept.type == "Flow":
                self.listener(Event("flow.kept", kept_text(kept), {"mark": "kept"}))
        if (components or activation is not None) and not self.options.dry_run:
            brought = {one.ref: one.content for one in self.deployment.sent}
            self.deployment.others.check_flow(self.spec.flow.name, components, brought)
        if components:
            stage = self._send_when_ready(components)
        elif activation is None:
            stage = self.deployment.nothing(StageName.FLOW, 2)
        else:
            stage = self.deployment.whole(StageOutcome(name=StageName.FLOW.value, status=is_.DONE), 2)
        if self.options.dry_run:
            return stage if activation is None else self._unchecked(stage, activation)
        if stage.status in (is_.FAILED, is_.NOT_CHECKABLE):
            return stage
        if activation is not None:
            stage, activation = self._activate(stage, activation)
        if stage.status == is_.FAILED:
            return stage
        return self._read_back(stage, asked=asked, version=activation)

    # a version that the org has and that only has to become the active one

    def _activation(self, sent: Sequence[Component]) -> int | None:
        """The version to make active as it is; None where a flow that is sent brings its activation along."""
        if any(component.type == "Flow" for component in sent):
            return None
        steps = self.plan.of_stage(StageName.FLOW)
        return next((step.version for step in steps if step.version is not None), None)

    def _unchecked(self, stage: StageOutcome, version: int) -> StageOutcome:
        assert self.spec.flow is not None
        message = f"Version {version} of flow {self.spec.flow.name} would be activated; a dry run cannot try that."
        self.outcome.warnings.append(message)
        self.listener(Event("stage.notCheckable", message, {"mark": "warning"}))
        if stage.status == is_.FAILED:
            return stage
        return replace(stage, status=is_.NOT_CHECKABLE, message=message)

    def _activate(self, stage: StageOutcome, version: int) -> tuple[StageOutcome, int | None]:
        """The stage, and the version that was made active; None for it where the flow had to be sent instead."""
        assert self.spec.flow is not None
        name = self.spec.flow.name
        try:
            self.remote.activate(name, version)
        except OrgRefused as refused:
            message = (
                f"The org does not let version {version} of flow {name} be activated as it is ({refused.message}); "
                "it is deployed again, as a new version."
            )
            self.outcome.warnings.append(message)
            self.listener(Event("flow.notActivated", message, {"mark": "warning"}))
            rendered = self.prepared.rendered_with(self.operations).of_stage(2).get("Flow")
            assert rendered is not None
            sent = self._send_when_ready([rendered])
            return replace(sent, components=_together(stage, sent)), None
        self.outcome.activated_by = "api"
        self.listener(Event("flow.activated", f"Version {version} of flow {name} activated", {"mark": "done"}))
        return replace(stage, status=is_.DONE), version

    def _is_new_registration(self) -> bool:
        return any(
            step.type == "ExternalServiceRegistration" and step.action is Action.CREATE
            for step in self.plan.of_stage(StageName.METADATA)
        )

    def _discover(self) -> None:
        """Asks the org for the action itself; what it cannot tell stays predicted, and is said to be."""
        found: list[RegisteredOperation] = []
        for action in called_actions(self.prepared.components):
            operation = self.remote.describe_action(self.spec.service.name, action)
            if operation is None:
                self.listener(
                    Event(
                        "names.predicted",
                        f"{action}: the org does not describe it; names are predicted",
                        {"mark": "warning"},
                    )
                )
                self.outcome.operations.append(
                    OperationOutcome(action_name=action, apex_class=None, source="predicted")
                )
                continue
            found.append(operation)
            self.outcome.operations.append(
                OperationOutcome(
                    action_name=operation.action_name, apex_class=class_of(operation), source=operation.source
                )
            )
            self.listener(
                Event(
                    "names.discovered",
                    f"The org describes {operation.action_name} ({class_of(operation) or 'no Apex class'})",
                    {"mark": "done"},
                )
            )
        if found:
            self.operations = tuple(found)

    def _flow_components(self) -> tuple[list[Component], bool]:
        """What stage 2 sends, rendered from the names that the org told; and whether activation is asked for."""
        steps = self.plan.of_stage(StageName.FLOW)
        rendered = self.prepared.rendered_with(self.operations).of_stage(2)
        components: list[Component] = []
        asked = False
        for step in steps:
            asked = asked or step.action is Action.ACTIVATE
            if step.component is None:
                continue
            component = step.component
            if component.type == "Flow":
                component = rendered.get("Flow", component.full_name) or component
            if all(other.ref != component.ref for other in components):
                components.append(component)
        if not any(component.type == "Flow" for component in components):
            components.extend(self._flow_that_differs_now(rendered.get("Flow")))
        return components, asked

    def _flow_that_differs_now(self, rendered: Component | None) -> list[Component]:
        """The org's flow equals the prediction but not what the org now says of the action."""
        if rendered is None or any(kept.type == "Flow" and kept.changes for kept in self.plan.kept):
            return []
        existing = self.prepared.snapshot.components.get(rendered.ref)
        if existing is None or not compare("Flow", existing.content, rendered.content):
            return []
        return [rendered] if StageName.FLOW in self.options.only else []

    def _send_when_ready(self, components: Sequence[Component]) -> StageOutcome:
        """Sends stage 2; again for a while where the org has not finished registering our own service."""
        until = self.deployment.clock() + self.options.settle
        pause = _FIRST_PAUSE
        while True:
            job = self.deployment.send(StageName.FLOW, components)
            left = until - self.deployment.clock()
            if not job.not_ready or left <= pause or not self._service_is_there():
                return self.deployment.whole(job.tell(self.listener), 2)
            self.listener(
                Event("flow.waiting", f"The org does not know the service's types yet; trying again in {pause:.0f} s")
            )
            self.deployment.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            self._rediscover()
            rendered = self.prepared.rendered_with(self.operations).of_stage(2)
            components = [
                (rendered.get("Flow", one.full_name) or one) if one.type == "Flow" else one for one in components
            ]

    def _service_is_there(self) -> bool:
        """Only a registration that this deploy or an earlier one made is worth waiting for."""
        sent = any(stage.name == StageName.METADATA.value and stage.status == is_.DONE for stage in self.outcome.stages)
        return sent and not self.options.dry_run

    def _rediscover(self) -> None:
        self.outcome.operations.clear()
        self._discover()

    def _read_back(self, stage: StageOutcome, *, asked: bool, version: int | None) -> StageOutcome:
        """`asked`: a version was to become active; `version`: the one that was there before and was to."""
        assert self.spec.flow is not None
        versions = self.remote.flow_versions(self.spec.flow.name)
        if versions is None:
            self.outcome.incomplete = True
            self.outcome.warnings.append(f"The versions of flow {self.spec.flow.name} cannot be read.")
            return stage
        self.outcome.active_version, self.outcome.latest_version = versions.active, versions.latest
        self.listener(Event("flow.versions", versions_text(versions), {"mark": "done"}))
        if asked and (versions.active is None or versions.active != (version or versions.latest)):
            message = not_activated(versions, production=self.plan.org.type.is_production, asked_for=version)
            self.listener(Event("flow.inactive", message, {"mark": "failed"}))
            return replace(stage, status=is_.FAILED, message=message)
        if asked and self.outcome.activated_by is None:
            self.outcome.activated_by = "deploy"
        if versions.active is None:
            self.outcome.warnings.append(f"Flow {self.spec.flow.name} is not active: users cannot use it yet.")
        return stage


def _together(first: StageOutcome, second: StageOutcome) -> tuple[ComponentOutcome, ...]:
    """The components of two jobs of one stage; of one that was in both, what became of it last."""
    rows = {(row.type, row.full_name): row for row in (*first.components, *second.components)}
    return tuple(sorted(rows.values(), key=lambda row: (row.type, row.full_name)))
