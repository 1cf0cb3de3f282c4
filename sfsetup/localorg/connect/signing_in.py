"""Signing in to an OAuth provider in a browser (auth-url/o-auth, wire-protocols 3.1). No HTTP.

The provider is the local org's own: a page that asks nobody for a password. Whoever opens the address and allows it
signs the principal in, once, within ten minutes of the org's clock.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.connect.principals import find_external_credential
from sfsetup.localorg.refusal import OURS, Refused
from sfsetup.localorg.ways_back import is_address, is_loopback

if TYPE_CHECKING:
    from sfsetup.localorg.connect.principals import Target
    from sfsetup.localorg.state import State

COLLECTION = "sign-ins"
MINUTES = 10
_KEEP = 50


def begin(state: State, target: Target, return_url: Any) -> str:
    """The key of a new sign-in. Raises Refused for a principal that nobody signs in to, or an odd returnUrl."""
    if not target.is_browser_flow:
        raise Refused(
            "INVALID_API_INPUT",
            f"Nobody signs in for {target.name}: it is no OAuth credential with a browser flow{OURS}",
        )
    if return_url is not None and not is_address(return_url):
        raise Refused("INVALID_API_INPUT", f"returnUrl must be an absolute http or https address{OURS}")
    key = secrets.token_urlsafe(32)
    row = {
        "key": key,
        "credential": target.fact.full_name,
        "principal": target.name,
        "type": target.type,
        "user": target.user_id,
        "returnUrl": return_url,
        "until": (state.clock.now() + timedelta(minutes=MINUTES)).isoformat(),
    }
    state.documents.append(COLLECTION, row, keep=_KEEP)
    return key


def pending(state: State, key: str) -> Mapping[str, Any] | None:
    """What a key is for; None for one that is unknown, used up or too old, or whose principal is gone."""
    for _, row in state.documents.items(COLLECTION):
        if hmac.compare_digest(row["key"].encode(), key.encode()):
            is_late = state.clock.now() > datetime.fromisoformat(row["until"])
            return None if is_late or not _has_principal(state, row) else row
    return None


def _has_principal(state: State, row: Mapping[str, Any]) -> bool:
    fact = find_external_credential(state, row["credential"])
    return fact is not None and any(
        (each.name, each.type) == (row["principal"], row["type"]) for each in fact.principals
    )


def spend(state: State, key: str) -> Mapping[str, Any] | None:
    """As `pending`; the key is good no longer."""
    with state.transaction():
        found = pending(state, key)
        for entry, row in state.documents.items(COLLECTION):
            if row is found or hmac.compare_digest(row["key"].encode(), key.encode()):
                state.documents.delete(COLLECTION, entry)
        return found


def way_back(row: Mapping[str, Any]) -> str | None:
    """The returnUrl if it is on this machine: the local org sends nobody elsewhere."""
    address = row["returnUrl"]
    return address if is_loopback(address) else None
