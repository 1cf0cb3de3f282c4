"""Progress as values: whoever acts hands events to a listener; views turn them into text. Silence by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `kind` is dotted (`stage.started`, `deploy.progress`, `secret.written`)."""

    kind: str
    message: str
    """A sentence without markup; never holds a secret."""
    data: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[Event], None]


def nobody(_event: Event) -> None:
    """The listener that is used when none is given."""
