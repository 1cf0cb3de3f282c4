"""Runs the integration's flow once, for real, and compares its outputs with what the spec expects.

A flow administrator runs the latest version, everybody else the active one (reference 'wire protocols' section 2.3);
what ran is therefore said beside the outcome, and whether it is what users get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.apply.environment import choose
from sfsetup.apply.hints import run_hint
from sfsetup.apply.outcome import Expectation, VerifyOutcome
from sfsetup.apply.secrets import guard
from sfsetup.apply.values import equal, flat_inputs, output_at
from sfsetup.errors import Interrupted, OrgRefused, SfsetupError, UsageError
from sfsetup.model.event import Event, Listener, nobody
from sfsetup.model.snapshot import FlowVersions, RegisteredOperation

if TYPE_CHECKING:
    from sfsetup.org.actions import FlowRun
    from sfsetup.org.connection import OrgConnection
    from sfsetup.spec.interface import FlowInterface
    from sfsetup.spec.model import IntegrationSpec

_REQUESTS = "/sfsetup/control/requests"
_CALLOUTS = "/sfsetup/control/callouts"


class Verification:
    """One verify: made without touching the org's data, `run` runs the flow."""

    def __init__(
        self, path: Path, connection: OrgConnection, environment: str | None = None, listener: Listener = nobody
    ) -> None:
        """Reads the spec and asks the org for the action. Raises as `prepare`; UsageError for a spec without flow."""
        from sfsetup.spec.reader import load_integration

        found, self.document = load_integration(path)
        self.spec: IntegrationSpec = choose(found, connection.info, environment)
        guard(self.spec)
        self.connection, self.listener = connection, listener
        flow = self.spec.flow
        if flow is None:
            raise UsageError(
                f"{self.spec.path} has no flow, so there is nothing to run.", actions=["Remove `flow: false`."]
            )
        self.flow_name = flow.name
        self.interface = self._interface(flow.operation)

    def _interface(self, operation_name: str) -> FlowInterface:
        from sfsetup.spec.interface import flow_interface
        from sfsetup.spec.service import described_service

        described = described_service(self.spec, self.document)
        operation = described.names.operation(operation_name)
        if operation is None:
            raise UsageError(f"The document has no operation {operation_name}.", file=str(self.spec.path))
        told: list[RegisteredOperation] = []
        try:
            action = self.connection.actions.operation(
                self.spec.service.name, operation.action_name.partition(".")[2] or operation.action_name
            )
        except OrgRefused:
            action = None
        if action is not None:
            told.append(action)
        return flow_interface(described.document, described.names, operation, told)

    @property
    def sends_for_real(self) -> bool:
        """True unless every callout stays on this machine."""
        if not self.connection.info.is_local:
            return True
        allowed = self._ask_local(_CALLOUTS)
        hosts = allowed.get("allow", ()) if isinstance(allowed, Mapping) else ()
        return any(not str(host).startswith("127.0.0.1") for host in hosts)

    @property
    def question(self) -> str:
        """What to ask a person before it is run."""
        info = self.connection.info
        return (
            f"This runs the flow {self.flow_name} as {info.username} on {info.instance_url}: it sends a real request "
            f"to {self.spec.named_credential.url}. Go on?"
        )

    def run(self) -> VerifyOutcome:
        """Runs the flow and compares. Raises OrgRefused for a flow that cannot be started, OutcomeUnknown."""
        versions = self._versions()
        before = self._requests()
        inputs = flat_inputs(self.interface, self.spec.verify.inputs)
        self.listener(Event("verify.started", f"Running flow {self.flow_name} as {self.connection.info.username}"))
        error: SfsetupError | None = None
        ran: FlowRun | None = None
        try:
            ran = self.connection.actions.run_flow(self.flow_name, inputs)
        except OrgRefused as refused:
            error = refused
        except KeyboardInterrupt as cause:
            raise Interrupted(
                f"Interrupted while the flow {self.flow_name} ran: whether it ran to its end is not known.",
                cause=cause,
                actions=["Look at what the vendor received before you run it again."],
            ) from None
        if ran is None:
            assert error is not None
            raise _not_started(error, self.flow_name, versions)
        return self._outcome(ran, versions, _new(before, self._requests()))

    def _outcome(
        self, ran: FlowRun, versions: FlowVersions | None, requests: Sequence[Mapping[str, Any]]
    ) -> VerifyOutcome:
        outputs = dict(ran.outputs)
        expected = tuple(
            Expectation(path=path, expected=value, actual=actual, ok=equal(value, actual))
            for path, value in self._expected().items()
            for actual in [output_at(self.interface, outputs, path)]
        )
        version = ran.version if ran.version is not None else _version_run(versions)
        ok = ran.ok and all(item.ok for item in expected)
        said = [*ran.errors, *([str(outputs["errorMessage"])] if outputs.get("errorMessage") else [])]
        return VerifyOutcome(
            spec=self.spec.name,
            org=self.connection.info,
            flow=self.flow_name,
            version=version,
            run_as=self.connection.info.username,
            ok=ok,
            outputs=outputs,
            expected=expected,
            requests=tuple(_shown(request) for request in requests),
            errors=ran.errors,
            warnings=_version_warnings(self.flow_name, versions, version),
            hints=() if ok else self._hints(said, outputs, requests),
        )

    def _expected(self) -> dict[str, Any]:
        """What the spec expects; where it says nothing of success, `ok` is expected as well."""
        wanted = dict(self.spec.verify.expect)
        if not {"ok", "responseCode"} & set(wanted):
            wanted = {"ok": True, **wanted}
        return wanted

    def _hints(
        self, said: Sequence[str], outputs: Mapping[str, Any], requests: Sequence[Mapping[str, Any]]
    ) -> tuple[str, ...]:
        hints = [hint for hint in map(run_hint, said) if hint]
        statuses = {str(outputs.get("responseCode"))} | {str(request.get("status")) for request in requests}
        if statuses & {"401", "403"}:
            hints.append(
                "The vendor does not accept the credential: the stored secret is wrong or was replaced. Correct its "
                "source, then `sfsetup deploy --only secret --secrets always` writes it again."
            )
        return tuple(dict.fromkeys(hints))

    def _versions(self) -> FlowVersions | None:
        try:
            return self.connection.actions.flow_versions([self.flow_name]).get(self.flow_name)
        except OrgRefused:
            return None

    def _requests(self) -> list[Mapping[str, Any]] | None:
        """The callouts that the local org has logged; None on a real org, which keeps no such list."""
        if not self.connection.info.is_local:
            return None
        found = self._ask_local(_REQUESTS)
        rows = found.get("requests") if isinstance(found, Mapping) else None
        return list(rows) if isinstance(rows, list) else None

    def _ask_local(self, path: str) -> Any:
        try:
            return self.connection.rest.get_absolute(path)
        except OrgRefused:
            return None


