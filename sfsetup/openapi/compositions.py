"""Do the parts of an `allOf` agree? Composition gives one class (help: External Services schema definition).

Which of two declarations of one property that class follows, and what becomes of parts of different types, no source
tells (reference 'external services', section 4.5): the places where it matters are found here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument

_MOST_PARTS: Final = 40
"""Parts of one part of a composition that are looked at."""
_MOST_NAMES: Final = 100_000
"""Properties that are compared beyond one for each character of the document."""
_DEEP: Final = 12
_PRIMITIVES: Final = frozenset({"string", "integer", "number", "boolean", "file"})
_TELLING_FORMATS: Final = frozenset({"date", "date-time", "binary"})
"""Formats of text that give a type of their own (reference section 1.3, C1)."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One property that parts declare differently; `said` is what they say of its type, in order."""

    name: str
    said: tuple[str, ...]


class Compositions:
    """Answers for one document."""

    def __init__(self, document: OpenApiDocument) -> None:
        self._document = document
        self._left = _MOST_NAMES + len(document.text)
        self._last: tuple[Any, list[list[Mapping[str, Any]]]] = (None, [])

    @property
    def gave_up(self) -> bool:
        """True if the document has so many compositions of so many properties that not all were compared."""
        return self._left < 0

    def types_at_once(self, node: Mapping[str, Any]) -> tuple[str, ...]:
        """The types that parts and own keywords of a composition name, sorted, if they cannot all hold; else empty."""
        kinds = {kind for group in self._groups(node) for part in group if (kind := _kind(part)) is not None}
        if kinds == {"integer", "number"}:
            return ()
        return tuple(sorted(kinds)) if len(kinds) > 1 else ()

    def disagreements(self, node: Mapping[str, Any]) -> tuple[Disagreement, ...]:
        """The properties of a composition to which its parts (and its own keywords) give different types."""
        groups = [found for group in self._groups(node) if (found := self._declared(group))]
        if len(groups) < 2:
            return ()
        first: dict[str, Any] = {}
        others: dict[str, list[Any]] = {}
        for group in groups:
            if self._left < 0:
                break
            self._left -= len(group)
            for name, schema in group.items():
                there = first.setdefault(name, schema)
                if there is not schema and not agree(self._document, (there, schema)):
                    others.setdefault(name, [there]).append(schema)
        return tuple(
            Disagreement(name, tuple(dict.fromkeys(_shown(self._document, one) for one in schemas)))
            for name, schemas in others.items()
        )

    def _groups(self, node: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
        """What stands beside the composition, then each of its parts with the parts of that."""
        if self._last[0] is not node:
            own = {key: value for key, value in node.items() if key != "allOf"}
            groups: list[list[Mapping[str, Any]]] = [
                [own],
                *(list(_parts(self._document, part)) for part in node["allOf"]),
            ]
            self._last = (node, groups)
        return self._last[1]

    def _declared(self, group: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
        """The properties of one part; of its own parts the first counts, their contradictions are told there."""
        declared = [found for part in group if (found := _properties(part))]
        if len(declared) < 2:
            return declared[0] if declared else {}
        joined: dict[str, Any] = {}
        for properties in declared:
            self._left -= len(properties)
            for name, schema in properties.items() if self._left >= 0 else ():
                joined.setdefault(name, schema)
        return joined


def agree(document: OpenApiDocument, schemas: Iterable[Any]) -> bool:
    """True if schemas give one type to flows and Apex: bounds, values and texts may differ."""
    first, *others = schemas
    return all(one is first or one == first or _same(document, first, one, 0) for one in others)


def telling(document: OpenApiDocument, schemas: Iterable[Any]) -> list[Any]:
    """Those of several schemas of one value that say something: `{type: object}` beside an object does not."""
    schemas = list(schemas)
    objects = [one for one in schemas if _target(document, one).keys() & {"properties", "allOf", "oneOf", "anyOf"}]
    typed = [one for one in schemas if _kind(_target(document, one)) is not None]
    if objects and all(_kind(_target(document, one)) in (None, "object") for one in schemas):
        return objects
    return typed or schemas


def _parts(document: OpenApiDocument, group: Any) -> Iterator[Mapping[str, Any]]:
    """A part and the parts of its own composition, references followed, each once."""
    stack: list[Any] = [group]
    seen: set[int] = set()
    while stack and len(seen) < _MOST_PARTS:
        part = _target(document, stack.pop())
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        inner = part.get("allOf")
        stack.extend(reversed(inner if isinstance(inner, list) else []))


def _target(document: OpenApiDocument, schema: Any) -> Mapping[str, Any]:
    found = document.follow(schema, "")[0]
    return found if isinstance(found, dict) else {}


def _properties(part: Mapping[str, Any]) -> Mapping[str, Any]:
    found = part.get("properties")
    return found if isinstance(found, dict) else {}


def _kind(schema: Mapping[str, Any]) -> str | None:
    found = schema.get("type")
    if isinstance(found, list):
        named = [entry for entry in found if isinstance(entry, str) and entry != "null"]
        found = named[0] if len(named) == 1 else None
    if isinstance(found, str):
        return found
    return "object" if isinstance(schema.get("properties"), dict) else None


def _same(document: OpenApiDocument, first: Any, second: Any, depth: int) -> bool:
    first, there = document.follow(first, "")
    second, here = document.follow(second, "")
    if first is second:
        return True
    if not isinstance(first, dict) or not isinstance(second, dict) or depth > _DEEP:
        return False
    kind = _kind(first)
    if kind != _kind(second) or any(key in one for one in (first, second) for key in ("allOf", "oneOf", "anyOf")):
        return False
    if kind in _PRIMITIVES:
        return _form(first, kind) == _form(second, kind)
    if there or here:
        # a named object gives its own class, which no other object is
        return False
    if kind == "array":
        return _same(document, first.get("items"), second.get("items"), depth + 1)
    return kind == "object" and _same_members(document, first, second, depth)


def _same_members(document: OpenApiDocument, first: Mapping[str, Any], second: Mapping[str, Any], depth: int) -> bool:
    ours, theirs = first.get("properties"), second.get("properties")
    if not isinstance(ours, dict) or not isinstance(theirs, dict) or ours.keys() != theirs.keys():
        return False
    if first.get("additionalProperties") != second.get("additionalProperties"):
        return False
    return all(_same(document, ours[name], theirs[name], depth + 1) for name in ours)


def _form(schema: Mapping[str, Any], kind: str) -> str | None:
    """The format where it tells types apart; numbers of all formats are one type to flows."""
    form = schema.get("format")
    return form if kind == "string" and isinstance(form, str) and form in _TELLING_FORMATS else None


def _shown(document: OpenApiDocument, schema: Any) -> str:
    """A declaration in a word or two."""
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        return str(schema["$ref"]).rpartition("/")[2]
    target = _target(document, schema)
    kind = _kind(target)
    if kind is None:
        return "no type"
    form = target.get("format")
    if kind == "array":
        return f"list of {_shown(document, target.get('items'))}"
    return f"{kind} ({form})" if isinstance(form, str) else kind
