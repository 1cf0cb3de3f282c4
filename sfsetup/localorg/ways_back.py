"""Addresses that the local org sends a browser back to."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
"""Those of RFC 3986. Others are read in different ways: to a browser a backslash is a slash, and ends the host."""


def is_address(value: Any) -> bool:
    """True for an absolute http or https address."""
    return _parts(value) is not None


def is_loopback(value: Any) -> bool:
    """True for such an address on this machine."""
    parts = _parts(value)
    return parts is not None and parts.hostname in _LOOPBACK and "@" not in parts.netloc


def _parts(value: Any) -> SplitResult | None:
    if not isinstance(value, str) or not _CHARACTERS.fullmatch(value):
        return None
    try:
        parts = urlsplit(value)
        return parts if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None
