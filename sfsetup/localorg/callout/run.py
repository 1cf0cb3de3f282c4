"""One callout from beginning to end: grants, credential, headers, token, request, answer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sfsetup.localorg.callout.access import Authority, Rights, Stored, authority, not_configured
from sfsetup.localorg.callout.assertion import SigningKeys, assertion
from sfsetup.localorg.callout.aws import Signer
from sfsetup.localorg.callout.compose import Composed, compose
from sfsetup.localorg.callout.headers import FormulaSettings, custom_headers, uses_credential
from sfsetup.localorg.callout.oauth import ACCESS_TOKEN, REFRESH_TOKEN, TokenCache, fetch, key_of
from sfsetup.localorg.callout.outcome import result
from sfsetup.localorg.callout.service import ServiceAction
from sfsetup.localorg.callout.values import CredentialSetup, Endpoint, Incoming, Outgoing, Principal
from sfsetup.localorg.flow.interpreter import CallResult
from sfsetup.localorg.flow.values import ClassLookup, FlowFault, FlowValue

_UNMODELLED = ("Jwt",)
"""Protocols whose Authorization header the local org cannot make."""


class Setup(Protocol):
    """What the org knows of named things; None for a name that it does not have."""

    def endpoint(self, name: str, /) -> Endpoint | None:
        """A Named Credential."""
        ...

    def credential(self, name: str, /) -> CredentialSetup | None:
        """An External Credential."""
        ...

    def media_types(self, service: str, /) -> Mapping[str, str]:
        """compatibleMediaTypes of a registration."""
        ...


class Wire(Protocol):
    """Sends a request and logs it."""

    def send(self, request: Outgoing, /, **context: Any) -> Incoming:
        """Raises FlowFault when no answer comes."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How the uncertain facts stand (switches)."""

    http_error_takes_fault_path: bool = True
    header_box_hides_custom: bool = False
    embedded_merge_evaluated: bool = True
    oauth_needs_modify_all: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls."""

    user_id: str
    rights: Rights


@dataclass(frozen=True, slots=True)
class Callouts:
    """Makes callouts of one org."""

    setup: Setup
    stored: Callable[[str], Stored]
    """User id -> what is stored for principals that this user may use."""
    wire: Wire
    tokens: TokenCache
    keys: SigningKeys
    renew: Callable[[str, str, Principal], str]
    """User id, external credential, principal that somebody signed in: stores a new access token and gives it."""
    classes: ClassLookup
    now: Callable[[], datetime]
    rules: Rules

    def call(self, action: ServiceAction, inputs: Mapping[str, FlowValue], caller: Caller, element: str) -> CallResult:
        """Runs an action. Raises FlowFault for all that goes wrong before an answer comes."""
        endpoint = self.setup.endpoint(action.named_credential)
        if endpoint is None:
            raise FlowFault(f"The named credential {action.named_credential} of {action.service} does not exist.")
        if not endpoint.enabled:
            raise FlowFault(f"Callouts are disabled for the named credential {endpoint.name}.")
        if endpoint.legacy_protocol is not None and endpoint.generates_authorization:
            raise FlowFault(
                f"The local org does not model the authentication of legacy named credentials: {endpoint.name} has the "
                f"protocol {endpoint.legacy_protocol}, and its secret is not kept."
            )
        credential = self.setup.credential(endpoint.credential) if endpoint.credential else None
        who = Authority(None)
        if endpoint.credential:
            stored = self.stored(caller.user_id)
            needs_all = self.rules.oauth_needs_modify_all
            who = authority(endpoint.credential, credential, caller.rights, stored, oauth_needs_all=needs_all)
        composed = compose(action, endpoint, inputs, self.setup.media_types(action.service))
        if "callout:" in action.document.base_path:
            raise FlowFault(f"The named callout URL: '{composed.url}' is malformed")
        if credential is not None and endpoint.generates_authorization and credential.protocol in _UNMODELLED:
            raise FlowFault(f"The local org does not model the authentication protocol {credential.protocol}.")
        headers = self._headers(endpoint, credential, who)
        context = {"action": action.name, "element": element, "user": caller.user_id}
        if credential is not None and credential.protocol == "Oauth" and endpoint.generates_authorization:
            came = self._with_token(composed, headers, credential, who, context)
        else:
            if credential is not None and credential.protocol == "AwsSv4" and endpoint.generates_authorization:
                headers = [*headers, *_signed(credential, who, composed, self.now())]
            came = self.wire.send(_outgoing(composed, headers, who), **context)
        return result(action, came, self.classes, faults=self.rules.http_error_takes_fault_path)

    def _headers(self, endpoint: Endpoint, credential: CredentialSetup | None, who: Authority) -> list[tuple[str, str]]:
        if credential is not None and not who.stored and uses_credential(endpoint, credential):
            raise not_configured()
        settings = FormulaSettings(endpoint.formulas_in_headers, self.rules.embedded_merge_evaluated, self.now)
        headers = custom_headers(endpoint, credential, who.stored, settings)
        if credential is None or not endpoint.generates_authorization:
            return headers
        if credential.protocol == "Custom" and self.rules.header_box_hides_custom:
            lent = {header.name.lower() for header in credential.headers}
            own = {header.name.lower() for header in endpoint.headers}
            return [(n, v) for n, v in headers if n.lower() != "authorization" or "authorization" in own - lent]
        if credential.protocol == "Basic" and not _has(headers, "authorization"):
            return [*headers, ("Authorization", _basic(who.stored))]
        return headers

    def refresh(self, name: str, principal: Principal, user_id: str) -> None:
        """Fetches a new token, whatever the old one is worth. Raises FlowFault."""
        credential = self.setup.credential(name)
        stored = self.stored(user_id)(name, principal).values
        if credential is None:
            raise not_configured()
        if credential.variant is None:
            if REFRESH_TOKEN not in stored:
                raise not_configured()
            self.renew(user_id, name, principal)
            return
        token = self._fetched(credential, principal.name, stored, {"user": user_id})
        self.tokens.put(key_of(name, principal.name, stored), token)

    def _fetched(
        self, credential: CredentialSetup, principal: str, stored: Mapping[str, str], context: dict[str, Any]
    ) -> str:
        def send(request: Outgoing) -> Incoming:
            return self.wire.send(request, **{"element": "", **context, "action": f"{credential.name} token"})

        def signed() -> str:
            return assertion(credential, self.keys, self.now)

        return fetch(credential, principal, stored, send, signed)

    def _with_token(
        self,
        composed: Composed,
        headers: list[tuple[str, str]],
        credential: CredentialSetup,
        who: Authority,
        context: dict[str, Any],
    ) -> Incoming:
        """With the token that is there; after a 401 once more with a new one (help: OAuth tokens are refreshed on
        401)."""
        if credential.variant is None:
            return self._signed_in(composed, headers, credential, who, context)
        principal = who.principal.name if who.principal else ""
        key = key_of(credential.name, principal, who.stored)
        cached = self.tokens.get(key)
        token = cached or self._fetched(credential, principal, who.stored, context)
        self.tokens.put(key, token)
        came = self._send_bearer(composed, headers, who, token, context)
        if _is_stale(came, credential):
            self.tokens.drop(key, token)
            if cached:
                token = self._fetched(credential, principal, who.stored, context)
                self.tokens.put(key, token)
                came = self._send_bearer(composed, headers, who, token, context)
        return came

    def _signed_in(
        self,
        composed: Composed,
        headers: list[tuple[str, str]],
        credential: CredentialSetup,
        who: Authority,
        context: dict[str, Any],
    ) -> Incoming:
        """The same with the token that a person's log-in brought."""
        if who.principal is None or ACCESS_TOKEN not in who.stored:
            raise not_configured()
        came = self._send_bearer(composed, headers, who, who.stored[ACCESS_TOKEN], context)
        if not _is_stale(came, credential) or REFRESH_TOKEN not in who.stored:
            return came
        token = self.renew(context["user"], credential.name, who.principal)
        return self._send_bearer(composed, headers, who, token, context)

    def _send_bearer(
        self, composed: Composed, headers: list[tuple[str, str]], who: Authority, token: str, context: dict[str, Any]
    ) -> Incoming:
        request = _outgoing(composed, [*headers, ("Authorization", f"Bearer {token}")], who)
        return self.wire.send(replace(request, secrets=(*request.secrets, token)), **context)


