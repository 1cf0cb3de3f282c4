"""The shape of a judgement: a check is a row with its message and where that message is known from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfsetup.localorg.judge.context import Context


class Wording(Enum):
    """How sure the text of a message is (marks of the reference 'messages')."""

    VERBATIM = "V"
    """Seen by two teams or printed by Salesforce's documentation."""
    REPORTED = "R"
    """Reported verbatim by one team."""
    PATTERN = "P"
    """A part or a pattern is known, the rest is ours."""
    OURS = "N"
    """No text is known: the message carries the local org's mark."""


OURS_MARK = " [local org's wording]"


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the judgement table."""

    id: str
    message: str
    """Format text with named fields."""
    source: str
    wording: Wording
    warning: bool = False
    """True: the component still succeeds."""
    switch: str | None = None
    """The switch that turns it off."""

    def at(self, line: int | None, **values: object) -> Problem:
        """The problem that this check reports at a line."""
        text = self.message.format(**values)
        if self.wording is Wording.OURS:
            text += OURS_MARK
        return Problem(self, text, line)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found."""

    check: Check
    message: str
    line: int | None
    column: int | None = None


Judge = Callable[[Any, "Context"], Iterator[Problem]]
"""Judges the facts of one component in the light of everything around it."""
