"""What all facts share, and the small tools of their readers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar

from sfsetup.model.finding import ComponentRef
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One metadata component as it was read."""

    metadata_type: ClassVar[str] = ""

    full_name: str
    file: str
    line: int | None = None
    """Line of the root element."""
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
    """First line of each element directly below the root."""

    @property
    def ref(self) -> ComponentRef:
        """Type and fullName."""
        return ComponentRef(self.metadata_type, self.full_name)

    def line_of(self, element: str) -> int | None:
        """Line of an element below the root; that of the root when the element is missing."""
        return self.lines.get(element, self.line)


class _Names(dict[str, str]):
    def __missing__(self, tag: str) -> str:
        name = tag[tag.find("}") + 1 :]
        if len(tag) > _LONGEST_TAG:
            # of no field of Salesforce's; a hostile file can have thousands, each of fifty thousand characters
            return name
        if len(self) >= _MOST_NAMES:
            self.clear()
        self[tag] = name = sys.intern(name)
        return name


_MOST_NAMES = 20_000
_LONGEST_TAG = 200
NAMES: Mapping[str, str] = _Names()
"""Tag -> the element's name without namespace."""


def name_of(element: _Element) -> str:
    """The element's name without namespace."""
    return NAMES[element.tag]


def text_of(element: _Element) -> str:
    """The element's text as it stands; empty for none."""
    return element.text or ""


def word_of(element: _Element) -> str:
    """The element's text without surrounding white space: names, enumerations, numbers."""
    text = element.text
    return text.strip() if text else ""


def flag_of(element: _Element) -> bool:
    """True for `true` and `1`."""
    return word_of(element) in ("true", "1")


def number_of(element: _Element) -> int | None:
    """The integer, None where the text is none."""
    text = word_of(element)
    digits = text[1:] if text[:1] in "+-" else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def line_at(element: Any) -> int:
    """Line of the element; 0 for one that was built and not read."""
    line: int | None = element.sourceline
    return line or 0


def words(element: _Element) -> dict[str, str]:
    """Text of each child by name, for small elements whose children occur once; the last one wins."""
    return {NAMES[child.tag]: child.text or "" for child in element}


def is_true(text: str | None, default: bool = False) -> bool:
    """The boolean that a text says; `default` when there is none."""
    return default if text is None else text.strip() in ("true", "1")


def to_number(text: str | None) -> int | None:
    """The integer that a text says; None for anything else."""
    text = (text or "").strip()
    digits = text[1:] if text[:1] in ("+", "-") else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def root_values(root: _Element) -> tuple[dict[str, str], dict[str, int], dict[str, list[_Element]]]:
    """Texts of the leaves below the root, the line of every name, and the elements that hold elements, by name."""
    texts: dict[str, str] = {}
    lines: dict[str, int] = {}
    groups: dict[str, list[_Element]] = {}
    for child in root:
        name = NAMES[child.tag]
        if name not in lines:
            lines[name] = line_at(child)
        if len(child):
            groups.setdefault(name, []).append(child)
        else:
            texts[name] = child.text or ""
    return texts, lines, groups
