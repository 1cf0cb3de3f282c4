"""The shape of a judgement: a check is a row with its message and where that message is known from."""

from __future__ import annotations

from enum import Enum
from typing import Any

from sfsetup.values import dataclass


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
class Problem:
    """What a check found in a component. A `warning` leaves the component a success."""

    check: Check
    message: str
    line: int | None
    column: int | None = None
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the judgement table."""

    id: str
    type: str
    """Metadata type that it judges; `*` for any."""
    message: str
    """Format text with named fields."""
    source: str
    wording: Wording
    warning: bool = False
    """True: never more than a warning."""
    switch: str | None = None
    """The switch that decides: on, the check refuses."""
    warns_off: bool = False
    """What the check does while its switch is off: warn, or say nothing."""

    def at(self, line: int | None, *, column: int | None = None, warning: bool = False, **values: Any) -> Problem:
        """The problem that this check reports at a line."""
        text = self.message.format(**values)
        if self.wording is Wording.OURS:
            text += OURS_MARK
        return Problem(self, text, line or None, column, self.warning or warning)
