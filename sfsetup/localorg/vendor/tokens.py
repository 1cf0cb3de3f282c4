"""The token endpoint of OAuth 2.0: client credentials (RFC 6749, sections 4.4 and 5) and signed assertions (RFC 7523).

Nobody has told it the org's public keys: of an assertion it checks all but the signature.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

if TYPE_CHECKING:
    from sfsetup.localorg.vendor.requests import Incoming
    from sfsetup.localorg.vendor.settings import VendorSettings

GRANT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCK_SKEW = 60
"""Seconds by which another's clock may be ahead."""
LIFETIME = 3600
"""Seconds a token is announced to live; it ends earlier by `expire`."""


class Tokens:
    """Tokens that this stand-in has issued. They live as long as the process."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._issued: set[str] = set()
        self._lock = threading.Lock()

    def is_issued(self, token: str) -> bool:
        """True for a token that was issued and not expired."""
        with self._lock:
            return token in self._issued

    def issue(self) -> str:
        """A new token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._issued.add(token)
        return token

    def expire(self) -> int:
        """All issued tokens stop working; returns how many."""
        with self._lock:
            count = len(self._issued)
            self._issued.clear()
            return count

    def _refusal(
        self, request: Incoming, form: dict[str, str], settings: VendorSettings
    ) -> tuple[int, str, str] | None:
        """Status, error and description of what is refused."""
        grant = form.get("grant_type")
        if grant == GRANT_BEARER:
            problem = _untimely(form.get("assertion", ""), self._now())
            return (400, "invalid_grant", problem) if problem else None
        if grant != "client_credentials":
            return 400, "unsupported_grant_type", "client_credentials or jwt-bearer expected"
        if form.get("client_assertion_type") == CLIENT_ASSERTION:
            problem = _untimely(form.get("client_assertion", ""), self._now())
            return (401, "invalid_client", problem) if problem else None
        client, secret = _client(request, form)
        if not client or not secret:
            return 401, "invalid_client", "client id and secret expected"
        return None if settings.is_right([secret]) else (401, "invalid_client", "client authentication failed")

    def answer(self, request: Incoming, settings: VendorSettings) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a request to the token endpoint."""
        if request.method != "POST":
            return 405, {"error": "invalid_request", "error_description": "POST expected"}
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        refusal = self._refusal(request, form, settings)
        if refusal is not None:
            status, error, description = refusal
            return status, {"error": error, "error_description": description}
        token = self.issue()
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME}
        if scope := form.get("scope"):
            answer["scope"] = scope
        return 200, answer


def _untimely(assertion: str, now: datetime) -> str | None:
    """What RFC 7523 (section 3) finds wrong with an assertion, its signature aside."""
    import jwt

    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        return "the assertion is no JWT"
    missing = [name for name in ("iss", "sub", "aud", "exp") if not claims.get(name)]
    if missing:
        return f"the assertion has no claim {missing[0]}"
    seconds = now.timestamp()
    times = {name: claims[name] for name in ("exp", "nbf") if name in claims}
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in times.values()):
        return "exp and nbf of the assertion are numbers of seconds"
    if times["exp"] <= seconds:
        return "the assertion has expired"
    return "the assertion is not valid yet" if times.get("nbf", 0) > seconds + CLOCK_SKEW else None


def _client(request: Incoming, form: dict[str, str]) -> tuple[str, str]:
    """From the Authorization header (form-encoded inside, RFC 6749 2.3.1), else from the body."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(rest, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return "", ""
        client, _, secret = text.partition(":")
        return unquote_plus(client), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")
