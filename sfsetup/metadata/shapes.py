"""What the names and numbers of nested elements say about them, worked out once for each arrangement.

The files of an org repeat few arrangements very often. Where all of a document's are known to be right, no walk has to
ask about each element: the form check and the writer look here first.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sfsetup.metadata.fields import Field, enumeration, fields_of, gone_values, is_complex, is_open
from sfsetup.text.xml import METADATA_NS
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import XPath, _Element

_WHOLE = 64
"""Documents of up to so many elements are looked up as one; of larger ones each element below the root."""
_LARGEST = 512
"""Elements of an arrangement that is remembered."""
_MOST_ELEMENTS = 5_000
"""Elements of a document that is looked at here."""
_MOST_HELD = 250_000
"""Elements of all arrangements together; beyond that all are forgotten: hostile files must not fill the memory."""
_MOST_ODD = 10_000
"""Arrangements that are known not to be plain."""
_BOOLEANS = frozenset(("true", "false", "0", "1"))
_FREE = frozenset(("string", "ID"))
_Key = tuple[tuple[str, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Elements whose text has to be looked at, by their place in the order of the document."""

    choices: tuple[tuple[int, frozenset[str]], ...]
    """The text is one of these."""
    others: tuple[tuple[int, str], ...]
    """The text is written as this simple type demands."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What one element holds: children that are all fields of its type."""

    type_name: str
    fields: tuple[Field, ...]
    places: tuple[int, ...]

    def is_right(self, version: float) -> bool:
        """True if the children may occur as they do, and none is missing."""
        if any(not field.in_version(version) or field.gone is not None or field.trimmed for field in self.fields):
            return False
        last = ""
        seen: set[str] = set()
        for field in self.fields:
            if field.name in seen and (not field.many or last != field.name):
                return False
            seen.add(field.name)
            last = field.name
        every = fields_of(self.type_name).values()
        return all(field.name in seen for field in every if field.required and field.in_version(version))


class Shape:
    """One arrangement: an element of this type with all that it holds, or, if `shallow`, with its children alone."""

    __slots__ = ("_asked", "_held", "holders", "in_order", "is_plain", "rewritten", "spaces", "texts")

    def __init__(self, type_name: str, depth: int, key: _Key, *, shallow: bool) -> None:
        tags, counts = key
        reader = _Reading(tags, counts, shallow=shallow)
        reader.read(0, type_name, depth)
        self._held = tuple(reader.held)
        self._asked: dict[float, Asked | None] = {}
        self.is_plain = reader.is_plain
        """True if every element is known, and holds what its type says: others have to be asked one by one."""
        self.in_order = reader.is_plain and reader.in_order
        """True for children in the WSDL's order everywhere."""
        self.rewritten = tuple(
            (place, field.type == "boolean")
            for held in self._held
            for place, field in zip(held.places, held.fields, strict=True)
            if field.type in ("boolean", "double")
        )
        """Elements that an org writes in a way of its own, with whether they are booleans."""
        self.holders = [place for place, _ in reader.texts]
        """Places of elements that hold elements."""
        self.texts = [text for _, text in reader.texts]
        """The white space behind the start tag of each holder, where every element stands on a line of its own."""
        self.spaces = reader.spaces
        """The white space behind every element's end tag but the first's."""

    def asked(self, version: float) -> Asked | None:
        """What remains to be looked at in this API version; None where something is wrong already, or not plain."""
        try:
            return self._asked[version]
        except KeyError:
            found = self._asked[version] = self._look(version)
            return found

    def _look(self, version: float) -> Asked | None:
        if not self.is_plain or not all(held.is_right(version) for held in self._held):
            return None
        choices, others = [], []
        for held in self._held:
            for place, field in zip(held.places, held.fields, strict=True):
                values = _values(field.type, version)
                if values is not None:
                    choices.append((place, values))
                elif field.type not in _FREE and not is_complex(field.type):
                    others.append((place, field.type))
        return Asked(tuple(choices), tuple(others))


class _Reading:
    """Lays an arrangement over the types."""

    def __init__(self, tags: tuple[str, ...], counts: tuple[int, ...], *, shallow: bool) -> None:
        self.tags = tags
        self.counts = counts
        self.shallow = shallow
        self.held: list[_Held] = []
        self.texts: list[tuple[int, str]] = []
        self.spaces: list[str] = [""] * (len(tags) - 1)
        self.is_plain = True
        self.in_order = True

    def read(self, place: int, type_name: str, depth: int) -> int:
        """Reads the element at a place; the place behind it and all that it holds."""
        known = _by_tag(type_name)
        inner = "\n" + "    " * (depth + 1)
        self.texts.append((place, inner))
        fields: list[Field] = []
        places: list[int] = []
        ranks: list[int] = []
        if not self.counts[place] or is_open(type_name):
            self.is_plain = False
        at = place + 1
        for left in range(self.counts[place], 0, -1):
            self.spaces[at - 1] = inner if left > 1 else inner[:-4]
            found = known.get(self.tags[at])
            if found is None or found[1].type == "anyType":
                self.is_plain = False
                at = self._behind(at)
                continue
            rank, field = found
            ranks.append(rank)
            fields.append(field)
            places.append(at)
            if self.shallow or not is_complex(field.type):
                self.is_plain = self.is_plain and not self.counts[at]
                at = self._behind(at)
            else:
                at = self.read(at, field.type, depth + 1)
        self.in_order = self.in_order and ranks == sorted(ranks)
        self.held.append(_Held(type_name, tuple(fields), tuple(places)))
        return at

    def _behind(self, place: int) -> int:
        left = 1
        while left:
            left += self.counts[place] - 1
            place += 1
        return place


