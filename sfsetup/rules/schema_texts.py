"""The texts of an OpenAPI document in which somebody may have left a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfsetup.text.pointers import escape
from sfsetup.values import dataclass

_EXAMPLES = frozenset(("example", "examples", "default", "x-example", "x-examples"))
_MOST = 200_000
"""Values that are looked at in one document; beyond that lies generated bulk."""


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A text, the key it stands under, and whether it is part of an example or a default."""

    pointer: str
    name: str
    value: str
    is_example: bool


def texts(value: Any) -> Iterator[SchemaText]:
    """Every text of a document, in document order."""
    todo: list[tuple[str, str, Any, bool]] = [("", "", value, False)]
    seen = 0
    while todo and seen < _MOST:
        pointer, name, node, example = todo.pop()
        seen += 1
        if isinstance(node, str):
            yield SchemaText(pointer, name, node, example)
        elif isinstance(node, dict):
            children = []
            for key, child in node.items():
                text = str(key)
                # an example right below a property is a value of that property
                inside = example or text in _EXAMPLES
                owner = name if text in _EXAMPLES else text
                children.append((f"{pointer}/{escape(text)}", owner, child, inside))
            todo.extend(reversed(children))
        elif isinstance(node, list):
            todo.extend((f"{pointer}/{at}", name, node[at], example) for at in range(len(node) - 1, -1, -1))
