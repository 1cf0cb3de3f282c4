"""Stored parameters of principals, by Connect REST `/named-credentials/credential`. Values go in and never come back.

Sources: reference 'wire protocols', 3.1; 'messages', 2. PUT replaces the whole set, PATCH (59.0, protocol Custom alone)
adds and changes, POST is for a principal that has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sfsetup.errors import OrgRefused, OutcomeUnknown, Unreachable
from sfsetup.model.secret import Secret
from sfsetup.model.snapshot import PrincipalState
from sfsetup.org.rest import Rest

RESOURCE = "named-credentials/credential"
CUSTOM = "Custom"
_SETTLE = (0.2, 1.0, 3.0)
"""Seconds before each look at what became of a write whose answer was lost."""


@dataclass(frozen=True, slots=True)
class Principal:
    """One principal. `protocol` is written as Connect does: Custom, Basic, OAuth, AwsSv4, Jwt."""

    external_credential: str
    """Developer name, `ns__Name` when packaged."""
    name: str
    protocol: str
    principal_type: str = "NamedPrincipal"
    variant: str | None = None

    @property
    def query(self) -> dict[str, str]:
        """Query parameters of GET and DELETE."""
        query = {"externalCredential": self.external_credential, "principalType": self.principal_type}
        return {**query, "principalName": self.name} if self.principal_type == "NamedPrincipal" else query


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter's value and whether the org keeps it encrypted. Fixed names (Basic, OAuth, AWS) prescribe that."""

    value: Secret
    encrypted: bool = True


