"""A text that matches a pattern: the shortest way through the regular expressions that documents use.

Knows literals, classes, groups, alternatives and counts; anything else gives None. The pattern itself is never run:
it comes from a stranger's document and may take for ever. Whoever uses the text holds it against the whole schema.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CLASSES = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_PLAIN = "aA1-_ .:/+@#"
"""Tried in this order for a class that only says what is not in it."""
_MOST = 4000
"""Characters of a text."""


@lru_cache(maxsize=512)
def matching(pattern: str, least: int = 0) -> str | None:
    """A text of at least `least` characters that the pattern should find, or None."""
    try:
        for longer in (0, least):
            sampler = _Sampler(pattern, longer)
            text = sampler.alternatives()
            if least <= len(text) <= _MOST and sampler.is_done:
                return text
    except (re.error, _Unknown, RecursionError, IndexError):
        return None
    return None


class _Unknown(Exception):
    """Something that this sampler does not know."""


class _Sampler:
    """Recursive descent over a pattern; open-ended counts stretch until `least` characters are there."""

    def __init__(self, pattern: str, least: int) -> None:
        self._text = pattern
        self._at = 0
        self._least = least

    @property
    def is_done(self) -> bool:
        """True if the whole pattern was read."""
        return self._at >= len(self._text)

    def alternatives(self) -> str:
        """The first alternative that is not empty, else the empty text."""
        found = [self._sequence()]
        while self._take("|"):
            found.append(self._sequence())
        return next((text for text in found if text), "")

    def _sequence(self) -> str:
        parts: list[str] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._counted())
            if sum(map(len, parts)) > _MOST:
                raise _Unknown
        return "".join(parts)

    def _counted(self) -> str:
        piece = self._piece()
        low, is_open = self._count()
        if piece and is_open and self._least > len(piece) * low:
            low = -(-self._least // len(piece))
        return piece * low

    def _count(self) -> tuple[int, bool]:
        """(how often, whether more is allowed)."""
        char = self._text[self._at : self._at + 1]
        found = re.compile(r"\{(\d+)(,(\d*))?\}").match(self._text, self._at)
        if found:
            self._at = found.end()
            result = int(found.group(1)), found.group(2) is not None and not found.group(3)
            if found.group(3) and int(found.group(1)) == 0:
                result = (1, False)
        elif char and char in "*+?":
            self._at += 1
            result = (1, char != "?") if char != "?" else (0, False)
        else:
            return 1, False
        self._take("?")
        if result[0] > _MOST:
            raise _Unknown
        return result

    def _piece(self) -> str:
        char = self._text[self._at]
        self._at += 1
        if char in "^$":
            return ""
        if char == ".":
            return "a"
        if char == "[":
            return self._class()
        if char == "(":
            return self._group()
        if char == "\\":
            return self._escape()
        return char

    def _group(self) -> str:
        if self._take("?") and not self._take(":"):
            # Look-ahead, look-behind, names and flags.
            raise _Unknown
        text = self.alternatives()
        if not self._take(")"):
            raise _Unknown
        return text

    def _escape(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        if char in ("b", "A", "Z", "z"):
            return ""
        if char.isdigit() or char in ("p", "P", "u", "x", ""):
            raise _Unknown
        return _CLASSES.get(char, _CONTROLS.get(char, char))

    def _class(self) -> str:
        start = self._at - 1
        negated = self._take("^")
        first = self._text[self._at : self._at + 1]
        end = self._at + (first == "]")
        while end < len(self._text) and self._text[end] != "]":
            end += 2 if self._text[end] == "\\" else 1
        self._at = end + 1
        if not negated and first not in ("\\", "]", ""):
            return first
        allowed = re.compile(self._text[start : self._at])
        found = next((char for char in _PLAIN if allowed.fullmatch(char)), None)
        if found is None:
            raise _Unknown
        return found

    def _take(self, char: str) -> bool:
        if self._text[self._at : self._at + 1] == char:
            self._at += 1
            return True
        return False
