"""Names inside of a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.facts.base import word_of
from sfsetup.text.xml import METADATA_NS

if TYPE_CHECKING:
    from lxml.etree import _Element

_NAME = f"{{{METADATA_NS}}}name"
_NAMELESS = frozenset(
    f"{{{METADATA_NS}}}{element}"
    for element in (
        "inputParameters",
        "outputParameters",
        "inputAssignments",
        "outputAssignments",
        "processMetadataValues",
        "customProperties",
    )
)
"""Elements whose `name` is that of something else: an action's input, a field."""


def names_in(root: _Element) -> frozenset[str]:
    """Names of everything in a flow that can be referred to, whatever element it is."""
    found: set[str] = set()
    for element in root.iter(_NAME):
        parent = element.getparent()
        if parent is not None and parent.tag not in _NAMELESS:
            found.add(word_of(element))
    return frozenset(found)
