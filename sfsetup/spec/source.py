"""The file behind a spec: where its values stand, and the tree of values with text keys read as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfsetup.text.pointers import join

if TYPE_CHECKING:
    from sfsetup.spec.summary import DocumentSummary
    from sfsetup.text.documents import Document


@dataclass(frozen=True)
class SpecSource:
    """What a spec was made from: enough to make the spec of another environment, and to name lines."""

    document: Document
    tree: Mapping[str, Any]
    """Values as read, without those that could not be used."""
    summary: DocumentSummary | None = field(repr=False, default=None)
    """What the OpenAPI document says by default; None if it could not be read."""

    def placed(self, pointer: str, environment: str | None) -> str:
        """The pointer below `/environments/<environment>` if the value stands there, else the pointer itself."""
        if environment is not None:
            inner = f"{join('/environments', environment)}{pointer}"
            if self.document.line(inner) is not None:
                return inner
        return pointer

    def line(self, pointer: str, environment: str | None = None) -> int | None:
        """1-based line of the key, else of the nearest key above it that is written."""
        pointer = self.placed(pointer, environment)
        while pointer:
            line = self.document.key_line(pointer) or self.document.line(pointer)
            if line is not None:
                return line
            pointer = pointer.rpartition("/")[0]
        return 1


def with_text(document: Document, part: Mapping[str, Any], value: Any, pointer: str = "") -> Any:
    """The value with every scalar whose schema says text replaced by its source text.

    So that `label: 007` is the text 007 and `label: no` is no. A key without any value stays None.
    """
    from sfsetup.spec.schema import resolve

    part = resolve(part)
    kinds = part.get("type")
    kinds = [kinds] if isinstance(kinds, str) else (kinds or [])
    if isinstance(value, dict):
        known = part.get("properties", {})
        rest = part.get("additionalProperties")
        return {
            key: with_text(document, known.get(key, rest if isinstance(rest, dict) else {}), item, join(pointer, key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        items = part.get("items", {})
        return [with_text(document, items, item, join(pointer, str(i))) for i, item in enumerate(value)]
    if isinstance(value, str) or "string" not in kinds or len(kinds) > 2:
        return value
    return document.source_text(pointer) or value


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`: maps merge key by key, lists and scalars replace."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result
