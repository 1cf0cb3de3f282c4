"""Reading JSON: the local org's own records and what clients send. The parsing itself is text/'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfsetup.text.documents import read_document

if TYPE_CHECKING:
    from sfsetup.errors import InvalidInput


def loads(text: str | bytes, *, name: str = "") -> Any:
    """The value of a JSON text. Raises InvalidInput."""
    data = text.encode() if isinstance(text, str) else text
    return read_document(data, name=name, syntax="json").value


def reason(error: InvalidInput) -> str:
    """Why something that came over the wire is no JSON: the reader's own words speak of files."""
    if error.message == "the file is empty":
        return "it is empty"
    place = f" at line {error.line}, column {error.column}" if error.line and error.column else ""
    return f"{error.message.partition(' (')[0]}{place}"