class Credentials:
    """What is stored for the principals of one org."""

    def __init__(self, rest: Rest, sleep: Callable[[float], None]) -> None:
        self._rest = rest
        self._sleep = sleep

    def get(self, principal: Principal) -> PrincipalState:
        """What is stored. Handles every answer seen for 'nothing stored': 404, no `credentials`, an empty map.

        `known` is False when the org refuses to tell (no access to the external credential, or it does not exist there
        as far as this user can see).
        """
        try:
            answer = self._rest.get(RESOURCE, params=principal.query)
        except OrgRefused as error:
            if error.status == 404:
                return _state(principal, {})
            if error.status in (400, 403):
                return PrincipalState(principal.external_credential, principal.name, known=False)
            raise
        return _state(principal, answer if isinstance(answer, Mapping) else {})

    def post(self, principal: Principal, values: Mapping[str, Value]) -> PrincipalState:
        """Stores the parameters of a principal that has none. Raises OrgRefused with code CONFLICT when it has some."""
        return self._write("POST", principal, values)

    def put(self, principal: Principal, values: Mapping[str, Value]) -> PrincipalState:
        """Replaces all parameters of the principal: those not given are gone."""
        return self._write("PUT", principal, values)

    def patch(self, principal: Principal, values: Mapping[str, Value]) -> PrincipalState:
        """Adds and changes the parameters given, keeps the others. Protocol Custom alone, from 59.0."""
        return self._write("PATCH", principal, values)

    def delete(self, principal: Principal, parameters: tuple[str, ...] = ()) -> None:
        """Deletes the parameters named (protocol Custom, 59.0), or all of them."""
        query = principal.query
        if parameters:
            query["authenticationParameters"] = ",".join(parameters)
        try:
            self._rest.send("DELETE", RESOURCE, params=query)
        except OutcomeUnknown:
            # deleting again is harmless
            self._rest.send("DELETE", RESOURCE, params=query)

    def store(
        self,
        principal: Principal,
        values: Mapping[str, Value],
        *,
        before: PrincipalState | None = None,
        overwrite: bool = True,
    ) -> PrincipalState:
        """Brings the given parameters in and loses no other; chooses POST, PATCH or PUT by what is there.

        A principal of a fixed-parameter protocol that is given only some of its parameters is refused here: PUT would
        delete the rest. Without `overwrite` a parameter that somebody has stored since `before` is refused too.
        Raises OrgRefused, Unreachable, OutcomeUnknown.
        """
        known = before
        if before is None or (before.known and before.parameters and not overwrite):
            before = self.get(principal)
        if known is not None and not overwrite:
            _refuse_overwriting(principal, values, known, before)
        if before.known and not before.parameters:
            try:
                return self.post(principal, values)
            except OrgRefused as error:
                if error.code != "CONFLICT":
                    raise
                # somebody stored parameters between our look and our write, or the look could not show them
                now = self.get(principal)
                if not overwrite:
                    _refuse_overwriting(principal, values, before, now)
                before = now
        if principal.protocol == CUSTOM:
            return self._patch_or_post(principal, values, before)
        lost = sorted(set(before.parameters) - set(values))
        if lost:
            raise OrgRefused(
                f"Writing {', '.join(sorted(values))} of {principal.external_credential}-{principal.name} would delete "
                f"{', '.join(lost)}: this protocol's parameters can only be replaced together.",
                actions=["Give the principal all of its parameters."],
            )
        return self.put(principal, values)

    def _patch_or_post(
        self, principal: Principal, values: Mapping[str, Value], before: PrincipalState
    ) -> PrincipalState:
        try:
            return self.patch(principal, values)
        except OrgRefused as error:
            # a principal about which the org would not tell may have nothing: PATCH then has nothing to change
            if before.known or error.status not in (400, 404):
                raise
        return self.post(principal, values)

    def _write(self, method: str, principal: Principal, values: Mapping[str, Value]) -> PrincipalState:
        try:
            return self._write_once(method, principal, values)
        except OutcomeUnknown as error:
            return self._settle(method, principal, values, error)

    def _write_once(self, method: str, principal: Principal, values: Mapping[str, Value]) -> PrincipalState:
        body: dict[str, Any] = {
            "externalCredential": principal.external_credential,
            "principalType": principal.principal_type,
            "authenticationProtocol": principal.protocol,
            "credentials": {
                name: {"value": value.value.reveal(), "encrypted": value.encrypted} for name, value in values.items()
            },
        }
        if principal.principal_type == "NamedPrincipal":
            body["principalName"] = principal.name
        if principal.variant:
            body["authenticationProtocolVariant"] = principal.variant
        answer = self._rest.send(method, RESOURCE, body)
        state = _state(principal, answer if isinstance(answer, Mapping) else {})
        return state if set(values) <= set(state.parameters) else self._read_back(principal, values)

    def _read_back(self, principal: Principal, values: Mapping[str, Value]) -> PrincipalState:
        """Presence of the parameters is the proof; the status of a Custom principal stays Unknown for ever."""
        state = self.get(principal)
        missing = sorted(set(values) - set(state.parameters))
        if state.known and missing:
            raise OrgRefused(
                f"The org took the parameters of {principal.external_credential}-{principal.name} and shows none named "
                f"{', '.join(missing)}."
            )
        return state

    def _settle(
        self, method: str, principal: Principal, values: Mapping[str, Value], lost: OutcomeUnknown
    ) -> PrincipalState:
        """After a lost answer: PUT and PATCH are sent again (same values, same state), POST is looked for first."""
        failure: Unreachable = lost
        for pause in _SETTLE:
            self._sleep(pause)
            try:
                if method == "POST":
                    state = self.get(principal)
                    if set(values) <= set(state.parameters):
                        return state
                return self._write_once(method, principal, values)
            except Unreachable as error:
                failure = error
            except OrgRefused as error:
                if error.code != "CONFLICT":
                    raise
                # the first POST arrived after all, after we had looked
                return self._read_back(principal, values)
        raise OutcomeUnknown(
            f"The connection broke while the parameters of {principal.external_credential}-{principal.name} were "
            f"written, and the org cannot be asked what became of them ({failure.message})",
            actions=["Run the command again: writing the same values once more does no harm."],
        )


def _refuse_overwriting(
    principal: Principal, values: Mapping[str, Value], before: PrincipalState, now: PrincipalState
) -> None:
    """A parameter that was not there, or had another revision, when it was decided to write it."""
    for name in sorted(values):
        if name in now.parameters and now.parameters[name] != before.parameters.get(name):
            raise OrgRefused(
                f"{principal.name} / {name} was stored by somebody else since this was planned; it is left as it is.",
                actions=["Run the command again, with --secrets always if the value is to be written all the same."],
            )


def _state(principal: Principal, answer: Mapping[str, Any]) -> PrincipalState:
    found = answer.get("credentials")
    entries = found if isinstance(found, Mapping) else {}
    present = {name: entry for name, entry in entries.items() if _is_stored(entry)}
    return PrincipalState(
        external_credential=principal.external_credential,
        principal=principal.name,
        parameters={name: _revision(entry) for name, entry in present.items()},
        encrypted={name: bool(entry.get("encrypted")) for name, entry in present.items()},
        status=answer.get("authenticationStatus"),
    )


def _is_stored(entry: object) -> bool:
    """Names alone are what a protocol wants, not what is stored: a stored one has an id, a revision or a value."""
    return isinstance(entry, Mapping) and any(entry.get(key) is not None for key in ("revision", "id", "value"))


def _revision(entry: Mapping[str, Any]) -> int | None:
    value = entry.get("revision")
    return int(value) if isinstance(value, int | float) else None
