"""Texts that objects, fields and workflows store for everybody to read: defaults, literal values, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from sfsetup.facts.base import Fact, line_at, words
from sfsetup.model.finding import ComponentRef
from sfsetup.text.xml import local_name
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element

STORED_TYPES: Final = frozenset(("CustomObject", "CustomField", "Workflow"))
"""Metadata types that this module reads. A custom setting is a CustomObject (`customSettingsType`)."""

_QUOTE = re.compile("['\"]")
_BODIES = {quote: re.compile(rf"[^{quote}\\]*+(?:\\.[^{quote}\\]*+)*+", re.DOTALL) for quote in "'\""}
"""What may stand between two quotes; never tried again with less, so that no text takes more than its length."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """One text. `element` says where it stands; `field` names what holds it, for texts and not for formulas."""

    element: str
    text: str
    field: str | None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTexts(Fact):
    """The texts of one object, field or workflow."""

    metadata_type: ClassVar[str] = "CustomObject"

    kind: str = "CustomObject"
    texts: tuple[StoredText, ...] = ()

    @property
    def ref(self) -> ComponentRef:
        """Type and name."""
        return ComponentRef(self.kind, self.full_name)


def read(root: _Element, *, kind: str, full_name: str, file: str) -> StoredTexts:
    """The fact of an element tree."""
    texts = _workflow(root) if kind == "Workflow" else _defaults(root, full_name)
    return StoredTexts(full_name=full_name, file=file, line=line_at(root), kind=kind, texts=tuple(texts))


def _defaults(root: _Element, full_name: str) -> Iterator[StoredText]:
    holders = [root] if local_name(root) == "CustomField" else [e for e in root if local_name(e) == "fields"]
    for holder in holders:
        entry = words(holder)
        default = entry.get("defaultValue")
        if default:
            name = entry.get("fullName") or full_name.rpartition(".")[2]
            for text, quoted in _literals(default):
                yield StoredText(f"default of {name}", text, name if quoted else None, _line(holder, "defaultValue"))


def _workflow(root: _Element) -> Iterator[StoredText]:
    for holder in root:
        entry = words(holder)
        name = entry.get("fullName") or entry.get("name") or ""
        if local_name(holder) == "outboundMessages" and entry.get("endpointUrl"):
            yield StoredText(f"outbound message {name}", entry["endpointUrl"], None, _line(holder, "endpointUrl"))
        elif local_name(holder) == "fieldUpdates":
            element, field = f"field update {name}", entry.get("field")
            if entry.get("literalValue"):
                yield StoredText(element, entry["literalValue"], field, _line(holder, "literalValue"))
            for text, quoted in _literals(entry.get("formula", "")):
                yield StoredText(element, text, field if quoted else None, _line(holder, "formula"))


def _literals(formula: str) -> list[tuple[str, bool]]:
    """The quoted texts of a formula, else the formula: a default of text is one, `'abc'`; `false` and `5` are none."""
    found = []
    start = _QUOTE.search(formula)
    while start is not None:
        body = _BODIES[start.group()].match(formula, start.end())
        if body is None or formula[body.end() : body.end() + 1] != start.group():
            break
        if body.group():
            found.append((body.group(), True))
        start = _QUOTE.search(formula, body.end() + 1)
    return found or ([(formula, False)] if formula else [])


def _line(holder: _Element, name: str) -> int:
    return next((line_at(child) for child in holder if local_name(child) == name), line_at(holder))
