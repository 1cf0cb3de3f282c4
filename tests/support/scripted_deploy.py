"""A deploy against an org that a test scripts: what it is asked to do, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfsetup.apply.deploy import Deployment
from sfsetup.apply.options import ApplyOptions
from sfsetup.apply.outcome import DeployOutcome
from sfsetup.apply.prepare import Prepared
from sfsetup.errors import OrgRefused, SfsetupError
from sfsetup.model.event import Event
from sfsetup.model.finding import ComponentRef
from sfsetup.model.snapshot import (
    FlowVersions,
    OrgComponent,
    OrgInfo,
    OrgSnapshot,
    OrgType,
    PrincipalState,
    RegisteredOperation,
    UserState,
)
from sfsetup.org.deployments import DeployRequest
from sfsetup.org.jobs import DeployMessage, DeployResult
from sfsetup.planning.planner import plan
from sfsetup.render.components import render
from sfsetup.spec.reader import load_integration

ORG = OrgInfo(
    id="00D000000000001AAA",
    username="me@acme.example",
    user_id="005000000000001AAA",
    type=OrgType.SANDBOX,
    api_version="66.0",
    instance_url="https://acme--uat.sandbox.my.salesforce.com",
)
ME = UserState("me@acme.example", "005000000000001AAA")
NOT_READY = 'The data type "ExternalService__CPaaSSMS_SmsResponse" for "apexClass" is invalid: "apexClass" is invalid'


@dataclass
class ScriptedRemote:
    """Answers jobs in turn; keeps what it was asked to do."""

    results: list[Callable[[str], DeployResult]] = field(default_factory=list)
    operation: RegisteredOperation | None = None
    versions: FlowVersions | None = field(default_factory=lambda: FlowVersions("Send_SMS", 1, 1))
    done: list[tuple[Any, ...]] = field(default_factory=list)
    sent: int = 0
    refuses_activation: bool = False
    before: FlowVersions | None = None
    """What the first question for versions is answered with; `versions` answers the others."""
    others: tuple[DeployRequest, ...] | None = ()
    touched: Mapping[str, frozenset[ComponentRef] | None] = field(default_factory=dict)
    now: dict[ComponentRef, OrgComponent] = field(default_factory=dict)
    interrupt: str = ""
    """The call in which somebody presses Ctrl-C."""
    sending: bool = False
    running_job: str | None = None

    @property
    def jobs(self) -> list[str]:
        return [f"0Af{number}" for number in range(1, self.sent + 1)]

    def _reach(self, call: str) -> None:
        if self.interrupt == call:
            raise KeyboardInterrupt

    def deploy(self, archive: bytes, options: Any, files: Any = ()) -> str:
        self.sending = True
        self._reach("deploy")
        self.sent += 1
        self.done.append(("deploy", sorted(files), options))
        self.running_job, self.sending = self.jobs[-1], False
        return self.jobs[-1]

    def deployments(self) -> tuple[DeployRequest, ...] | None:
        return self.others

    def read(self, refs: Any) -> dict[ComponentRef, OrgComponent]:
        return {ref: self.now[ref] for ref in refs if ref in self.now}

    def modified(self, types: Any) -> dict[ComponentRef, str | None]:
        self.done.append(("list", tuple(types)))
        return {ref: one.last_modified_date for ref, one in self.now.items() if ref.type in types}

    def job_components(self, job_id: str) -> frozenset[ComponentRef] | None:
        return self.touched.get(job_id)

    def wait(self, job_id: str, seconds: float, watch: Callable[[DeployResult], None]) -> DeployResult:
        self._reach("wait")
        self.running_job = None
        result = (self.results.pop(0) if self.results else succeeded)(job_id)
        watch(result)
        return result

    def describe_action(self, service: str, action: str) -> RegisteredOperation | None:
        self.done.append(("describe", action))
        return self.operation

    def flow_versions(self, name: str) -> FlowVersions | None:
        found, self.before = self.before or self.versions, None
        return found

    def store(
        self, credential: Any, principal: Any, values: Any, before: Any, *, overwrite: bool = True
    ) -> PrincipalState:
        self.done.append(("store", principal.name, [(value.name, value.secret.reveal()) for value in values]))
        return PrincipalState(credential.name, principal.name, {value.name: 1 for value in values})

    def activate(self, flow: str, version: int | None) -> None:
        self.done.append(("activate", flow, version))
        if self.refuses_activation:
            raise OrgRefused("not by an API")

    def assign(self, user: UserState, permission_set: str) -> bool:
        self._reach("assign")
        self.done.append(("assign", user.username, permission_set))
        return True


def succeeded(job_id: str) -> DeployResult:
    return DeployResult(id=job_id, status="Succeeded", done=True, success=True)


def failed(*messages: DeployMessage, **values: Any) -> Callable[[str], DeployResult]:
    return lambda job_id: DeployResult(
        id=job_id,
        status="Failed",
        done=True,
        success=False,
        failures=messages,
        component_errors=len(messages),
        **values,
    )


def problem(type_name: str, full_name: str, text: str) -> DeployMessage:
    return DeployMessage(component_type=type_name, full_name=full_name, file_name="x", success=False, problem=text)


class Run:
    """One deploy against a scripted org."""

    def __init__(
        self,
        repository: Path,
        remote: ScriptedRemote,
        snapshot: OrgSnapshot | None = None,
        *,
        deployments: tuple[DeployRequest, ...] | None = (),
        age: float | None = None,
        **options: Any,
    ) -> None:
        spec, document = load_integration(repository / "specs" / "8x8-sms")
        chosen = ApplyOptions(**options)
        components = render(spec, document)
        found = snapshot or OrgSnapshot(org=ORG, users=(ME,))
        prepared = Prepared(
            spec=spec,
            document=document,
            components=components,
            snapshot=found,
            deployments=deployments,
            taken=None if age is None else -age,
            plan=plan(spec, components, found, chosen.planning),
        )
        self.remote = remote
        self.events: list[Event] = []
        self.slept: list[float] = []
        now = [0.0]

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            now[0] += seconds

        self.deployment = Deployment(
            prepared,
            remote,  # type: ignore[arg-type]
            chosen,
            self.events.append,
            sleep=sleep,
            clock=lambda: now[0],
        )

    def run(self) -> tuple[DeployOutcome, SfsetupError | None]:
        self.deployment.check()
        return self.deployment.run()

    def said(self) -> str:
        return "\n".join(event.message for event in self.events)


def inactive(repository: Path) -> OrgSnapshot:
    """An org that has it all, with a flow of which no version is active."""
    spec, document = load_integration(repository / "specs" / "8x8-sms")
    return OrgSnapshot(
        org=ORG,
        components={one.ref: OrgComponent(ref=one.ref, content=one.content) for one in render(spec, document)},
        principals=(PrincipalState("X8x8_CPaaS_Authentication", "8x8 API Key Principal", {"api_key": 1}),),
        flows={"Send_SMS": FlowVersions("Send_SMS", None, 2)},
    )
