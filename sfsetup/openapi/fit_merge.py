"""Several schemas that hold for one value at once (`allOf`, or what stands beside a union), as one schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sfsetup.openapi.fit_keywords import ANNOTATIONS

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument

_TIGHTER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties", "minimum"), max),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties", "maximum"), min),
}
_MOST_PARTS: Final = 200


def merged(document: OpenApiDocument, own: Mapping[str, Any], parts: Iterable[Any]) -> tuple[dict[str, Any], list[str]]:
    """One schema that allows no more than `own` and all parts together, and the keywords for which that failed.

    Bounds become the tighter one, enumerations what all of them have. Annotations that stand nearer win.
    """
    out: dict[str, Any] = dict(own)
    clashes: list[str] = []
    stack = list(reversed(list(parts)))
    for _ in range(_MOST_PARTS):
        if not stack:
            return out, clashes
        part = document.follow(stack.pop(), "")[0]
        if not isinstance(part, dict):
            continue
        inner = part.get("allOf")
        stack.extend(reversed(inner if isinstance(inner, list) else []))
        for key, value in part.items():
            if key != "allOf" and not _join(out, key, value):
                clashes.append(key)
    return out, [*clashes, "allOf"]


def _join(out: dict[str, Any], key: str, value: Any) -> bool:
    """Adds one keyword; False if what is there and what comes cannot both be kept."""
    if key not in out or out[key] == value:
        out[key] = value
        return True
    if key in ANNOTATIONS:
        # null is allowed only where every part allows it
        if key == "nullable":
            out[key] = out[key] is True and value is True
        return True
    there = out[key]
    if key in _TIGHTER and _is_number(there) and _is_number(value):
        out[key] = _TIGHTER[key](there, value)
        return True
    if key == "required" and isinstance(there, list) and isinstance(value, list):
        out[key] = [*there, *(name for name in value if name not in there)]
        return True
    if key == "enum" and isinstance(there, list) and isinstance(value, list):
        both = [one for one in there if one in value]
        out[key] = both or there
        return bool(both)
    if key == "type" and {str(there), str(value)} == {"integer", "number"}:
        out[key] = "integer"
        return True
    return key.startswith("x-")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
