"""Reads XML: no DOCTYPE, no entities of the document's own, no network, bounded depth and size."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.text.limits import DEFAULT, Limits, size

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

METADATA_NS = "http://soap.sforce.com/2006/04/metadata"
"""The namespace of every Metadata API document."""
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

_local = threading.local()


def _parser() -> XMLParser:
    parser: XMLParser | None = getattr(_local, "parser", None)
    if parser is None:
        from lxml import etree

        # A parser is kept per thread: making one costs as much as reading a small file.
        parser = _local.parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
    return parser


def parse_xml(data: bytes, *, name: str = "", limits: Limits = DEFAULT) -> _Element:
    """The root element; comments and processing instructions are left out.

    libxml2 itself refuses nesting over 256 and single texts over 10 MB. Raises InvalidInput with file, line and column.
    """
    from lxml import etree

    file = name or None
    if len(data) > limits.max_bytes:
        raise InvalidInput(f"too big: more than {size(limits.max_bytes)}", file=file)
    try:
        root: _Element = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        position: Any = error.position
        line, column = position or (None, None)
        message = (error.msg or "nothing but white space").partition(", line ")[0]
        if not data.strip():
            line, message = 1, "the file is empty"
        raise InvalidInput(f"not well-formed XML: {message}", file=file, line=line, column=column or None) from None
    except (ValueError, LookupError) as error:
        raise InvalidInput(f"not readable as XML: {error}", file=file) from None
    docinfo: Any = root.getroottree().docinfo
    if docinfo.internalDTD is not None or docinfo.doctype:
        raise InvalidInput(
            "a DOCTYPE is not accepted: metadata has none, and it can make a reader open other files",
            file=file,
            line=_doctype_line(data),
            actions=["remove the <!DOCTYPE …> declaration"],
        )
    return root


@contextmanager
def no_collector() -> Iterator[None]:
    """For the time in which many documents are read: trees are freed by counting, and the cycle collector would walk
    through all that was read again and again."""
    import gc

    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _doctype_line(data: bytes) -> int:
    position = data.find(b"<!DOCTYPE")
    return data.count(b"\n", 0, position) + 1 if position >= 0 else 1


def local_name(element: Any) -> str:
    """The element's name without its namespace."""
    tag: str = element.tag
    return tag.rpartition("}")[2]


def line_of(element: Any) -> int | None:
    """Line (from 1) on which the element's start tag ends; None for an element that was built, not read."""
    line: int | None = element.sourceline
    return line
