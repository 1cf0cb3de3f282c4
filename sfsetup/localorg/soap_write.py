"""Writing SOAP responses: nested Python values become elements in the order they are given.

The metadata namespace is the default one and no result element has a prefix: CumulusCI finds elements by
unprefixed tag names (wire-protocols, response hygiene).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from sfsetup.localorg.http import XML, Response
from sfsetup.localorg.soap_fault import METADATA_NS

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"
"""Declared for what stands in values: `xsi:type="xsd:string"` of custom metadata that is read."""

NIL = object()
"""An element with xsi:nil."""


class Typed(dict[str, Any]):
    """A mapping whose element carries `xsi:type`. A value that is an element gives its children."""

    def __init__(self, type_name: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.type_name = type_name


def soap_response(operation: str, result: Any, *, namespace: str = METADATA_NS) -> Response:
    """`<operationResponse>` with its `result` elements: a sequence gives one each, None gives none."""
    names: dict[Any, str] = {"soapenv": _ENVELOPE, None: namespace, "xsd": _XSD, "xsi": _XSI}
    envelope = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap=names)
    body = etree.SubElement(envelope, f"{{{_ENVELOPE}}}Body")
    reply = etree.SubElement(body, f"{{{namespace}}}{operation}Response")
    _add(reply, "result", result, namespace)
    return Response(200, etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"), XML)


def _add(parent: Any, name: str, value: Any, namespace: str) -> None:
    if value is None:
        return
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for item in value:
            _add(parent, name, item, namespace)
        return
    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    if value is NIL:
        element.set(f"{{{_XSI}}}nil", "true")
    elif isinstance(value, Mapping):
        if isinstance(value, Typed):
            element.set(f"{{{_XSI}}}type", value.type_name)
        for key, inner in value.items():
            if isinstance(inner, etree._Element):
                element.extend(list(inner))
            else:
                _add(element, key, inner, namespace)
    else:
        element.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return soap_time(value)
    if isinstance(value, bytes):
        return value.decode("ascii")
    return "".join(c if c in "\t\n\r" or (ord(c) >= 32 and c not in "\ufffe\uffff") else "\ufffd" for c in str(value))


def soap_time(moment: datetime) -> str:
    """`2026-11-24T16:20:51.000Z`, as orgs write times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
