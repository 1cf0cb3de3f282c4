"""Values of principals by themselves, without a deploy: look, set (rotation included), clear."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsetup.apply.environment import choose
from sfsetup.apply.remote import Remote, stored_principal
from sfsetup.apply.secrets import available, resolve
from sfsetup.apply.writing import Value
from sfsetup.errors import Interrupted, OrgRefused, UsageError
from sfsetup.model.event import Event, Listener, nobody
from sfsetup.model.secret import Secret, SecretRef
from sfsetup.model.snapshot import PrincipalState
from sfsetup.protocols.registry import protocol_of
from sfsetup.protocols.values import Principal, StoredCredential

if TYPE_CHECKING:
    from sfsetup.org.connection import OrgConnection
    from sfsetup.spec.model import IntegrationSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterState:
    """One parameter of a principal: declared by the integration, stored in the org, or both."""

    principal: str
    parameter: str
    declared: bool
    present: bool | None
    """None when the org does not tell."""
    revision: int | None = None
    encrypted: bool | None = None
    action: str | None = None
    """`written` or `cleared`; None where nothing was done."""

    def as_json(self) -> dict[str, Any]:
        """One row of `result.secrets`."""
        return {
            "principal": self.principal,
            "parameter": self.parameter,
            "declared": self.declared,
            "present": self.present,
            "revision": self.revision,
            "encrypted": self.encrypted,
            "action": self.action,
        }


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which principals and parameters are meant; None for all."""

    principal: str | None = None
    parameter: str | None = None


