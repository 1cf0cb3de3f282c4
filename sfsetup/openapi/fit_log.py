"""What `openapi fit` did, step by step."""

from __future__ import annotations

from typing import Any

from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class FitChange:
    """One change. `dropped` is True where something can no longer be sent or read, or is no longer checked."""

    pointer: str
    """In the document that was given."""
    what: str
    rule: str
    """The acceptance rule behind the change, `OA-…`."""
    dropped: bool = False

    def as_json(self) -> dict[str, Any]:
        """`{pointer, what, rule, dropped}`."""
        return {"pointer": self.pointer, "what": self.what, "rule": self.rule, "dropped": self.dropped}


class Log:
    """Collects changes; the same thing said twice counts once."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], FitChange] = {}

    def __call__(self, pointer: str, what: str, rule: str, *, dropped: bool = False) -> None:
        """Notes a change."""
        self._changes.setdefault((pointer, what), FitChange(pointer, what, rule, dropped))

    @property
    def changes(self) -> tuple[FitChange, ...]:
        """Everything noted, in order."""
        return tuple(self._changes.values())