def verify(
    path: Path,
    connection: OrgConnection,
    environment: str | None,
    permit: Callable[[str], None],
    listener: Listener = nobody,
) -> VerifyOutcome:
    """Runs one integration's flow. `permit` is asked before anything leaves this machine, and raises to stop it."""
    verification = Verification(path, connection, environment, listener)
    if verification.sends_for_real:
        permit(verification.question)
    return verification.run()


def _new(
    before: Sequence[Mapping[str, Any]] | None, after: Sequence[Mapping[str, Any]] | None
) -> Sequence[Mapping[str, Any]]:
    """Rows that were not there before; the log drops old rows, so positions tell nothing."""
    if not after:
        return ()
    if not before:
        return after
    last = before[-1]
    for index in range(len(after) - 1, -1, -1):
        if after[index] == last:
            return after[index + 1 :]
    return after


def _shown(request: Mapping[str, Any]) -> dict[str, Any]:
    names = ("method", "url", "headers", "body", "status", "response", "problem")
    return {name: request.get(name) for name in names}


def _version_run(versions: FlowVersions | None) -> int | None:
    """The version that must have run, where the org does not tell: only if there is just one that could."""
    if versions is None:
        return None
    if versions.active is None or versions.active == versions.latest:
        return versions.latest
    return None


def _version_warnings(name: str, versions: FlowVersions | None, ran: int | None) -> tuple[str, ...]:
    if versions is None:
        return (f"The versions of flow {name} cannot be read: whether users get what ran is not known.",)
    if versions.active is None:
        return (f"Flow {name} has no active version: users do not get this version.",)
    if versions.active != versions.latest:
        what = f"version {ran} ran" if ran is not None else "an administrator runs the latest"
        warning = (
            f"Users do not get this version: version {versions.latest} of flow {name} is the latest, version "
            f"{versions.active} is the active one; {what}."
        )
        return (warning,)
    return ()


def _not_started(error: SfsetupError, name: str, versions: FlowVersions | None) -> OrgRefused:
    actions = [*error.actions]
    if hint := run_hint(error.message):
        actions.append(hint)
    if versions is None:
        actions.append(f"If the org has no flow {name}: `sfsetup deploy` brings it.")
    refused = OrgRefused(f"The flow {name} could not be run: {error.message}", actions=actions)
    refused.code = getattr(error, "code", None)
    refused.status = getattr(error, "status", None)
    return refused
