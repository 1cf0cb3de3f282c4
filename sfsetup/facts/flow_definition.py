"""FlowDefinition: which version of a flow is active, as projects from before API 44 keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sfsetup.facts.base import Fact, line_at, root_values, to_number
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDefinition(Fact):
    """A flow definition. `active_version` 0 means that no version is active."""

    metadata_type: ClassVar[str] = "FlowDefinition"

    active_version: int | None = None


def read(root: _Element, *, full_name: str, file: str) -> FlowDefinition:
    """The fact of an element tree."""
    texts, lines, _ = root_values(root)
    return FlowDefinition(
        full_name=full_name,
        file=file,
        line=line_at(root),
        lines=lines,
        active_version=to_number(texts.get("activeVersionNumber")),
    )
