"""Reading JSON: the local org's own records and what clients send. The parsing itself is text/'s."""

from __future__ import annotations

from typing import Any

from sfsetup.text.documents import read_document


def loads(text: str | bytes, *, name: str = "") -> Any:
    """The value of a JSON text. Raises InvalidInput."""
    data = text.encode() if isinstance(text, str) else text
    return read_document(data, name=name, syntax="json").value
