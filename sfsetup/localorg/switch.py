"""The shape of a switch."""

from __future__ import annotations

from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """A question about Salesforce, and the answer that the local org takes until it is turned."""

    name: str
    default: bool
    on: str
    off: str
    source: str
