"""THE writer of metadata XML: exactly the style in which an org gives files back.

Source of the style: files retrieved from real orgs (reference 'metadata types', section 1): declaration, four spaces,
WSDL order, `&apos;` and `&quot;`, one newline at the end. A CR is written as `&#13;`, else reading would lose it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.metadata.fields import field_order, fields_of, is_open
from sfsetup.metadata.shapes import Survey, survey
from sfsetup.text.xml import METADATA_NS, XSI_TYPE, line_of, local_name, parse_xml

if TYPE_CHECKING:
    from lxml.etree import XPath, _Element

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"
_PREFIXES = {_XSI: "xsi", _XSD: "xsd"}
_ESCAPED = (
    ("&", "&amp;"),  # first: the others bring one
    ("<", "&lt;"),
    (">", "&gt;"),
    ('"', "&quot;"),
    ("'", "&apos;"),
    ("\r", "&#13;"),
)
_ESCAPES = str.maketrans(dict(_ESCAPED))
_ATTRIBUTE_ESCAPES = {**_ESCAPES, ord("\n"): "&#10;", ord("\t"): "&#9;"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\"'\r]")
_INTEGER = re.compile(r"[+-]?\d+\Z")


def canonical(type_name: str, data: bytes | _Element, *, name: str = "") -> bytes:
    """The document as an org would give it back; equal meaning gives equal bytes, but for the order of list items.

    Known fields come in the WSDL's order, unknown ones keep their order behind them; items of a list stand side by
    side. Raises InvalidInput (file, line) for XML that is broken, has text beside elements or is in another namespace.
    """
    root = parse_xml(data, name=name) if isinstance(data, bytes) else data
    if root.tag != f"{{{METADATA_NS}}}{local_name(root)}":
        raise InvalidInput(
            f"the root element <{local_name(root)}> is not in the namespace {METADATA_NS}",
            file=name or None,
            line=line_of(root),
            actions=[f'write <{type_name} xmlns="{METADATA_NS}">'],
        )
    found = survey(root, type_name)
    quick = None if found is None else as_it_stands(root, found)
    if quick is not None:
        return quick
    prefixes = _prefixes(root)
    out: list[str] = [_DECLARATION]
    declared = "".join(f' xmlns:{prefix}="{uri}"' for uri, prefix in prefixes.items())
    _write(root, type_name, "", f' xmlns="{METADATA_NS}"{declared}', prefixes, out, name)
    return "".join(out).encode("utf-8")


def as_it_stands(root: _Element, found: Survey) -> bytes | None:
    """The canonical document of a survey as libxml2 writes it, but for quotes; None where more is to be done.

    Most documents come from an org or from this writer. Nothing is asked of their elements one by one here.
    """
    if not found.is_indented or root.nsmap != _ONE_NAMESPACE:
        return None
    for shape, elements in found.parts:
        if not shape.in_order:
            return None
        for place, is_boolean in shape.rewritten:
            text = elements[place].text or ""
            if text not in _WORDS and (is_boolean or text != _value(text, "double")):
                return None
    from lxml import etree

    start, close, body = etree.tostring(root, encoding="UTF-8", with_tail=False).partition(b">")
    if b" xmlns" in body:
        return None
    if b"/>" in body:
        body = _EMPTY.sub(rb"<\1></\1>", body)
    body = body.replace(b'"', b"&quot;").replace(b"'", b"&apos;")
    return b"".join((_DECLARATION.encode(), start, close, body, b"\n"))


_ONE_NAMESPACE = {None: METADATA_NS}
_WORDS = ("true", "false")
_EMPTY = re.compile(rb"<(\w+)/>")


def escape(text: str) -> str:
    """Text as an org writes it between tags. Raises InvalidInput for characters that XML 1.0 cannot hold."""
    refuse_unwritable(text)
    return text.translate(_ESCAPES)


def refuse_unwritable(
    text: str, *, file: str | None = None, line: int | None = None, pointer: str | None = None
) -> None:
    """Raises InvalidInput if the text has a character that no XML 1.0 document can hold, with its position."""
    found = _NOT_XML.search(text)
    if found:
        raise InvalidInput(
            f"the text has the character U+{ord(found.group()):04X} at position {found.start() + 1}, "
            "which XML cannot hold",
            file=file,
            line=line,
            pointer=pointer,
            actions=["remove the control character"],
        )


@cache
def _has_attributes() -> XPath:
    """Asks whether any element has an attribute: hardly any file does, and a walk in Python would cost more."""
    from lxml import etree

    return etree.XPath("boolean(descendant-or-self::*/@*)")


def _prefixes(root: _Element) -> dict[str, str]:
    """Namespaces that attributes use, with their prefix. CustomMetadata files declare xsi, then xsd."""
    used = {uri for prefix, uri in root.nsmap.items() if prefix and uri in _PREFIXES}
    for element in root.iter() if _has_attributes()(root) else ():
        for attribute in element.attrib:
            uri = str(attribute)[1:].partition("}")[0] if str(attribute).startswith("{") else ""
            used |= {uri} if uri else set()
            used |= {_XSD} if str(attribute) == f"{{{_XSI}}}type" else set()
    known = {uri: prefix for uri, prefix in _PREFIXES.items() if uri in used}
    return known | {uri: f"ns{place}" for place, uri in enumerate(sorted(used - set(_PREFIXES)), start=1)}


def _write(
    element: _Element,
    type_name: str,
    indent: str,
    attributes: str,
    prefixes: dict[str, str],
    out: list[str],
    file: str,
) -> None:
    tag = local_name(element)
    text = element.text or ""
    if not len(element):
        if not text and indent == "":
            out.append(f"<{tag}{attributes}/>\n")
            return
        out.append(f"{indent}<{tag}{attributes}>{_escaped(text)}</{tag}>\n")
        return
    if text and not text.isspace():
        raise _stray(element, file)
    out.append(f"{indent}<{tag}{attributes}>\n")
    inner = indent + "    "
    known = _known(type_name)
    for child in _in_order(element, type_name, file):
        found = known.get(child.tag)
        name, kind = found if found is not None else (local_name(child), "")
        written = _attributes(child, prefixes) if child.attrib else ""
        if len(child):
            _write(child, kind, inner, written, prefixes, out, file)
            continue
        text = child.text or ""
        if written and not text and _is_nil(child):
            out.append(f"{inner}<{name}{written}/>\n")
            continue
        if kind in _REWRITTEN:
            text = _value(text, kind)
        if _SPECIAL.search(text):
            text = _replaced(text)
        out.append(f"{inner}<{name}{written}>{text}</{name}>\n")
    out.append(f"{indent}</{tag}>\n")


def _stray(element: _Element, file: str) -> InvalidInput:
    message = f"text stands beside elements inside <{local_name(element)}>"
    return InvalidInput(message, file=file or None, line=line_of(element))


@cache
def _known(type_name: str) -> Mapping[str, tuple[str, str]]:
    """Tag with namespace -> the field's name and type."""
    return {f"{{{METADATA_NS}}}{name}": (name, field.type) for name, field in fields_of(type_name).items()}


