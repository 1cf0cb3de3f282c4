"""Where the parts of a document stand. Computed only when somebody asks, and only as far as needed."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Protocol

from sfsetup.text.pointers import join
from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that stands in its map a second time, with the line of that second one."""

    pointer: str
    line: int


class Places(Protocol):
    """Answers where something is; tokens are the split JSON pointer."""

    def value_line(self, tokens: tuple[str, ...]) -> int | None:
        """Line of the value."""

    def key_line(self, tokens: tuple[str, ...]) -> int | None:
        """Line of the key."""

    def value_lines(self, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int | None]:
        """Lines of many values at once."""

    def source_text(self, tokens: tuple[str, ...]) -> str | None:
        """The scalar's text in the source."""

    def duplicates(self) -> tuple[Duplicate, ...]:
        """Repeated keys."""


_Tree = dict[str, "_Tree"]
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=True)


@dataclass(frozen=True, slots=True)
class _Child:
    key: int
    """Offset of the key, for items of lists that of the value."""
    start: int
    end: int


class JsonPlaces:
    """Places in valid JSON text.

    Only the maps and lists on the way to what is asked are looked into; the C scanner of the standard library skips
    over the rest, so that a place in a document of many megabytes costs about as much as parsing it once or twice.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._children: dict[int, dict[str, _Child]] = {}
        self._line_starts: list[int] | None = None
        self._root = _Child(0, _after_space(text, 0), len(text))

    def value_line(self, tokens: tuple[str, ...]) -> int | None:
        """Line of the value."""
        found = self._find(tokens)
        return self._line(found.start) if found else None

    def value_lines(self, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int | None]:
        """Lines of many values in one pass over the text, which costs no more than parsing it once."""
        offsets: dict[tuple[str, ...], int | None] = dict.fromkeys(wanted)
        tree: _Tree = {}
        for tokens in offsets:
            branch = tree
            for token in tokens:
                branch = branch.setdefault(token, {})
        self._collect(self._root.start, (), tree, offsets)
        lines: dict[tuple[str, ...], int | None] = dict.fromkeys(offsets)
        line, at = 1, 0
        for offset, tokens in sorted((offset, tokens) for tokens, offset in offsets.items() if offset is not None):
            line += self._text.count("\n", at, offset)
            at = offset
            lines[tokens] = line
        return lines

    def _collect(
        self, start: int, here: tuple[str, ...], tree: _Tree, offsets: dict[tuple[str, ...], int | None]
    ) -> int:
        """Notes offsets at and below the value at this one; gives the offset behind it."""
        text = self._text
        if here in offsets:
            offsets[here] = start
        if not tree or text[start] not in "{[":
            return _DECODER.raw_decode(text, start)[1]
        is_map = text[start] == "{"
        at = _after_space(text, start + 1)
        count = 0
        while text[at] not in "}]":
            if is_map:
                token, at = _DECODER.raw_decode(text, at)
                at = _after_space(text, _after_space(text, at) + 1)
            else:
                token = str(count)
                count += 1
            branch = tree.get(token)
            if branch is None:
                end = _DECODER.raw_decode(text, at)[1]
            else:
                end = self._collect(at, (*here, token), branch, offsets)
            at = _after_space(text, end)
            if text[at] == ",":
                at = _after_space(text, at + 1)
        return at + 1

    def key_line(self, tokens: tuple[str, ...]) -> int | None:
        """Line of the key."""
        found = self._find(tokens)
        return self._line(found.key if tokens else found.start) if found else None

    def source_text(self, tokens: tuple[str, ...]) -> str | None:
        """The scalar's text in the source."""
        found = self._find(tokens)
        if found is None or self._text[found.start] in "{[":
            return None
        if self._text[found.start] == '"':
            return str(_DECODER.raw_decode(self._text, found.start)[0])
        return self._text[found.start : found.end].strip()

    def duplicates(self) -> tuple[Duplicate, ...]:
        """Repeated keys, found by looking into every map."""
        found: list[Duplicate] = []
        todo = [("", self._root)]
        while todo:
            pointer, place = todo.pop()
            if self._text[place.start] not in "{[":
                continue
            for token, child, first in self._scan(place.start):
                here = join(pointer, token)
                if not first:
                    found.append(Duplicate(here, self._line(child.key)))
                todo.append((here, child))
        return tuple(sorted(found, key=lambda duplicate: duplicate.line))

    def _find(self, tokens: tuple[str, ...]) -> _Child | None:
        place = self._root
        for token in tokens:
            if self._text[place.start] not in "{[":
                return None
            children = self._children.get(place.start)
            if children is None:
                children = {token: child for token, child, _ in self._scan(place.start)}
                self._children[place.start] = children
            found = children.get(token)
            if found is None:
                return None
            place = found
        return place

    def _scan(self, start: int) -> list[tuple[str, _Child, bool]]:
        """The children of the map or list at this offset, in order, and whether their key is there the first time."""
        text = self._text
        is_map = text[start] == "{"
        result: list[tuple[str, _Child, bool]] = []
        seen: set[str] = set()
        at = _after_space(text, start + 1)
        while text[at] not in "}]":
            key_at = at
            if is_map:
                token, at = _DECODER.raw_decode(text, at)
                at = _after_space(text, _after_space(text, at) + 1)
            else:
                token = str(len(result))
            _, end = _DECODER.raw_decode(text, at)
            result.append((token, _Child(key_at, at, end), token not in seen))
            seen.add(token)
            at = _after_space(text, end)
            if text[at] == ",":
                at = _after_space(text, at + 1)
        return result

    def _line(self, offset: int) -> int:
        if self._line_starts is None:
            self._line_starts = [0, *accumulate(len(line) + 1 for line in self._text.split("\n"))]
        return bisect_right(self._line_starts, offset)


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()
