"""Which schemas others refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument


def reachable(document: OpenApiDocument, roots: Iterable[Any]) -> set[str]:
    """Pointers of every schema that references lead to from the given schemas, directly or not."""
    folded = {name.lower(): name for name in document.schemas}
    home = f"#{document.schemas_pointer}/"
    stack = list(roots)
    seen: set[int] = set()
    found: set[str] = set()
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
            continue
        if not isinstance(node, dict) or id(node) in seen:
            continue
        seen.add(id(node))
        ref = node.get("$ref")
        if isinstance(ref, str):
            target, pointer = document.target(ref)
            if not pointer and ref.startswith(home) and ref[len(home) :].lower() in folded:
                name = folded[ref[len(home) :].lower()]
                target, pointer = document.schemas[name], f"{document.schemas_pointer}/{name}"
            if pointer:
                found.add(pointer)
                stack.append(target)
        stack.extend(value for value in node.values() if isinstance(value, (dict, list)))
    return found