@cache
def _values(type_name: str, version: float) -> frozenset[str] | None:
    """All texts of a type that has few of them; None for other types."""
    if type_name == "boolean":
        return _BOOLEANS
    known = enumeration(type_name)
    if known is None:
        return None
    gone = gone_values(type_name).items()
    return frozenset(
        (
            *(value for value, since in known.items() if since <= version),
            *(value for value, (first, last) in gone if first <= version <= last),
        )
    )


@cache
def _by_tag(type_name: str) -> dict[str, tuple[int, Field]]:
    fields = fields_of(type_name).values()
    return {f"{{{METADATA_NS}}}{field.name}": (rank, field) for rank, field in enumerate(fields)}


@dataclass(frozen=True, slots=True)
class Survey:
    """The shapes of a whole document, each with its elements. There are no attributes and no stray texts in it."""

    parts: list[tuple[Shape, list[_Element]]]
    is_indented: bool
    """True if every element stands on a line of its own, four spaces to the right of what holds it."""


def survey(root: _Element, type_name: str) -> Survey | None:
    """The shapes of a document; None where attributes, texts beside elements or unknown elements need a closer look."""
    if _needs_a_walk()(root):
        return None
    parts = _parts(root, type_name)
    if parts is None:
        return None
    is_indented = all(_stands_in_lines(shape, elements) for shape, elements in parts)
    if not is_indented and any(_has_stray_text(shape, elements) for shape, elements in parts):
        return None
    return Survey(parts, is_indented)


@cache
def _needs_a_walk() -> XPath:
    """Attributes; and size, since a walk needs no memory and the elements of a very large document cost it."""
    from lxml import etree

    return etree.XPath(f"boolean(descendant-or-self::*/@*) or count(descendant::*) > {_MOST_ELEMENTS}")


def _parts(root: _Element, type_name: str) -> list[tuple[Shape, list[_Element]]] | None:
    """None as soon as something is not plain."""
    # made once and held: lxml makes a new object whenever it is asked for an element that nobody holds
    every = list(root.iter())
    tags = tuple([each.tag for each in every])
    counts = tuple([len(each) for each in every])
    if len(every) <= _WHOLE:
        shape = _shape(type_name, 0, (tags, counts))
        return None if shape is None else [(shape, every)]
    children = list(root)
    below = [root, *children]
    shape = _shape(type_name, 0, (tuple([each.tag for each in below]), (len(children), *[0] * len(children))), True)
    if shape is None:
        return None
    parts = [(shape, below)]
    known = _by_tag(type_name)
    start = 1
    for number, child in enumerate(children, start=1):
        end = every.index(below[number + 1], start) if number < len(children) else len(every)
        inner = known[child.tag][1].type
        if is_complex(inner):
            shape = _shape(inner, 1, (tags[start:end], counts[start:end]))
            if shape is None:
                return None
            parts.append((shape, every[start:end]))
        elif end > start + 1:
            return None
        start = end
    return parts


class _Memory:
    """The arrangements that were met, by type, depth and whether they are shallow."""

    def __init__(self) -> None:
        self.plain: dict[tuple[str, int, bool, _Key], Shape] = {}
        self.odd: set[int] = set()
        """Hashes alone, since names in them may be of any length. To take one for another costs a walk, no more."""
        self.held = 0

    def forget(self) -> None:
        """Begins anew."""
        self.plain, self.odd, self.held = {}, set(), 0


_memory = _Memory()


def _shape(type_name: str, depth: int, key: _Key, shallow: bool = False) -> Shape | None:
    """None for one that is not plain."""
    place = (type_name, depth, shallow, key)
    shape = _memory.plain.get(place)
    if shape is not None:
        return shape
    mark = hash(place)
    if mark in _memory.odd:
        return None
    shape = Shape(type_name, depth, key, shallow=shallow)
    if _memory.held > _MOST_HELD or len(_memory.odd) > _MOST_ODD:
        _memory.forget()
    if not shape.is_plain:
        _memory.odd.add(mark)
        return None
    if len(key[0]) <= _LARGEST:
        _memory.held += len(key[0])
        _memory.plain[place] = shape
    return shape


def _stands_in_lines(shape: Shape, elements: list[_Element]) -> bool:
    if [each.tail for each in elements[1:]] != shape.spaces:
        return False
    return [elements[place].text for place in shape.holders] == shape.texts


def _has_stray_text(shape: Shape, elements: list[_Element]) -> bool:
    texts = [elements[place].text for place in shape.holders]
    texts += [each.tail for each in elements]
    return any(text and not text.isspace() for text in texts)
