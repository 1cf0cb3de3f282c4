"""Sends components as one deploy job and turns the org's answer into a stage outcome with places in the spec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsetup.apply.hints import deploy_hint, is_not_ready
from sfsetup.apply.options import ApplyOptions
from sfsetup.apply.outcome import DONE, FAILED, ComponentOutcome, StageOutcome, TestOutcome
from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.event import Event, Listener
from sfsetup.spec.model import IntegrationSpec

if TYPE_CHECKING:
    from sfsetup.apply.remote import Remote
    from sfsetup.org.jobs import DeployMessage, DeployResult


@dataclass(frozen=True, slots=True)
class Job:
    """A job that has ended, as the stage shows it."""

    outcome: StageOutcome
    not_ready: bool
    """True if it failed only because the org has not finished registering the service."""
    waits_for_credential: bool
    """True if only permission sets failed, because the external credential of the same job was not there yet."""
    events: tuple[Event, ...] = ()
    """What to tell of its components; a caller that tries again does not tell."""

    def tell(self, listener: Listener) -> StageOutcome:
        """Tells the listener what became of each component, and gives the outcome."""
        for event in self.events:
            listener(event)
        return self.outcome


def send(
    remote: Remote,
    spec: IntegrationSpec,
    stage: str,
    components: Sequence[Component],
    api_version: str,
    options: ApplyOptions,
    listener: Listener,
) -> Job:
    """Deploys `components` in one job and waits for its end. Raises what the org client raises."""
    from sfsetup.metadata.layout import deploy_zip
    from sfsetup.metadata.types import file_name
    from sfsetup.org.jobs import DeployOptions

    wanted = DeployOptions(
        check_only=options.dry_run,
        test_level="RunSpecifiedTests" if options.tests and not options.test_level else options.test_level,
        run_tests=options.tests,
    )
    files = {file_name(component.type, component.full_name, source=False) for component in components}
    job_id = remote.deploy(deploy_zip(ComponentSet(api_version, tuple(components))), wanted, files)
    listener(Event("deploy.sent", f"Deploy job {job_id}", {"id": job_id}))

    def report(result: DeployResult) -> None:
        listener(Event("deploy.progress", _counts(result), {"id": job_id}))

    result = remote.wait(job_id, options.wait, report)
    told: list[Event] = []
    outcome = _outcome(spec, stage, components, result, told.append)
    return Job(outcome, _is_not_ready(result), _waits_for_credential(components, result), tuple(told))


def _counts(result: DeployResult) -> str:
    parts = [f"{result.status}: {result.components_deployed} of {result.components_total} components"]
    if result.tests_total:
        parts.append(f"{result.tests_completed} of {result.tests_total} tests")
    errors = result.component_errors + result.test_errors
    if errors:
        parts.append(f"{errors} errors")
    if result.state_detail:
        parts.append(result.state_detail)
    return ", ".join(parts)


def _is_not_ready(result: DeployResult) -> bool:
    problems = [message.problem or "" for message in result.failures if not message.is_manifest]
    return not result.succeeded and bool(problems) and all(is_not_ready(problem) for problem in problems)


def _waits_for_credential(components: Sequence[Component], result: DeployResult) -> bool:
    """Seen in namespaced orgs alone (reference 'messages' section 1): the grant needs a credential that is there."""
    failures = [message for message in result.failures if not message.is_manifest]
    return (
        bool(failures)
        and not result.succeeded
        and all(message.component_type == "PermissionSet" for message in failures)
        and all("invalid cross reference id" in (message.problem or "").lower() for message in failures)
        and any(component.type == "ExternalCredential" for component in components)
    )


def _outcome(
    spec: IntegrationSpec, stage: str, components: Sequence[Component], result: DeployResult, listener: Listener
) -> StageOutcome:
    by_name = {(component.type, component.full_name.lower()): component for component in components}
    rows: list[ComponentOutcome] = []
    for message in (*result.failures, *result.successes):
        if message.is_manifest and message.success:
            continue
        rows.append(_component(spec, by_name.get((message.component_type, message.full_name.lower())), message, result))
    rows.sort(key=lambda row: (row.type, row.full_name))
    for row in rows:
        _tell(row, result, listener)
    tests = (
        *(
            TestOutcome(
                name=f"{test.name}.{test.method}" if test.method else test.name,
                message=test.message,
                hint="This Apex test belongs to the org, not to the integration; run it there to see why it fails.",
            )
            for test in result.test_failures
        ),
        *(
            TestOutcome(name="coverage", message=warning, hint=deploy_hint(warning))
            for warning in result.coverage_warnings
            if not result.succeeded
        ),
    )
    for test in tests:
        listener(Event("test.failed", f"{test.name}: {test.message}", {"mark": "failed"}))
    return StageOutcome(
        name=stage,
        status=DONE if result.succeeded else FAILED,
        deploy_id=result.id,
        components=tuple(rows),
        tests=tests,
        message=None if result.succeeded else _why(result, rows),
    )


def _component(
    spec: IntegrationSpec, component: Component | None, message: DeployMessage, result: DeployResult
) -> ComponentOutcome:
    pointer = component.spec_pointer if component else None
    problem = message.problem
    failed = not message.success
    return ComponentOutcome(
        type=message.component_type or "Package",
        full_name=message.full_name,
        # entries of a job that was rolled back may say success (reference 'messages', whole deploy)
        changed=message.changed and result.succeeded and not result.check_only,
        created=message.created and result.succeeded and not result.check_only,
        deleted=message.deleted and result.succeeded and not result.check_only,
        problem=problem,
        severity="error" if failed else "warning",
        hint=deploy_hint(problem) if problem else None,
        file=str(spec.path) if problem and pointer is not None else None,
        line=spec.line(pointer) if problem and pointer is not None else None,
    )


def _tell(row: ComponentOutcome, result: DeployResult, listener: Listener) -> None:
    name = f"{row.type} {row.full_name}"
    if row.problem and row.severity == "error":
        place = f" ({row.file}:{row.line})" if row.file and row.line else ""
        listener(Event("component.failed", f"{name}: {row.problem}{place}", {"mark": "failed"}))
        if row.hint:
            listener(Event("component.hint", f"  {row.hint}", {}))
        return
    if row.problem:
        listener(Event("component.warning", f"{name}: {row.problem}", {"mark": "warning"}))
    if not result.succeeded:
        return
    verb = "checked" if result.check_only else "created" if row.created else "changed" if row.changed else "unchanged"
    if row.deleted:
        verb = "deleted"
    listener(Event("component.done", f"{name} {verb}", {"mark": "done"}))


def _why(result: DeployResult, rows: Sequence[ComponentOutcome]) -> str:
    if result.canceled_by or result.status == "Canceled":
        return f"The deploy job {result.id} was canceled{f' by {result.canceled_by}' if result.canceled_by else ''}."
    if result.error_message:
        return f"{result.error_status_code or result.status}: {result.error_message}"
    failed = [row for row in rows if row.problem and row.severity == "error"]
    if failed:
        first = failed[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return f"{first.type} {first.full_name}: {first.problem}{more}"
    if result.test_failures:
        return f"{len(result.test_failures)} Apex tests failed."
    if result.coverage_warnings:
        return result.coverage_warnings[0]
    return f"The deploy job {result.id} ended as {result.status} without naming a component."
