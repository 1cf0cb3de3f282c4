"""JSON pointers (RFC 6901): how every part of sfsetup names a place inside a document."""

from __future__ import annotations

import re
from typing import Any

_INDEX = re.compile(r"(?:0|[1-9][0-9]*)\Z")


def escape(token: str | int) -> str:
    """One key or index as a pointer writes it."""
    return str(token).replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """The key that a written token stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def join(pointer: str, *tokens: str | int) -> str:
    """The pointer with more tokens behind it."""
    return pointer + "".join("/" + escape(token) for token in tokens)


def split(pointer: str) -> tuple[str, ...]:
    """The keys and indexes of a pointer. Raises ValueError for text that is no pointer."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is not a JSON pointer: it has to be empty or begin with '/'")
    return tuple(unescape(token) for token in pointer[1:].split("/"))


def parent(pointer: str) -> str:
    """The pointer without its last token; empty for the root."""
    return pointer.rpartition("/")[0]


def get(value: Any, pointer: str) -> Any:
    """What the pointer names inside a value. Raises LookupError when there is no such thing."""
    for token in split(pointer):
        if isinstance(value, dict):
            value = value[token]
        elif isinstance(value, list) and _INDEX.match(token):
            value = value[int(token)]
        else:
            raise LookupError(f"nothing at {pointer!r}")
    return value
