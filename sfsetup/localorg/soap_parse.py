"""Reading SOAP requests as lenient as orgs are: any prefix, any order, unknown elements ignored.

Sources: wire-protocols, rules 1 to 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sfsetup.errors import InvalidInput
from sfsetup.localorg.http import OURS
from sfsetup.localorg.soap_fault import SoapFault
from sfsetup.text.limits import MEGABYTE, Limits
from sfsetup.text.xml import local_name, parse_xml

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation: its local name, its element, and the session id of the header."""

    operation: str
    element: Any
    session_id: str
    archive: bytes | None = None
    """The base64 text of ZipFile, taken out before the envelope was parsed; None where there is none."""
    all_or_none: bool = False
    """AllOrNoneHeader of the calls that write components one by one."""

    def text(self, *names: str) -> str | None:
        """Text of the first child with one of these local names; None when missing or empty."""
        return text_of(self.element, *names)


_ZIP = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?ZipFile(?:\s[^<>]*)?>(?:<!\[CDATA\[)?([^<&\]]*)(?:\]\]>)?</")
_REST = Limits(max_bytes=4 * MEGABYTE)
"""A message without its ZipFile: as elements it takes some fifty times as much memory (the local org's own bound)."""
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


def read_call(body: bytes) -> Call:
    """The operation in a SOAP 1.1 envelope. Raises SoapFault for anything else."""
    body = _as_utf8(body)
    # The parser refuses texts of more than 10 MB, and has nothing to do with base64 anyway.
    found = _ZIP.search(body)
    archive = found.group(1) if found else None
    if found:
        body = body[: found.start(1)] + body[found.end(1) :]
    try:
        root = parse_xml(body, name="the request", limits=_REST)
    except InvalidInput as error:
        raise SoapFault("Client", f"SOAP message could not be parsed: {error.message}{OURS}") from error
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise SoapFault("Client", f"A SOAP 1.1 Envelope is expected, not {root.tag[:200]}{OURS}")
    soap_body = child(root, "Body")
    operation = next(iter(elements(soap_body)), None) if soap_body is not None else None
    if operation is None:
        raise SoapFault("Client", f"The SOAP Body holds no operation{OURS}")
    header = child(root, "Header")
    session = child(header, "SessionHeader") if header is not None else None
    session_id = (text_of(session, "sessionId") or "") if session is not None else ""
    whole = child(header, "AllOrNoneHeader") if header is not None else None
    all_or_none = whole is not None and truth(text_of(whole, "allOrNone"), False)
    return Call(local_name(operation), operation, session_id, archive, all_or_none)


def _as_utf8(body: bytes) -> bytes:
    """UTF-16 becomes UTF-8, so that ZipFile is found in it. Raises SoapFault."""
    if body[:2] not in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
        return body
    encoding = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(body[:2], "utf-16")
    try:
        return _DECLARATION.sub("", body.decode(encoding), count=1).encode()
    except UnicodeDecodeError as error:
        raise SoapFault("Client", f"SOAP message is no {encoding.upper()}: {error.reason}{OURS}") from error


def elements(parent: Any) -> list[Any]:
    """Element children: comments and processing instructions are left out."""
    return [node for node in parent if isinstance(node.tag, str)]


def child(parent: Any, *names: str) -> Any:
    """The first child with one of these local names, or None."""
    return next((node for node in elements(parent) if local_name(node) in names), None)


def children(parent: Any, name: str) -> list[Any]:
    """All children with this local name."""
    return [node for node in elements(parent) if local_name(node) == name]


def text_of(parent: Any, *names: str) -> str | None:
    """Stripped text of the first such child; None when missing or empty."""
    found = child(parent, *names)
    text = (found.text or "").strip() if found is not None else ""
    return text or None


def truth(text: str | None, default: bool) -> bool:
    """`true`, `True`, `1` and their contraries (simple-salesforce writes Python's)."""
    return default if text is None else text.strip().lower() in ("true", "1")
