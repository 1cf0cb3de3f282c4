"""What became of a deploy and of a verify, as the contracts' JSON shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sfsetup.model.finding import Finding
from sfsetup.model.plan import Kept
from sfsetup.model.snapshot import OrgInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentOutcome:
    """One component of a stage. `problem` is Salesforce's own text; `hint` is ours."""

    type: str
    full_name: str
    changed: bool = False
    created: bool = False
    deleted: bool = False
    problem: str | None = None
    severity: str = "error"
    """`error` or `warning`, where there is a problem."""
    hint: str | None = None
    file: str | None = None
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """`{type, fullName, changed, created, problem, file, line}` and the hint."""
        return {
            "type": self.type,
            "fullName": self.full_name,
            "changed": self.changed,
            "created": self.created,
            "deleted": self.deleted,
            "problem": self.problem,
            "severity": self.severity if self.problem else None,
            "hint": self.hint,
            "file": self.file,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutcome:
    """One failed Apex test, or a coverage that was not reached."""

    __test__ = False

    name: str
    message: str
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """`{name, message, hint}`."""
        return {"name": self.name, "message": self.message, "hint": self.hint}


DONE, UNCHANGED, FAILED, NOT_CHECKABLE, SKIPPED = "done", "unchanged", "failed", "notCheckable", "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutcome:
    """One stage: metadata, secret, flow or assign."""

    name: str
    status: str
    deploy_id: str | None = None
    components: tuple[ComponentOutcome, ...] = ()
    tests: tuple[TestOutcome, ...] = ()
    message: str | None = None
    """What to know about a status that does not explain itself."""

    def as_json(self) -> dict[str, Any]:
        """`{name, status, deployId, components}` and what else is known."""
        return {
            "name": self.name,
            "status": self.status,
            "deployId": self.deploy_id,
            "components": [component.as_json() for component in self.components],
            "tests": [test.as_json() for test in self.tests],
            "message": self.message,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretOutcome:
    """One parameter of a principal after a deploy: written now, or present before."""

    principal: str
    parameter: str
    action: str
    """`written`, `present`, `wouldWrite` (dry run) or `failed`."""
    revision: int | None = None
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        """`{principal, parameter, action, revision}`."""
        return {
            "principal": self.principal,
            "parameter": self.parameter,
            "action": self.action,
            "revision": self.revision,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationOutcome:
    """An action as the flow calls it, and who told its names."""

    action_name: str
    apex_class: str | None
    source: str

    def as_json(self) -> dict[str, Any]:
        """`{actionName, apexClass, source}`."""
        return {"actionName": self.action_name, "apexClass": self.apex_class, "source": self.source}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentOutcome:
    """A permission set and a user."""

    user: str
    permission_set: str
    action: str
    """`assigned`, `present`, `wouldAssign` (dry run) or `failed`."""
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """`{user, permissionSet, action, problem}`."""
        return {
            "user": self.user,
            "permissionSet": self.permission_set,
            "action": self.action,
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrentDeploy:
    """Another deployment that went on at the same time and concerns the same components, as far as can be seen."""

    deploy_id: str
    user: str | None
    status: str
    components: tuple[str, ...]
    """`Type FullName` of those that both brought."""
    effect: str
    """`overwritten` (ours stands), `overwrote` (theirs does), `running` or `unknown`."""

    def as_json(self) -> dict[str, Any]:
        """`{deployId, user, status, components, effect}`."""
        return {
            "deployId": self.deploy_id,
            "user": self.user,
            "status": self.status,
            "components": list(self.components),
            "effect": self.effect,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """Where a deploy was when somebody ended it."""

    stage: str
    running_job: str | None = None
    """A deploy job whose end was not seen: it may go on in the org."""
    sending: bool = False
    """True if a change was on its way: whether the org took it is not known."""

    def as_json(self) -> dict[str, Any]:
        """`{stage, runningJob, sending}`."""
        return {"stage": self.stage, "runningJob": self.running_job, "sending": self.sending}


@dataclass(kw_only=True)
class DeployOutcome:
    """A whole deploy. Filled as it goes on, so that a failure reports what was done before it."""

    spec: str
    org: OrgInfo
    environment: str | None
    dry_run: bool
    stages: list[StageOutcome] = field(default_factory=list)
    secrets: list[SecretOutcome] = field(default_factory=list)
    operations: list[OperationOutcome] = field(default_factory=list)
    active_version: int | None = None
    latest_version: int | None = None
    activated_by: str | None = None
    """`api` where a version that was there was made active, `deploy` where one was sent as active; else None."""
    assignments: list[AssignmentOutcome] = field(default_factory=list)
    kept: tuple[Kept, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why the deploy failed, one sentence each; empty when it did not."""
    incomplete: bool = False
    """True when something could not be read, so that success cannot be claimed in full."""
    concurrent: list[ConcurrentDeploy] = field(default_factory=list)
    interruption: Interruption | None = None
    backup: str | None = None
    """Name under which `rollback` finds what the org had before."""

    @property
    def failed(self) -> bool:
        """True if any stage failed."""
        return bool(self.problems) or any(stage.status == FAILED for stage in self.stages)

    @property
    def sent_anything(self) -> bool:
        """True if the org was changed."""
        return any(stage.status == DONE for stage in self.stages) and not self.dry_run

    def as_json(self) -> dict[str, Any]:
        """`result` of `deploy --json`."""
        return {
            "spec": self.spec,
            "org": org_json(self.org),
            "environment": self.environment,
            "dryRun": self.dry_run,
            "stages": [stage.as_json() for stage in self.stages],
            "secrets": [secret.as_json() for secret in self.secrets],
            "operations": [operation.as_json() for operation in self.operations],
            "flow": {"activeVersion": self.active_version, "latestVersion": self.latest_version},
            "activatedBy": self.activated_by,
            "assignments": [assignment.as_json() for assignment in self.assignments],
            "kept": [kept.as_json() for kept in self.kept],
            "findings": [finding.as_json() for finding in self.findings],
            "problems": list(self.problems),
            "concurrent": [one.as_json() for one in self.concurrent],
            "interrupted": self.interruption.as_json() if self.interruption else None,
            "backup": self.backup,
        }


def org_json(org: OrgInfo) -> dict[str, Any]:
    """`{id, username, type, apiVersion}`."""
    return {"id": org.id, "username": org.username, "type": org.type.value, "apiVersion": org.api_version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One key of `verify.expect` and what the flow gave."""

    path: str
    expected: Any
    actual: Any
    ok: bool

    def as_json(self) -> dict[str, Any]:
        """`{path, expected, actual, ok}`."""
        return {"path": self.path, "expected": self.expected, "actual": self.actual, "ok": self.ok}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOutcome:
    """A flow run and what was expected of it."""

    spec: str
    org: OrgInfo
    flow: str
    version: int | None
    run_as: str
    ok: bool
    outputs: dict[str, Any]
    expected: tuple[Expectation, ...] = ()
    requests: tuple[dict[str, Any], ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """`result` of `verify --json`."""
        return {
            "spec": self.spec,
            "ok": self.ok,
            "flow": {"fullName": self.flow, "version": self.version, "runAs": self.run_as},
            "outputs": self.outputs,
            "expected": [item.as_json() for item in self.expected],
            "requests": list(self.requests),
            "errors": list(self.errors),
            "hints": list(self.hints),
        }
