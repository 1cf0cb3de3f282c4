"""SOAP 1.1 as Salesforce speaks it: envelopes built with lxml, answers read by local names, faults as errors.

Shapes: Metadata WSDL; reference 'wire protocols', 1.1 and 1.6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sfsetup import __version__
from sfsetup.errors import InvalidInput, OrgRefused, OutcomeUnknown, SfsetupError, UsageError
from sfsetup.org.failures import SessionExpired, Transient, advice, host_of, quoted
from sfsetup.org.repeat import repeated
from sfsetup.org.transport import NO_CREDENTIALS, OrgSession
from sfsetup.text.xml import METADATA_NS, local_name, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element
    from requests import Response

ENVELOPE_NS = "http://schemas.xmlsoap.org/soap/envelope/"
PARTNER_NS = "urn:partner.soap.sforce.com"

Child = tuple[str, "str | bool | Sequence[Child] | None"]
"""Name and content of an element: text, a boolean, children, or None for an element that is left out."""

_PASSING_FAULTS = ("unexpected internal servlet state", "invalid cross reference id")
"""Faults of a status request that pass: Salesforce's own client repeats them (reference 'wire protocols', 1.6)."""


def envelope(
    operation: str, children: Sequence[Child], *, session_id: str | None, namespace: str = METADATA_NS
) -> bytes:
    """The request of one operation. Raises UsageError for text that XML cannot hold."""
    from lxml import etree

    root = etree.Element(f"{{{ENVELOPE_NS}}}Envelope", nsmap={"soapenv": ENVELOPE_NS, "met": namespace})
    header = etree.SubElement(root, f"{{{ENVELOPE_NS}}}Header")
    options = etree.SubElement(header, f"{{{namespace}}}CallOptions")
    _fill(options, [("client", f"sfsetup/{__version__}")], namespace)
    if session_id is not None:
        _fill(etree.SubElement(header, f"{{{namespace}}}SessionHeader"), [("sessionId", session_id)], namespace)
    body = etree.SubElement(root, f"{{{ENVELOPE_NS}}}Body")
    _fill(etree.SubElement(body, f"{{{namespace}}}{operation}"), children, namespace)
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return data


def _fill(parent: Any, children: Sequence[Child], namespace: str) -> None:
    from lxml import etree

    for name, content in children:
        if content is None:
            continue
        element = etree.SubElement(parent, f"{{{namespace}}}{name}")
        if isinstance(content, bool):
            element.text = "true" if content else "false"
        elif isinstance(content, str):
            try:
                element.text = content
            except ValueError:
                raise UsageError(f"{name} has a character that XML cannot hold.") from None
        else:
            _fill(element, content, namespace)


class Soap:
    """One SOAP endpoint of the org, spoken to over its session."""

    def __init__(self, session: OrgSession, url: str) -> None:
        self._session = session
        self.url = url

    def call(
        self, operation: str, children: Sequence[Child], *, poll: bool = False, limit: float | None = None
    ) -> _Element:
        """Sends one operation and returns its response element.

        `poll`: the operation changes nothing and is repeated while its failure may pass; `limit`: seconds to wait for
        the answer. Raises OrgRefused with the fault's code, Unreachable, or OutcomeUnknown for a request that may have
        been carried out.
        """
        return self.call_for_archive(operation, children, poll=poll, limit=limit)[0]

    def call_for_archive(
        self, operation: str, children: Sequence[Child], *, poll: bool = False, limit: float | None = None
    ) -> tuple[_Element, bytes]:
        """As `call`; second comes the base64 text of the answer's zipFile, which its element then lacks."""

        def ask() -> tuple[_Element, bytes]:
            return self._renewing(operation, children, poll, limit)

        return repeated(ask, self._session.limits, self._session.sleep) if poll else ask()

    def _renewing(
        self, operation: str, children: Sequence[Child], poll: bool, limit: float | None
    ) -> tuple[_Element, bytes]:
        try:
            return self._once(operation, children, poll, limit)
        except SessionExpired as error:
            expired = error
        self._session.renew(expired)
        return self._once(operation, children, poll, limit)

    def _once(
        self, operation: str, children: Sequence[Child], poll: bool, limit: float | None
    ) -> tuple[_Element, bytes]:
        limits = self._session.limits
        try:
            response = self._session.post(
                self.url,
                data=envelope(operation, children, session_id=self._session.token.reveal()),
                headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
                # the session id is in the envelope; Salesforce's own client sends no Authorization header here
                auth=NO_CREDENTIALS,
                timeout=(limits.connect, limit or limits.read),
            )
        except OutcomeUnknown as error:
            if not poll:
                raise
            lost = error
        else:
            result = answer(response, poll=poll)
            self._session.worked()
            return result
        raise _transient(lost)


