"""Finds secrets that stand in a spec. No message and no finding ever holds one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sfsetup.text.pointers import join

_SECRET_NAME = re.compile(
    r"(?:^|[_\W]|(?<=[a-z0-9])(?=[A-Z]))(?:key|token|secret|password|passwd|pwd|passphrase|authorization|auth|bearer"
    r"|signature|hmac)$",
    re.IGNORECASE,
)
_NAMES = {"apikey", "api_key", "accesskey", "authtoken", "accesstoken", "clientsecret", "secretkey", "xapikey"}

# beginnings that vendors give their secrets; each with enough behind it to be one
_TOKENS = re.compile(
    r"(?:"
    r"sk-(?:proj-|ant-)?[A-Za-z0-9_-]{16,}"
    r"|sk_(?:live|test)_[A-Za-z0-9]{12,}|rk_live_[A-Za-z0-9]{12,}"
    r"|xox[abpors]-[A-Za-z0-9-]{10,}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}"
    r"|AIza[0-9A-Za-z_-]{30,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}"
    r"|00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{20,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r")"
)


def looks_secret_name(name: str) -> bool:
    """True for a name that says its value is a secret: `api_key`, `X-Auth-Token`, `password`; not `key_id`."""
    bare = re.sub(r"[^a-z0-9_]", "", name.lower())
    return bare in _NAMES or _SECRET_NAME.search(name) is not None


def is_token(text: str) -> bool:
    """True for text that holds a secret of a known form."""
    return _TOKENS.search(text) is not None


def without_tokens(text: str) -> str:
    """The text of a message with every secret of a known form taken out: also of what looks like one after mending."""
    return _TOKENS.sub("(not shown)", text)


def places_of_tokens(value: Any, pointer: str = "") -> Iterator[str]:
    """Pointers of all texts, keys included, that hold a secret of a known form."""
    if isinstance(value, dict):
        for key, item in value.items():
            if is_token(key):
                yield join(pointer, key)
            yield from places_of_tokens(item, join(pointer, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from places_of_tokens(item, join(pointer, position))
    elif isinstance(value, str) and is_token(value):
        yield pointer
