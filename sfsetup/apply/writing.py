"""Writes secrets to principals: resolved before anything is sent, written after stage 1, read back by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsetup.apply import outcome as is_
from sfsetup.apply.options import ApplyOptions
from sfsetup.apply.outcome import DeployOutcome, SecretOutcome, StageOutcome
from sfsetup.apply.secrets import resolve
from sfsetup.errors import OrgRefused
from sfsetup.model.event import Event, Listener
from sfsetup.model.plan import StageName
from sfsetup.model.secret import Secret
from sfsetup.model.snapshot import PrincipalState
from sfsetup.protocols.registry import protocol_of
from sfsetup.protocols.values import Principal, StoredCredential

if TYPE_CHECKING:
    from sfsetup.apply.prepare import Prepared
    from sfsetup.apply.remote import Remote


@dataclass(frozen=True, slots=True)
class Value:
    """One value to store, as Connect REST wants it."""

    name: str
    secret: Secret
    encrypted: bool


class PendingSecrets:
    """The secrets of one deploy."""

    def __init__(self, prepared: Prepared, remote: Remote, options: ApplyOptions, listener: Listener) -> None:
        self.spec, self.plan, self.snapshot = prepared.spec, prepared.plan, prepared.snapshot
        self.remote, self.options, self.listener = remote, options, listener
        self.values: dict[str, list[Value]] = {}

    def _wanted(self) -> set[str]:
        return {step.id for step in self.plan.of_stage(StageName.SECRET)}

    def _stored(self, principal: Principal) -> tuple[StoredCredential, ...]:
        credential = self.spec.external_credential
        return protocol_of(credential).stored(credential, principal.name)

    def resolve(self, before: PendingSecrets | None = None) -> None:
        """Gets every value that will be written, and only those. Raises UsageError; then nothing was sent.

        `before` are those of an earlier plan: nobody is asked twice for one value.
        """
        if self.options.dry_run or StageName.SECRET not in self.options.only:
            return
        wanted = self._wanted()
        for principal in self.spec.external_credential.principals:
            for item in self._stored(principal):
                if _step_id(principal, item) in wanted:
                    value = before.value(principal, item) if before else None
                    self.values.setdefault(principal.name, []).append(value or self._value(principal, item))

    def value(self, principal: Principal, item: StoredCredential) -> Value | None:
        """One that was resolved, else None."""
        return next((one for one in self.values.get(principal.name, ()) if one.name == item.connect_name), None)

    def _value(self, principal: Principal, item: StoredCredential) -> Value:
        parameter = item.parameter
        if parameter.secret is None:
            return Value(item.connect_name, Secret(parameter.value or ""), item.encrypted)
        what = f"{principal.name} / {item.spec_name}"
        return Value(
            item.connect_name, resolve(parameter.secret, what=what, listener=self.listener).secret, item.encrypted
        )

    def write(self, outcome: DeployOutcome) -> StageOutcome:
        """Writes what was resolved and reports what was there before."""
        self.listener(Event("stage.started", "Secrets"))
        written = False
        for principal in self.spec.external_credential.principals:
            written = self._principal(principal, outcome) or written
        wanted = bool(self._wanted())
        status = is_.UNCHANGED
        if wanted:
            status = is_.NOT_CHECKABLE if self.options.dry_run else is_.DONE
        if not outcome.secrets:
            self.listener(Event("secret.none", "No secret to store", {"mark": "done"}))
        return StageOutcome(name=StageName.SECRET.value, status=status)

    def _principal(self, principal: Principal, outcome: DeployOutcome) -> bool:
        values = self.values.get(principal.name, [])
        before = self.state(principal)
        after = None
        if values:
            overwrite = self.options.secrets == "always"
            credential = self.spec.external_credential
            after = self.remote.store(credential, principal, values, before, overwrite=overwrite)
        for item in self._stored(principal):
            outcome.secrets.append(self._report(principal, item, before, after, outcome))
        return bool(values)

    def state(self, principal: Principal) -> PrincipalState | None:
        """What the org told of this principal when it was asked."""
        key = (self.spec.external_credential.name, principal.name)
        states = self.snapshot.principals
        return next((state for state in states if (state.external_credential, state.principal) == key), None)

    def _report(
        self,
        principal: Principal,
        item: StoredCredential,
        before: PrincipalState | None,
        after: PrincipalState | None,
        outcome: DeployOutcome,
    ) -> SecretOutcome:
        name = item.connect_name
        label = f"{principal.name} / {name}"
        if _step_id(principal, item) in self._wanted():
            if self.options.dry_run:
                self.listener(Event("secret.planned", f"{label} would be written", {"mark": "note"}))
                return SecretOutcome(principal=principal.name, parameter=name, action="wouldWrite")
            if after is not None and after.known and name not in after.parameters:
                raise OrgRefused(f"{label} was written, and the org does not show it.")
            revision = after.parameters.get(name) if after else None
            shown = f", revision {revision}" if revision is not None else ""
            self.listener(Event("secret.written", f"{label} written{shown}", {"mark": "done"}))
            return SecretOutcome(principal=principal.name, parameter=name, action="written", revision=revision)
        revision = before.parameters.get(name) if before else None
        note = (
            f"{label} is present, revision {revision}, not comparable: whether it is today's value cannot be seen. "
            "`sfsetup deploy --only secret --secrets always` writes it again."
        )
        outcome.warnings.append(note)
        self.listener(Event("secret.present", note, {"mark": "kept"}))
        return SecretOutcome(principal=principal.name, parameter=name, action="present", revision=revision, note=note)


def _step_id(principal: Principal, item: StoredCredential) -> str:
    return f"secret/{principal.name}/{item.connect_name}"
