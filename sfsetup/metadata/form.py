"""Judges the form of metadata XML as the Metadata API does: elements, their API versions, what values look like.

The words are Salesforce's own where they are known (reference 'messages', section 1). The order of different elements
is free; occurrences of one list element have to stand side by side (reference 'ground truth', section 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from sfsetup.metadata.fields import (
    Field,
    enumeration,
    fields_of,
    first_version,
    gone_values,
    is_complex,
    is_open,
    is_root,
)
from sfsetup.model.finding import Severity
from sfsetup.text.xml import METADATA_NS, line_of, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

_LEXICAL = {
    "boolean": re.compile(r"(?:true|false|0|1)\Z"),
    "int": re.compile(r"[+-]?\d{1,10}\Z"),
    "long": re.compile(r"[+-]?\d{1,19}\Z"),
    "double": re.compile(r"(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|-?INF|NaN)\Z"),
    "number": re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)\Z"),
    "date": re.compile(r"-?\d{4,}-\d\d-\d\d(?:Z|[+-]\d\d:\d\d)?\Z"),
    "time": re.compile(r"\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?\Z"),
    "dateTime": re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?\Z"),
    "base64Binary": re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*\Z"),
}
_BOUNDS = {"int": 2**31, "long": 2**63}


class Kind(Enum):
    """What is wrong with the form."""

    ROOT = "root"
    UNKNOWN_ELEMENT = "unknownElement"
    VERSION = "version"
    DUPLICATED = "duplicated"
    MISSING = "missing"
    ENUMERATION = "enumeration"
    LEXICAL = "lexical"
    TEXT = "text"
    ATTRIBUTE = "attribute"
    TRIMMED = "trimmed"


@dataclass(frozen=True, slots=True)
class FormProblem:
    """One problem. `element` is the path of element names from below the root, empty for the root."""

    message: str
    line: int | None
    column: int | None
    element: str
    kind: Kind
    severity: Severity = Severity.HIGH
    hint: str = ""
    """What to write instead, in our words; empty when nothing better is known."""


def check_form(root: _Element, type_name: str, api_version: str) -> list[FormProblem]:
    """All problems of a document that is to be sent with this API version, in the order of the file."""
    return list(_Checker(float(api_version)).document(root, type_name))


class _Checker:
    def __init__(self, version: float) -> None:
        self.version = version
        self.shown = f"{version:.1f}"

    def document(self, root: _Element, type_name: str) -> Iterator[FormProblem]:
        tag = local_name(root)
        if root.tag != f"{{{METADATA_NS}}}{tag}":
            message = f"the root element <{tag}> is not in the namespace {METADATA_NS}"
            yield FormProblem(message, line_of(root), None, "", Kind.ROOT)
            return
        if tag != type_name:
            message = f"the root element is <{tag}>, the file's name says {type_name}"
            yield FormProblem(message, line_of(root), None, "", Kind.ROOT)
            return
        if not is_root(tag) and not is_complex(tag):
            yield FormProblem(f"<{tag}> is no metadata type", line_of(root), None, "", Kind.ROOT)
            return
        if self.version < first_version(tag):
            message = f"the type {tag} came with API version {first_version(tag):.1f}, this is {self.shown}"
            yield FormProblem(message, line_of(root), None, "", Kind.VERSION)
        for attribute in map(str, root.attrib):
            if not attribute.startswith(_XSI):
                yield self._problem(root, "", Kind.ATTRIBUTE, f"the attribute {attribute} has no meaning here")
        yield from self._complex(root, tag, "")

    def _problem(
        self,
        element: _Element,
        path: str,
        kind: Kind,
        message: str,
        *,
        severity: Severity = Severity.HIGH,
        hint: str = "",
    ) -> FormProblem:
        return FormProblem(message, line_of(element), None, path, kind, severity, hint)

    def _complex(self, element: _Element, type_name: str, path: str) -> Iterator[FormProblem]:
        fields = fields_of(type_name)
        open_type = is_open(type_name)
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            yield self._problem(element, path, Kind.TEXT, f"text stands beside elements inside <{local_name(element)}>")
        seen: set[str] = set()
        previous = ""
        for child in element:
            name = local_name(child)
            here = f"{path}/{name}" if path else name
            field = fields.get(name) if child.tag == f"{{{METADATA_NS}}}{name}" else None
            if field is None:
                if not open_type:
                    yield self._unknown(child, name, here, type_name)
                previous = name
                continue
            if name in seen and (not field.many or previous != name):
                yield self._problem(
                    child,
                    here,
                    Kind.DUPLICATED,
                    f"Error parsing file: Element {name} is duplicated at this location in type {type_name}",
                    hint=f"put all <{name}> side by side" if field.many else f"keep one <{name}>",
                )
            elif name not in seen:
                yield from self._availability(child, field, here)
            seen.add(name)
            previous = name
            yield from self._value(child, field, here)
        for field in fields.values():
            if field.required and field.name not in seen and field.in_version(self.version):
                yield self._problem(
                    element,
                    f"{path}/{field.name}" if path else field.name,
                    Kind.MISSING,
                    f"Required field is missing: {field.name}",
                    hint=f"add <{field.name}> to <{local_name(element)}>",
                )

    def _unknown(self, element: _Element, name: str, path: str, type_name: str) -> FormProblem:
        meant = {known.lower(): known for known in fields_of(type_name)}.get(name.lower())
        message = f"{name} invalid at this location in type {type_name}"
        hint = f"did you mean <{meant}>?" if meant else ""
        return self._problem(element, path, Kind.UNKNOWN_ELEMENT, message, hint=hint)

    def _availability(self, element: _Element, field: Field, path: str) -> Iterator[FormProblem]:
        if not field.in_version(self.version):
            message = f"Property '{field.name}' not valid in version {self.shown}"
            if field.gone is not None:
                hint = f"it exists in API versions {field.gone[0]:.1f} to {field.gone[1]:.1f}"
            else:
                hint = f"it exists since API version {field.since:.1f}"
            yield self._problem(element, path, Kind.VERSION, message, hint=hint)
        elif field.trimmed:
            message = f"<{field.name}> is not in the newest published list of fields: not every org has it"
            yield self._problem(element, path, Kind.TRIMMED, message, severity=Severity.INFO)

    def _value(self, element: _Element, field: Field, path: str) -> Iterator[FormProblem]:
        given_type = ""
        for attribute in map(str, element.attrib):
            if attribute == _XSI + "type":
                given_type = (element.get(attribute) or "").rpartition(":")[2]
            elif not attribute.startswith(_XSI):
                yield self._problem(element, path, Kind.ATTRIBUTE, f"the attribute {attribute} has no meaning here")
        if element.get(_XSI + "nil") in ("true", "1"):
            return
        if is_complex(field.type):
            yield from self._complex(element, given_type if is_complex(given_type) else field.type, path)
            return
        if field.type == "anyType":
            return
        if len(element):
            message = f"<{field.name}> has to hold text, not elements"
            yield self._problem(element, path, Kind.LEXICAL, message)
            return
        text = (element.text or "").strip()
        if enumeration(field.type) is not None:
            yield from self._enumerated(element, field, text, path)
        elif (pattern := _LEXICAL.get(field.type)) and not _fits(text, field.type, pattern):
            yield self._problem(
                element, path, Kind.LEXICAL, f"'{text[:60]}' is not a valid value for the type {field.type}"
            )

    def _enumerated(self, element: _Element, field: Field, text: str, path: str) -> Iterator[FormProblem]:
        values = enumeration(field.type) or {}
        gone = gone_values(field.type).get(text)
        if text in values and values[text] <= self.version:
            return
        if gone and gone[0] <= self.version <= gone[1]:
            return
        message = f"'{text[:60]}' is not a valid value for the enum '{field.type}'"
        if text in values:
            hint = f"it exists since API version {values[text]:.1f}"
        elif gone:
            hint = f"it exists in API versions {gone[0]:.1f} to {gone[1]:.1f}"
        else:
            meant = {value.lower(): value for value in values}.get(text.lower())
            hint = f"did you mean {meant}?" if meant else ""
            if not hint and len(values) <= 20:
                hint = f"one of {', '.join(sorted(values))}"
        yield self._problem(element, path, Kind.ENUMERATION, message, hint=hint)


def _fits(text: str, kind: str, pattern: re.Pattern[str]) -> bool:
    if not pattern.match(text):
        return False
    bound = _BOUNDS.get(kind)
    return bound is None or -bound <= int(text) < bound