@dataclass
class StoredValues:
    """The principals of one integration in one org. Made by `open_values`."""

    spec: IntegrationSpec
    connection: OrgConnection
    chosen: Chosen = field(default_factory=Chosen)
    listener: Listener = nobody
    ask: bool = False
    """True where a person may be asked for a value whose source is not there."""

    def status(self) -> list[ParameterState]:
        """What is declared and what is stored. Values never come back."""
        rows: list[ParameterState] = []
        for principal in self._principals():
            rows += self._rows(principal, self._state(principal), {})
        return rows

    def set(self, source: SecretRef | None) -> list[ParameterState]:
        """Writes the values of the spec's sources, or of `source` for the one parameter that is meant.

        Everything is resolved before anything is written. Raises UsageError, OrgRefused, OutcomeUnknown.
        """
        wanted = [(principal, self._values(principal, source)) for principal in self._principals()]
        if not any(values for _, values in wanted):
            raise UsageError(f"No principal of {self.spec.external_credential.name} has a value to store.")
        rows: list[ParameterState] = []
        remote = Remote(self.connection)
        for principal, values in wanted:
            if not values:
                continue
            before = self._state(principal)
            try:
                with self._under_way(principal):
                    after = remote.store(self.spec.external_credential, principal, values, before)
            except OrgRefused as error:
                error.actions = (*error.actions, *_ABSENT) if error.status in (400, 403, 404) else error.actions
                raise
            rows += self._rows(principal, after, dict.fromkeys((value.name for value in values), "written"))
            for value in values:
                self.listener(Event("secret.written", f"{principal.name} / {value.name} written", {"mark": "done"}))
        return rows

    def clear(self) -> list[ParameterState]:
        """Deletes what is stored. Raises OrgRefused."""
        rows: list[ParameterState] = []
        for principal in self._principals():
            before = self._state(principal)
            names = [name for name in before.parameters if self.chosen.parameter in (None, name)]
            whole = self.chosen.parameter is None
            if names or not before.known:
                with self._under_way(principal):
                    self.connection.credentials.delete(
                        stored_principal(self.spec.external_credential, principal), () if whole else tuple(names)
                    )
                self.listener(
                    Event("secret.cleared", f"{principal.name}: {', '.join(names) or 'all'} cleared", {"mark": "done"})
                )
            rows += self._rows(principal, self._state(principal), dict.fromkeys(names, "cleared"))
        return rows

    @contextmanager
    def _under_way(self, principal: Principal) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt as cause:
            raise Interrupted(
                f"Interrupted while a change of principal {principal.name} was on its way: "
                "whether the org has taken it is not known.",
                cause=cause,
                actions=[
                    f"`sfsetup secret status {shlex.quote(str(self.spec.path))}` tells what is stored in that org.",
                    "Run the same command again: nothing is lost by doing it twice.",
                ],
            ) from None

    def _principals(self) -> list[Principal]:
        credential = self.spec.external_credential
        if protocol_of(credential).connect_name is None:
            raise UsageError(f"Nothing is stored for the protocol {credential.protocol}.")
        found = [one for one in credential.principals if self.chosen.principal in (None, one.name)]
        if not found:
            names = ", ".join(repr(one.name) for one in credential.principals)
            raise UsageError(
                f"{self.spec.path} has no principal {self.chosen.principal!r}.", actions=[f"It has {names}."]
            )
        return found

    def _declared(self, principal: Principal) -> list[StoredCredential]:
        credential = self.spec.external_credential
        every = protocol_of(credential).stored(credential, principal.name)
        found = [one for one in every if self.chosen.parameter in (None, one.spec_name, one.connect_name)]
        if every and not found:
            names = ", ".join(one.spec_name for one in every)
            raise UsageError(
                f"{self.spec.path}: principal {principal.name!r} has no parameter {self.chosen.parameter!r}.",
                actions=[f"It has {names}."],
            )
        return found

    def _values(self, principal: Principal, source: SecretRef | None) -> list[Value]:
        items = self._declared(principal)
        if source is not None and len(items) != 1:
            raise UsageError(
                "A source is given, and more than one parameter could be meant.",
                actions=["Name one with --principal and --parameter."],
            )
        return [self._value(principal, item, source) for item in items]

    def _value(self, principal: Principal, item: StoredCredential, source: SecretRef | None) -> Value:
        what = f"{principal.name} / {item.spec_name}"
        ref = source or item.parameter.secret
        if ref is None:
            return Value(item.connect_name, Secret(item.parameter.value or ""), item.encrypted)
        if source is None and self.ask and available(ref) is not None:
            # nobody has written it anywhere yet, and somebody is there to type it
            self.listener(Event("secret.note", f"{what}: {available(ref)}"))
            ref = SecretRef("prompt", "")
        secret = resolve(ref, what=what, listener=self.listener, prompt=ref.kind == "prompt").secret
        return Value(item.connect_name, secret, item.encrypted)

    def _state(self, principal: Principal) -> PrincipalState:
        state = self.connection.credentials.get(stored_principal(self.spec.external_credential, principal))
        if state.known and not state.parameters and not self._sees_setup:
            # without View Setup an org may show nothing of what is there: empty is not absent
            return replace(state, known=False)
        return state

    @cached_property
    def _sees_setup(self) -> bool:
        return self.connection.people.rights().has("PermissionsViewSetup") is True

    def _rows(self, principal: Principal, state: PrincipalState, actions: dict[str, str]) -> Sequence[ParameterState]:
        declared = {item.connect_name for item in self._declared(principal)}
        names = sorted({*declared, *(name for name in state.parameters if self.chosen.parameter in (None, name))})
        return [
            ParameterState(
                principal=principal.name,
                parameter=name,
                declared=name in declared,
                present=name in state.parameters if state.known else None,
                revision=state.parameters.get(name),
                encrypted=state.encrypted.get(name),
                action=actions.get(name),
            )
            for name in names
        ]


_ABSENT = ("If the external credential is not in the org yet: `sfsetup deploy` brings it and sets its secrets.",)


def open_values(
    path: Path, connection: OrgConnection, environment: str | None, chosen: Chosen, listener: Listener = nobody
) -> StoredValues:
    """Reads SPEC for the org's environment. Raises InvalidInput, UsageError."""
    from sfsetup.spec.reader import load_integration

    spec = choose(load_integration(path)[0], connection.info, environment)
    return StoredValues(spec, connection, chosen, listener)
