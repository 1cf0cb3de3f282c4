"""Tokens of OAuth client credentials: fetched with a callout of their own, cached, refreshed after a 401.

Variants (metadata-types 2): `ClientCredentialsClientSecret` sends id and secret in the body,
`ClientCredentialsClientSecretBasic` in the Authorization header. Parameter names of the principal: clientId,
clientSecret (wire-protocols 3.1). Without a variant a person signs in in a browser: the tokens that this brings are
stored with the principal, under names of the local org's own. Other variants are not modelled.
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


def fetch(credential: CredentialSetup, principal: str, stored: Mapping[str, str], send: Send) -> str:
    """A new access token. Raises FlowFault with Salesforce's texts (messages 3)."""
    if credential.variant not in (IN_BODY, IN_HEADER):
        raise FlowFault(f"The local org does not model the OAuth variant {credential.variant}.")
    client, secret = stored.get("clientId"), stored.get("clientSecret")
    if not client or not secret:
        raise not_configured()
    if not credential.token_url:
        raise FlowFault("The expired credentials couldn't be refreshed. Try again later.", known=True)
    came = send(_request(credential, principal, client, secret))
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


def _request(credential: CredentialSetup, principal: str, client: str, secret: str) -> Outgoing:
    form = {"grant_type": "client_credentials"}
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    hidden = [secret]
    if credential.variant == IN_BODY:
        form |= {"client_id": client, "client_secret": secret}
    else:
        pair = base64.b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode()
        headers.append(("Authorization", f"Basic {pair}"))
        hidden.append(pair)
    if scope := credential.scope_of(principal):
        form["scope"] = scope
    assert credential.token_url is not None
    return Outgoing("POST", credential.token_url, tuple(headers), urlencode(form).encode(), tuple(hidden))


def _json(came: Incoming) -> Mapping[str, Any]:
    try:
        value = loads(came.body, name="the token endpoint's answer")
    except InvalidInput:
        return {}
    return value if isinstance(value, dict) else {}
