"""Tokens of OAuth: fetched with a callout of their own, cached, refreshed after a 401.

Variants (metadata-types 2): `ClientCredentialsClientSecret` sends id and secret in the body,
`ClientCredentialsClientSecretBasic` in the Authorization header. Parameter names of the principal: clientId,
clientSecret (wire-protocols 3.1). `JwtBearer` and `ClientCredentialsJwtAssertion` sign an assertion; that the request
is that of RFC 7523 is inferred. Without a variant a person signs in in a browser: the tokens that this brings are
stored with the principal, under names of the local org's own.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

from sfsetup.errors import InvalidInput
from sfsetup.localorg.callout.access import not_configured
from sfsetup.localorg.callout.values import CredentialSetup, Incoming, Outgoing
from sfsetup.localorg.flow.values import FlowFault
from sfsetup.localorg.stored import loads

ACCESS_TOKEN, REFRESH_TOKEN = "accessToken", "refreshToken"
IN_BODY = "ClientCredentialsClientSecret"
IN_HEADER = "ClientCredentialsClientSecretBasic"
BEARER = "JwtBearer"
ASSERTION = "ClientCredentialsJwtAssertion"

GRANT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Send = Callable[[Outgoing], Incoming]


TokenKey = tuple[str, str, int]


def key_of(credential: str, principal: str, stored: Mapping[str, str]) -> TokenKey:
    """Where a token is kept: who writes another client id or secret begins without one."""
    return credential, principal, hash(tuple(sorted(stored.items())))


class TokenCache:
    """Access tokens by external credential, principal and what is stored; they live as long as the process."""

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, str] = {}
        self._lock = threading.Lock()

    def get(self, key: TokenKey) -> str | None:
        """The cached token, or None."""
        with self._lock:
            return self._tokens.get(key)

    def put(self, key: TokenKey, token: str) -> None:
        """Keeps a token."""
        with self._lock:
            self._tokens[key] = token

    def drop(self, key: TokenKey, token: str) -> None:
        """Forgets a token that was refused, unless another has taken its place."""
        with self._lock:
            if self._tokens.get(key) == token:
                del self._tokens[key]


def fetch(
    credential: CredentialSetup, principal: str, stored: Mapping[str, str], send: Send, signed: Callable[[], str]
) -> str:
    """A new access token; `signed` makes the assertion of variants that send one. Raises FlowFault with Salesforce's
    texts (messages 3)."""
    if credential.variant in (IN_BODY, IN_HEADER):
        form, headers, hidden = _by_secret(credential, stored)
    elif credential.variant in (BEARER, ASSERTION):
        form, headers, hidden = _by_assertion(credential, stored, signed())
    else:
        raise FlowFault(f"The local org does not model the OAuth variant {credential.variant}.")
    if not credential.token_url:
        raise FlowFault("The expired credentials couldn't be refreshed. Try again later.", known=True)
    if scope := credential.scope_of(principal):
        form["scope"] = scope
    kinds = (("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"))
    came = send(Outgoing("POST", credential.token_url, (*kinds, *headers), urlencode(form).encode(), hidden))
    if came.status == 404 or came.status >= 500:
        raise FlowFault("The expired credentials couldn't be refreshed. Try again later.", known=True)
    answer = _json(came)
    token = answer.get("access_token")
    if came.status != 200 or not isinstance(token, str) or not token:
        error, description = answer.get("error", ""), answer.get("error_description", "")
        raise FlowFault(
            f"Unable to fetch the OAuth token. Error: {error}. Error description: {description}.", known=True
        )
    return token


_Parts = tuple[dict[str, str], tuple[tuple[str, str], ...], tuple[str, ...]]
"""Form, headers, and what no log may show."""


def _by_secret(credential: CredentialSetup, stored: Mapping[str, str]) -> _Parts:
    client, secret = stored.get("clientId"), stored.get("clientSecret")
    if not client or not secret:
        raise not_configured()
    form = {"grant_type": "client_credentials"}
    if credential.variant == IN_BODY:
        return {**form, "client_id": client, "client_secret": secret}, (), (secret,)
    pair = base64.b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode()
    return form, (("Authorization", f"Basic {pair}"),), (secret, pair)


def _by_assertion(credential: CredentialSetup, stored: Mapping[str, str], assertion: str) -> _Parts:
    """RFC 7523: the JWT is the grant itself (2.1), or authenticates the client (2.2)."""
    if credential.variant == BEARER:
        return {"grant_type": GRANT_BEARER, "assertion": assertion}, (), (assertion,)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": CLIENT_ASSERTION,
        "client_assertion": assertion,
    }
    if client := stored.get("clientId"):
        form["client_id"] = client
    return form, (), (assertion,)


def _json(came: Incoming) -> Mapping[str, Any]:
    try:
        value = loads(came.body, name="the token endpoint's answer")
    except InvalidInput:
        return {}
    return value if isinstance(value, dict) else {}
