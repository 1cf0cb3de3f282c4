"""Authorization codes with PKCE: what a log-in in a browser ends in (wire-protocols 2.4). No HTTP.

A code is good once, for ten minutes of the org's clock, for the client, the address and the challenge it was made for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sfsetup.localorg.login import LoginRefused

if TYPE_CHECKING:
    from sfsetup.localorg.state import State, User

COLLECTION = "codes"
MINUTES = 10
_KEEP = 50


def issue(state: State, user: User, asked: Mapping[str, str]) -> str:
    """A new code for what the authorize request asked."""
    code = f"aPrx{secrets.token_urlsafe(40)}"
    row = {
        "code": code,
        "user": user.id,
        "client": asked.get("client_id", ""),
        "address": asked.get("redirect_uri", ""),
        "challenge": asked.get("code_challenge", ""),
        "until": (state.clock.now() + timedelta(minutes=MINUTES)).isoformat(),
    }
    state.documents.append(COLLECTION, row, keep=_KEEP)
    return code


def redeem(state: State, form: Mapping[str, str]) -> User:
    """The user of a code, which is spent by it. Raises LoginRefused."""
    with state.transaction():
        for key, row in state.documents.items(COLLECTION):
            if hmac.compare_digest(row["code"].encode(), form.get("code", "").encode()):
                state.documents.delete(COLLECTION, key)
                break
        else:
            raise LoginRefused("invalid_grant", "invalid authorization code")
    if state.clock.now() > datetime.fromisoformat(row["until"]):
        raise LoginRefused("invalid_grant", "expired authorization code")
    if row["client"] != form.get("client_id", ""):
        raise LoginRefused("invalid_client_id", "client identifier invalid")
    if row["address"] != form.get("redirect_uri", ""):
        raise LoginRefused("redirect_uri_mismatch", "redirect_uri must match configuration")
    if row["challenge"] and not hmac.compare_digest(row["challenge"].encode(), _challenge(form)):
        raise LoginRefused("invalid_grant", "invalid code verifier")
    user = state.users.get(row["user"])
    if user is None or not user.is_active:
        raise LoginRefused("inactive_user", "user is inactive")
    return user


def _challenge(form: Mapping[str, str]) -> bytes:
    """base64url of the verifier's SHA-256, without padding."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=")
