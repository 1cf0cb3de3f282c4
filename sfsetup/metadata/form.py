"""Judges the form of metadata XML as the Metadata API does: elements, their API versions, what values look like.

The words are Salesforce's own where they are known (reference 'messages', section 1). The order of different elements
is free; occurrences of one list element have to stand side by side (reference 'ground truth', section 1).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
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
from sfsetup.metadata.shapes import Survey, survey
from sfsetup.model.finding import Severity
from sfsetup.text.xml import METADATA_NS, line_of, local_name
from sfsetup.values import dataclass

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
_NUMBERS = frozenset(("int", "long", "double", "number"))
_BOUNDS = {"int": 2**31, "long": 2**63}


MOST_PROBLEMS = 1_000


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
    """The problems of a document that is to be sent with this API version, in the order of the file.

    All of them up to MOST_PROBLEMS: what has more is some other kind of file.
    """
    return examine(root, type_name, api_version)[0]


def examine(root: _Element, type_name: str, api_version: str) -> tuple[list[FormProblem], Survey | None]:
    """As `check_form`, and the survey of a document without problems where one was enough to know that."""
    version = float(api_version)
    found = _right(root, type_name, version)
    return (_Checker(version).document(root, type_name), None) if found is None else ([], found)


def _right(root: _Element, type_name: str, version: float) -> Survey | None:
    """The survey of a document that nothing is wrong with; None where it takes the whole walk to know."""
    if root.tag != f"{{{METADATA_NS}}}{type_name}" or version < first_version(type_name):
        return None
    found = survey(root, type_name)
    if found is None:
        return None
    for shape, elements in found.parts:
        asked = shape.asked(version)
        if asked is None:
            return None
        for place, values in asked.choices:
            text = elements[place].text
            if text not in values and (text or "").strip() not in values:
                return None
        for place, kind in asked.others:
            if not _fits((elements[place].text or "").strip(), kind):
                return None
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """What there is to know of a type before looking at an element."""

    fields: Mapping[str, tuple[Field, str]]
    """Tag with namespace -> the field, and what its values are: string, complex, any, enum or lexical."""
    required: tuple[Field, ...]
    open: bool


@cache
def _spellings(type_name: str) -> Mapping[str, str]:
    """Names of fields by their lower-case form."""
    return {known.lower(): known for known in fields_of(type_name)}


@cache
def _plan(type_name: str) -> _Plan:
    fields = fields_of(type_name)
    return _Plan(
        {f"{{{METADATA_NS}}}{name}": (field, _content(field.type)) for name, field in fields.items()},
        tuple(field for field in fields.values() if field.required),
        is_open(type_name),
    )


def _content(type_name: str) -> str:
    if is_complex(type_name):
        return "complex"
    if type_name == "anyType":
        return "any"
    if enumeration(type_name) is not None:
        return "enum"
    return "lexical" if type_name in _LEXICAL else "string"


class _Enough(Exception):
    """Ends the walk: nobody reads more."""


class _Checker:
    """Walks a document once. Problems are collected, not yielded: most files have none and there are many files."""

    def __init__(self, version: float) -> None:
        self.version = version
        self.shown = f"{version:.1f}"
        self.found: list[FormProblem] = []
        self._above: list[str] = []

    def document(self, root: _Element, type_name: str) -> list[FormProblem]:
        tag = local_name(root)
        refusal = ""
        if root.tag != f"{{{METADATA_NS}}}{tag}":
            refusal = f"the root element <{tag}> is not in the namespace {METADATA_NS}"
        elif tag != type_name:
            refusal = f"the root element is <{tag}>, the file's name says {type_name}"
        elif not is_root(tag) and not is_complex(tag):
            refusal = f"<{tag}> is no metadata type"
        if refusal:
            return [FormProblem(refusal, line_of(root), None, "", Kind.ROOT)]
        if self.version < first_version(tag):
            message = f"the type {tag} came with API version {first_version(tag):.1f}, this is {self.shown}"
            self._add(root, Kind.VERSION, message)
        with contextlib.suppress(_Enough):
            for attribute in map(str, root.attrib):
                if not attribute.startswith(_XSI):
                    self._add(root, Kind.ATTRIBUTE, f"the attribute {attribute} has no meaning here")
            self._complex(root, tag)
        return self.found

    def _add(
        self,
        element: _Element,
        kind: Kind,
        message: str,
        name: str = "",
        *,
        severity: Severity = Severity.HIGH,
        hint: str = "",
    ) -> None:
        """Notes a problem of the element that the walk stands in, or of its child `name`."""
        path = "/".join((*self._above, name) if name else self._above)
        self.found.append(FormProblem(message, line_of(element), None, path, kind, severity, hint))
        if len(self.found) >= MOST_PROBLEMS:
            raise _Enough

    def _complex(self, element: _Element, type_name: str) -> None:
        plan = _plan(type_name)
        # The problems of an element itself come before those of what it holds.
        place = len(self.found)
        text = element.text
        is_stray = bool(text and not text.isspace())
        fields = plan.fields
        seen: set[str] = set()
        previous = ""
        for child in element:
            tail = child.tail
            if tail and not tail.isspace():
                is_stray = True
            known = fields.get(child.tag)
            if known is None:
                previous = local_name(child)
                if not plan.open:
                    self._unknown(child, previous, type_name)
                continue
            field, content = known
            name = field.name
            if name not in seen:
                seen.add(name)
                if field.since > self.version or field.gone is not None or field.trimmed:
                    self._availability(child, field)
            elif not field.many or previous != name:
                self._duplicated(child, field, type_name)
            previous = name
            if content != "string" or len(child) or child.attrib:
                self._value(child, field, content)
        if is_stray:
            self._add(element, Kind.TEXT, f"text stands beside elements inside <{local_name(element)}>")
            self.found.insert(place, self.found.pop())
        for field in plan.required:
            if field.name not in seen and field.in_version(self.version):
                message = f"Required field is missing: {field.name}"
                hint = f"add <{field.name}> to <{local_name(element)}>"
                self._add(element, Kind.MISSING, message, field.name, hint=hint)

    def _duplicated(self, element: _Element, field: Field, type_name: str) -> None:
        message = f"Error parsing file: Element {field.name} is duplicated at this location in type {type_name}"
        hint = f"put all <{field.name}> side by side" if field.many else f"keep one <{field.name}>"
        self._add(element, Kind.DUPLICATED, message, field.name, hint=hint)

    def _unknown(self, element: _Element, name: str, type_name: str) -> None:
        meant = _spellings(type_name).get(name.lower())
        message = f"{name} invalid at this location in type {type_name}"
        hint = f"did you mean <{meant}>?" if meant else ""
        self._add(element, Kind.UNKNOWN_ELEMENT, message, name, hint=hint)

    def _availability(self, element: _Element, field: Field) -> None:
        if not field.in_version(self.version):
            message = f"Property '{field.name}' not valid in version {self.shown}"
            if field.gone is not None:
                hint = f"it exists in API versions {field.gone[0]:.1f} to {field.gone[1]:.1f}"
            else:
                hint = f"it exists since API version {field.since:.1f}"
            self._add(element, Kind.VERSION, message, field.name, hint=hint)
        elif field.trimmed:
            message = f"<{field.name}> is not in the newest published list of fields: not every org has it"
            self._add(element, Kind.TRIMMED, message, field.name, severity=Severity.INFO)

    def _value(self, element: _Element, field: Field, content: str) -> None:
        given_type = ""
        if element.attrib:
            for attribute in map(str, element.attrib):
                if attribute == _XSI + "type":
                    given_type = (element.get(attribute) or "").rpartition(":")[2]
                elif not attribute.startswith(_XSI):
                    message = f"the attribute {attribute} has no meaning here"
                    self._add(element, Kind.ATTRIBUTE, message, field.name)
            if element.get(_XSI + "nil") in ("true", "1"):
                return
        if content == "complex":
            self._above.append(field.name)
            self._complex(element, given_type if is_complex(given_type) else field.type)
            self._above.pop()
        elif content == "any":
            return
        elif len(element):
            self._add(element, Kind.LEXICAL, f"<{field.name}> has to hold text, not elements", field.name)
        elif content == "enum":
            self._enumerated(element, field, (element.text or "").strip())
        elif content == "lexical":
            text = (element.text or "").strip()
            if not _fits(text, field.type):
                message = f"'{text[:60]}' is not a valid value for the type {field.type}"
                self._add(element, Kind.LEXICAL, message, field.name)

    def _enumerated(self, element: _Element, field: Field, text: str) -> None:
        values = enumeration(field.type) or {}
        since = values.get(text)
        if since is not None and since <= self.version:
            return
        gone = gone_values(field.type).get(text)
        if gone and gone[0] <= self.version <= gone[1]:
            return
        message = f"'{text[:60]}' is not a valid value for the enum '{field.type}'"
        if since is not None:
            hint = f"it exists since API version {since:.1f}"
        elif gone:
            hint = f"it exists in API versions {gone[0]:.1f} to {gone[1]:.1f}"
        else:
            meant = {value.lower(): value for value in values}.get(text.lower())
            hint = f"did you mean {meant}?" if meant else ""
            if not hint and len(values) <= 20:
                hint = f"one of {', '.join(sorted(values))}"
        self._add(element, Kind.ENUMERATION, message, field.name, hint=hint)


def _fits(text: str, kind: str) -> bool:
    if len(text) < 10 and text.isascii() and text.isdigit():
        # places on a flow's canvas: most of what is asked here
        return kind in _NUMBERS or kind not in _LEXICAL or bool(_LEXICAL[kind].match(text))
    pattern = _LEXICAL.get(kind)
    if pattern is None:
        return True
    if not pattern.match(text):
        return False
    bound = _BOUNDS.get(kind)
    return bound is None or -bound <= int(text) < bound