@cache
def _ranks(type_name: str) -> Mapping[str, int]:
    """Tag with namespace -> place in the order of the WSDL."""
    return {f"{{{METADATA_NS}}}{name}": place for name, place in field_order(type_name).items()}


def _escaped(text: str) -> str:
    return _replaced(text) if _SPECIAL.search(text) else text


def _replaced(text: str) -> str:
    # one pass for each character is many times as fast as `translate`, which looks every character up
    for plain, escaped in _ESCAPED:
        text = text.replace(plain, escaped)
    return text


def _in_order(element: _Element, type_name: str, file: str) -> list[_Element]:
    """By the WSDL's order; names it does not have behind, grouped, in the order of their first occurrence."""
    children = list(element)
    as_is = is_open(type_name)
    order = _ranks(type_name)
    unknown: dict[str, int] = {}
    ranks: list[int] = []
    last, sorted_already = -1, True
    for child in children:
        tail = child.tail
        if tail and not tail.isspace():
            raise _stray(element, file)
        rank = order.get(child.tag)
        if rank is None:
            rank = len(order) + unknown.setdefault(child.tag, len(unknown))
        if rank < last:
            sorted_already = False
        last = rank
        ranks.append(rank)
    if sorted_already or as_is:
        return children
    return [child for _, child in sorted(zip(ranks, children, strict=True), key=lambda pair: pair[0])]


_REWRITTEN = frozenset(("boolean", "double"))


def _value(text: str, kind: str) -> str:
    """Booleans as words and doubles with a fraction, as orgs write them; other texts stay as they are."""
    trimmed = text.strip()
    if kind == "boolean":
        return {"1": "true", "0": "false"}.get(trimmed, trimmed)
    return f"{trimmed}.0" if _INTEGER.match(trimmed) else trimmed


def _is_nil(element: _Element) -> bool:
    return element.get(f"{{{_XSI}}}nil") in ("true", "1")


def _schema_type(element: _Element, text: str) -> str:
    """The name of a type with the prefix that is declared here, whatever prefix the file has for XML Schema."""
    prefix, _, name = text.strip().rpartition(":")
    return f"xsd:{name}" if element.nsmap.get(prefix or None) == _XSD else text


def _attributes(element: _Element, prefixes: dict[str, str]) -> str:
    if not element.attrib:
        return ""
    parts = []
    for name, value in element.attrib.items():
        uri, _, local = str(name).rpartition("}")
        qualified = f"{prefixes[uri[1:]]}:{local}" if uri else local
        text: Any = _schema_type(element, str(value)) if name == XSI_TYPE else value
        parts.append(f' {qualified}="{str(text).translate(_ATTRIBUTE_ESCAPES)}"')
    return "".join(parts)
