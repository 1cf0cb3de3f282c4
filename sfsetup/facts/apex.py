"""Apex and other source text: what it mentions and the literals in it. No language is parsed.

A mention inside a comment does not count. Names that code puts together at run time cannot be seen; `builds_names`
tells where that happens.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field
from itertools import accumulate
from typing import ClassVar

from sfsetup.facts.base import Fact
from sfsetup.model.finding import ComponentRef
from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in the text, and its line."""

    name: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApexSource(Fact):
    """A class or trigger."""

    metadata_type: ClassVar[str] = "ApexClass"

    kind: str = "ApexClass"
    """ApexClass or ApexTrigger."""
    callouts: tuple[Mention, ...] = ()
    """Named credentials in `callout:Name`, with their namespace."""
    services: tuple[Mention, ...] = ()
    """External Services in `ExternalService.Name`."""
    endpoints: tuple[Mention, ...] = ()
    """URLs in literals."""
    builds_names: tuple[Mention, ...] = ()
    """Places where `callout:` stands at the end of a literal: the name comes from elsewhere."""
    credential_merges: tuple[Mention, ...] = ()
    """`{!$Credential…}` in literals."""
    makes_callouts: bool = False
    literals: tuple[Mention, ...] = field(default=(), repr=False)
    """Literals long enough to be a secret."""

    @property
    def ref(self) -> ComponentRef:
        """Class or trigger, and its name."""
        return ComponentRef(self.kind, self.full_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSource(Fact):
    """Any other text: static resources, components of pages. Only its literals are kept."""

    metadata_type: ClassVar[str] = "StaticResource"

    kind: str = "StaticResource"
    literals: tuple[Mention, ...] = field(default=(), repr=False)
    callouts: tuple[Mention, ...] = ()

    @property
    def ref(self) -> ComponentRef:
        """The kind of text, and its name."""
        return ComponentRef(self.kind, self.full_name)


SHORTEST_LITERAL = 8
"""Characters. Shorter literals are never worth a look."""
LARGEST_TEXT = 512 * 1024
"""Bytes of a text that is looked through; larger ones are libraries and data."""

_APEX_TOKEN = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^'\\\n]|\\.)*+(?:(')|\\?\Z|(?=\n))", re.DOTALL)
# A literal that nothing closes ends with its line: looking for its end again from each quote inside of it would take
# the square of the line's length.
_CALLOUT = re.compile(r"callout:([A-Za-z]\w*)", re.IGNORECASE)
_CALLOUT_END = re.compile(r"callout:(?:[A-Za-z]\w*__)?\Z", re.IGNORECASE)
_SERVICE = re.compile(r"\bExternalService\s*\.\s*([A-Za-z]\w*)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s'\"]+", re.IGNORECASE)
_MERGE = re.compile(r"\{!\s*\$Credential[^{}]*\}", re.IGNORECASE)
_CALLS = re.compile(r"\bHttpRequest\b|\bWebServiceCallout\b|\bExternalService\s*\.", re.IGNORECASE)
_QUOTED = re.compile(r"\"((?:[^\"\\\n]|\\.){8,512}+)\"|'((?:[^'\\\n]|\\.){8,512}+)'")


class _Lines:
    """Line of an offset; counted when first asked."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] | None = None

    def at(self, offset: int) -> int:
        if self._starts is None:
            self._starts = [0, *accumulate(len(line) + 1 for line in self._text.split("\n"))]
        return bisect_right(self._starts, offset)


_SIGNS = ("callout", "http", "$credential", "externalservice")
"""Without one of these in it, lower-case, a source says nothing about callouts."""


def read(text: str, *, full_name: str, file: str, kind: str = "ApexClass", may_hold_secret: bool = True) -> ApexSource:
    """The fact of a class's or trigger's source. Without `may_hold_secret` its literals are left out."""
    if not may_hold_secret:
        lowered = text.lower()
        if not any(sign in lowered for sign in _SIGNS):
            return ApexSource(full_name=full_name, file=file, line=1, kind=kind)
    lines = _Lines(text)
    code: list[str] = []
    found: dict[str, list[Mention]] = {}
    at = 0
    for token in _APEX_TOKEN.finditer(text):
        code.append(text[at : token.start()])
        at = token.end()
        if token.group()[0] == "'":
            if token.group(1):
                _look_into(token.group()[1:-1], token.start(), lines, found)
            code.append("''")
        else:
            code.append(" " + "\n" * token.group().count("\n"))
    code.append(text[at:])
    plain = "".join(code)
    services: list[Mention] = []
    if _CALLS.search(plain):
        services = [Mention(each.group(1), plain.count("\n", 0, each.start()) + 1) for each in _SERVICE.finditer(plain)]
    return ApexSource(
        full_name=full_name,
        file=file,
        line=1,
        kind=kind,
        services=tuple(services),
        makes_callouts=bool(found.get("callouts") or services or _CALLS.search(plain)),
        callouts=tuple(found.get("callouts", ())),
        endpoints=tuple(found.get("endpoints", ())),
        builds_names=tuple(found.get("builds_names", ())),
        credential_merges=tuple(found.get("credential_merges", ())),
        literals=tuple(found.get("literals", ())) if may_hold_secret else (),
    )


def _look_into(literal: str, offset: int, lines: _Lines, found: dict[str, list[Mention]]) -> None:
    """What one literal of Apex tells."""
    if len(literal) >= SHORTEST_LITERAL:
        found.setdefault("literals", []).append(Mention(literal, lines.at(offset)))
    lowered = literal.lower()
    if "callout:" in lowered:
        for match in _CALLOUT.finditer(literal):
            found.setdefault("callouts", []).append(Mention(match.group(1), lines.at(offset)))
        if _CALLOUT_END.search(literal):
            found.setdefault("builds_names", []).append(Mention(literal, lines.at(offset)))
    if "http" in lowered:
        for match in _URL.finditer(literal):
            found.setdefault("endpoints", []).append(Mention(match.group(), lines.at(offset)))
    if "$credential" in lowered:
        for match in _MERGE.finditer(literal):
            found.setdefault("credential_merges", []).append(Mention(match.group(), lines.at(offset)))


def read_text(text: str, *, full_name: str, file: str, kind: str, may_hold_secret: bool = True) -> TextSource:
    """The fact of any other text: its quoted literals, unless it is known that none is a secret."""
    if not may_hold_secret and "callout:" not in text.lower():
        return TextSource(full_name=full_name, file=file, line=1, kind=kind)
    lines = _Lines(text)
    literals = tuple(
        Mention(match.group(1) or match.group(2), lines.at(match.start())) for match in _QUOTED.finditer(text)
    )
    callouts = tuple(Mention(match.group(1), lines.at(match.start())) for match in _CALLOUT.finditer(text))
    return TextSource(full_name=full_name, file=file, line=1, kind=kind, literals=literals, callouts=callouts)
