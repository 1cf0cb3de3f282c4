"""The token endpoint of OAuth 2.0 client credentials (RFC 6749, sections 4.4 and 5)."""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

if TYPE_CHECKING:
    from sfsetup.localorg.vendor.requests import Incoming
    from sfsetup.localorg.vendor.settings import VendorSettings

LIFETIME = 3600
"""Seconds a token is announced to live; it ends earlier by `expire`."""


class Tokens:
    """Tokens that this stand-in has issued. They live as long as the process."""

    def __init__(self) -> None:
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

    def answer(self, request: Incoming, settings: VendorSettings) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a request to the token endpoint."""
        if request.method != "POST":
            return 405, {"error": "invalid_request", "error_description": "POST expected"}
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type", "error_description": "client_credentials expected"}
        client, secret = _client(request, form)
        if not client or not secret:
            return 401, {"error": "invalid_client", "error_description": "client id and secret expected"}
        if not settings.is_right([secret]):
            return 401, {"error": "invalid_client", "error_description": "client authentication failed"}
        token = self.issue()
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME}
        if scope := form.get("scope"):
            answer["scope"] = scope
        return 200, answer


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
