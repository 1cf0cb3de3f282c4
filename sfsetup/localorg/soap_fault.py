"""SOAP faults in the form that clients recognise.

faultcode and faultstring are unprefixed and without attributes: jsforce matches
`<faultcode>[a-zA-Z]+:INVALID_SESSION_ID</faultcode>` (wire-protocols 1.6).
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from sfsetup.localorg.http import XML, Response

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
METADATA_NS = "http://soap.sforce.com/2006/04/metadata"


class SoapFault(Exception):
    """Ends a SOAP operation with a fault. `detail` is XML put into the fault as it is."""

    def __init__(self, code: str, message: str, *, namespace: str = METADATA_NS, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.namespace = namespace
        self.detail = detail


def fault_response(code: str, message: str, *, namespace: str = METADATA_NS, detail: str = "") -> Response:
    """HTTP 500 with a fault. `Client` becomes `soapenv:Client`, anything else `sf:<code>`."""
    if code == "Client":
        faultcode, text = "soapenv:Client", message
    else:
        faultcode, text = f"sf:{code}", f"{code}: {message}"
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" xmlns:sf="{namespace}">'
        f"<soapenv:Body><soapenv:Fault><faultcode>{faultcode}</faultcode>"
        f"<faultstring>{_clean(text)}</faultstring>{detail}</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return Response(500, body.encode(), XML)


def partner_detail(kind: str, namespace: str, code: str, message: str) -> str:
    """The detail that the partner and enterprise endpoints add (`kind` is LoginFault or UnexpectedErrorFault)."""
    return (
        f'<detail><sf:{kind} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="sf:{kind}" '
        f'xmlns:sf="{namespace}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{_clean(message)}</sf:exceptionMessage></sf:{kind}></detail>"
    )


def _clean(text: str) -> str:
    """Escaped; characters that XML cannot hold become the replacement character."""
    allowed = "".join(c if c in "\t\n\r" or (ord(c) >= 32 and c not in "\ufffe\uffff") else "\ufffd" for c in text)
    return escape(allowed.encode("utf-8", "replace").decode())
