"""Text with merge fields: `Bearer {!$Credential.EC.key}`, and header values that are one formula as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: plain, or the formula between `{!` and its `}`."""

    text: str
    is_formula: bool


def pieces(text: str) -> Iterator[Piece]:
    """Splits a text at its merge fields. A `{!` without its `}` is plain text; quotes may hold braces."""
    position = 0
    while (start := text.find("{!", position)) >= 0:
        end = _closing(text, start + 2)
        if end < 0:
            break
        if start > position:
            yield Piece(text[position:start], False)
        yield Piece(text[start + 2 : end], True)
        position = end + 1
    if position < len(text):
        yield Piece(text[position:], False)


def merged(text: str, resolve: Callable[[str], str]) -> str:
    """The text with each merge field replaced by what `resolve` makes of its formula."""
    return "".join(resolve(piece.text) if piece.is_formula else piece.text for piece in pieces(text))


def _closing(text: str, position: int) -> int:
    quote, depth = "", 0
    while position < len(text):
        char = text[position]
        if quote:
            if char == "\\":
                position += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                return position
            depth -= 1
        position += 1
    return -1