def _signed(credential: CredentialSetup, who: Authority, composed: Composed, now: datetime) -> list[tuple[str, str]]:
    """Signature headers by the principal's own key; temporary keys of AWS are not modelled."""
    if credential.variant is not None:
        raise FlowFault(f"The local org does not model the AwsSv4 variant {credential.variant}.")
    key_id, secret = who.stored.get("awsAccessKeyId"), who.stored.get("awsSecretAccessKey")
    if not key_id or not secret:
        raise not_configured()
    missing = [name for name in ("AwsService", "AwsRegion") if not credential.settings.get(name)]
    if missing:
        raise FlowFault(f"The external credential {credential.name} has no {missing[0]} to sign for.")
    signer = Signer(key_id, secret, credential.settings["AwsRegion"], credential.settings["AwsService"])
    return signer.headers(composed.method, composed.url, composed.body, now)


def _is_stale(came: Incoming, credential: CredentialSetup) -> bool:
    return came.status == 401 or came.status in credential.refresh_codes


def _outgoing(composed: Composed, headers: list[tuple[str, str]], who: Authority) -> Outgoing:
    taken = {name.lower() for name, _ in headers}
    own = [(name, value) for name, value in composed.headers if name.lower() not in taken]
    return Outgoing(composed.method, composed.url, (*headers, *own), composed.body, who.secrets)


def _has(headers: list[tuple[str, str]], name: str) -> bool:
    return any(found.lower() == name for found, _ in headers)


def _basic(stored: Mapping[str, str]) -> str:
    if "username" not in stored or "password" not in stored:
        raise not_configured()
    pair = f"{stored['username']}:{stored['password']}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