def _transient(error: OutcomeUnknown) -> Transient:
    """A lost answer to a question is only a question to ask again."""
    message = error.message.partition(": whether")[0] + "."
    return Transient(message, actions=["Try again; then look at the network and the org's status."])


_ZIP = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?zipFile)>([A-Za-z0-9+/=\s]*)</\1>")


def without_zip(data: bytes) -> tuple[bytes, bytes]:
    """An answer with its archive taken out, and the archive's base64 text.

    The XML reader refuses single texts over 10 MB, as it should; the archive of a large org is longer.
    """
    found = _ZIP.search(data)
    if found is None:
        return data, b""
    return data[: found.start(2)] + data[found.end(2) :], found.group(2)


def answer(response: Response, *, poll: bool = False) -> tuple[_Element, bytes]:
    """The element below Body, and the text of its zipFile. Raises what its fault stands for."""
    host = host_of(response.url)
    data, archive = without_zip(response.content)
    problem: str | None = None
    try:
        root = parse_xml(data)
    except InvalidInput as error:
        problem = error.message
    if problem is not None:
        message = f"{host} answered HTTP {response.status_code} with something that is no SOAP: {problem}."
        raise Transient(message) if response.status_code >= 500 else OrgRefused(message)
    element = next((inner for body in root if local_name(body) == "Body" for inner in body), None)
    if element is None:
        raise OrgRefused(f"{host} answered HTTP {response.status_code} without a SOAP body.")
    if local_name(element) == "Fault":
        raise fault(element, host, poll=poll)
    return element, archive


def fault(element: _Element, host: str, *, poll: bool = False) -> SfsetupError:
    """The error that a Fault stands for. Its code: exceptionCode where there is one, else the end of faultcode."""
    texts = {local_name(item): (item.text or "").strip() for item in element.iter("*")}
    code = texts.get("exceptionCode") or texts.get("faultcode", "").rpartition(":")[2]
    message = quoted(texts.get("exceptionMessage") or texts.get("faultstring", "")).removeprefix(f"{code}: ")
    if code == "INVALID_SESSION_ID":
        return SessionExpired(
            f"{host} does not take this session: {message}", actions=["Log in again, or give a fresh access token."]
        )
    if poll and any(text in message.lower() for text in _PASSING_FAULTS):
        return Transient(f"{host}: {message}")
    return OrgRefused(message or code, code=code, status=500, actions=advice(code))


# -- reading answers ---------------------------------------------------------------------------------------------------


def children(element: Any, name: str) -> list[Any]:
    """The children of this local name."""
    return [child for child in element if local_name(child) == name]


def child(element: Any, name: str) -> Any | None:
    """The first child of this local name, or None."""
    return next((item for item in element if local_name(item) == name), None)


def text(element: Any, name: str) -> str | None:
    """Text of a child; None when it is missing, nil or empty."""
    found = child(element, name)
    return (found.text or None) if found is not None else None


def flag(element: Any, name: str) -> bool:
    """A boolean child; False when missing."""
    return (text(element, name) or "").strip().lower() in ("true", "1")


def number(element: Any, name: str) -> int:
    """A whole-number child; 0 when missing or not a number."""
    value = (text(element, name) or "").strip()
    return int(value) if value.lstrip("-").isdigit() else 0


def results(element: Any) -> list[Any]:
    """The `result` children of a response element."""
    return children(element, "result")
