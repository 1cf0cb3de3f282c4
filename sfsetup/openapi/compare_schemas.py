"""Compares schemas of two documents: what a registered class gains, loses and how its members change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sfsetup.model.finding import Certainty
from sfsetup.openapi.change_values import ChangeKind, SchemaChange, Subject
from sfsetup.openapi.document import MISSING
from sfsetup.openapi.types import Member, branches, members, plain_type

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument

REFUSED, BREAKING, SAFE = ChangeKind.REFUSED, ChangeKind.BREAKING, ChangeKind.SAFE
_TEXTS = ("description", "example", "title", "default")
_DEEPEST = 60


class SchemaComparison:
    """Compares pairs of schemas once each; `active` says whether an active operation reaches them."""

    def __init__(self, old: OpenApiDocument, new: OpenApiDocument) -> None:
        self._old = old
        self._new = new
        self._done: set[tuple[str, str, bool, bool]] = set()

    def compare(
        self, old: Any, new: Any, places: tuple[str, str], subject: Subject, *, active: bool, sending: bool
    ) -> Iterator[SchemaChange]:
        """Changes between two schemas that stand at `places` (old, new), and below them."""
        stack: list[tuple[Any, Any, tuple[str, str], Subject, int]] = [(old, new, places, subject, 0)]
        while stack:
            one, other, where, about, depth = stack.pop()
            one, first = self._old.follow(one, where[0])
            other, second = self._new.follow(other, where[1])
            key = (first, second, active, sending)
            if one is MISSING or other is MISSING or key in self._done or depth > _DEEPEST:
                continue
            self._done.add(key)
            if not isinstance(one, dict) or not isinstance(other, dict):
                continue
            here = (first, second)
            yield from self._renamed(where, here, about, active)
            yield from self._type(one, other, here, about, active)
            yield from _values(one, other, here, about, sending)
            yield from _texts(one, other, here, about)
            old_members = {m.name.lower(): m for m in members(self._old, one, first)}
            new_members = {m.name.lower(): m for m in members(self._new, other, second)}
            for name, member in old_members.items():
                inside = Subject(about.operations, about.input, about.output, first, member.name)
                kept = new_members.get(name)
                if kept is None:
                    yield _removed(member, inside, active)
                    continue
                yield from _kept(member, kept, inside, active, sending)
                pair = (member.pointer, kept.pointer)
                stack.append((member.schema, kept.schema, pair, inside, depth + 1))
            for name, member in new_members.items():
                if name not in old_members:
                    yield _added(member, about, sending)
            for key_word in ("items", "additionalProperties"):
                if isinstance(one.get(key_word), dict) and isinstance(other.get(key_word), dict):
                    pair = (f"{first}/{key_word}", f"{second}/{key_word}")
                    stack.append((one[key_word], other[key_word], pair, about, depth + 1))

    def _renamed(
        self, where: tuple[str, str], here: tuple[str, str], about: Subject, active: bool
    ) -> Iterator[SchemaChange]:
        """A reference that leads to a schema of another name: another class."""
        names = [_component(self._old, here[0]), _component(self._new, here[1])]
        if where == here or names[0] is None or names[0].lower() == (names[1] or "").lower():
            return
        message = f"The class changes from {names[0]} to {names[1] or 'an inline object'}."
        yield SchemaChange(
            REFUSED if active else SAFE, where[0], names[0], names[1], message, Certainty.DOCUMENTED, about
        )

    def _type(
        self, one: Mapping[str, Any], other: Mapping[str, Any], here: tuple[str, str], about: Subject, active: bool
    ) -> Iterator[SchemaChange]:
        was, now = self._shape(self._old, one), self._shape(self._new, other)
        if was != now:
            message = f"The type changes from {was} to {now}."
            yield SchemaChange(REFUSED if active else SAFE, here[0], was, now, message, Certainty.INFERRED, about)

    def _shape(self, document: OpenApiDocument, schema: Mapping[str, Any]) -> str:
        kind = plain_type(schema) or ("object" if isinstance(schema.get("allOf"), list) else None)
        union = branches(schema)
        if union is not None and kind is None:
            return union[0]
        if kind == "array":
            return "array"
        form = schema.get("format")
        typed_formats = ("date", "date-time", "int64", "int32", "float", "double", "binary", "byte")
        if kind in ("string", "integer", "number") and form in typed_formats:
            return f"{kind} ({form})"
        del document
        return kind or "any type"


def _component(document: OpenApiDocument, pointer: str) -> str | None:
    home = f"{document.schemas_pointer}/"
    rest = pointer[len(home) :]
    return rest if pointer.startswith(home) and "/" not in rest else None


def _removed(member: Member, subject: Subject, active: bool) -> SchemaChange:
    kind = (REFUSED if member.required else BREAKING) if active else SAFE
    what = "required" if member.required else "optional"
    message = f"The {what} property {member.name} is gone."
    return SchemaChange(kind, member.pointer, member.name, None, message, Certainty.DOCUMENTED, subject)


def _added(member: Member, about: Subject, sending: bool) -> SchemaChange:
    if member.required and sending:
        message = f"The new property {member.name} is required: callers that do not set it fail at the vendor."
        return SchemaChange(BREAKING, member.pointer, None, member.name, message, Certainty.INFERRED, about)
    message = f"The property {member.name} is new."
    return SchemaChange(SAFE, member.pointer, None, member.name, message, Certainty.DOCUMENTED, about)


def _kept(old: Member, new: Member, subject: Subject, active: bool, sending: bool) -> Iterator[SchemaChange]:
    if old.name != new.name:
        message = f"The property {old.name} is now written {new.name}; letter case may change."
        yield SchemaChange(SAFE, old.pointer, old.name, new.name, message, Certainty.DOCUMENTED, subject)
    if not old.required and new.required and sending:
        message = f"The property {old.name} becomes required: callers that do not set it fail at the vendor."
        kind = BREAKING if active else SAFE
        yield SchemaChange(kind, old.pointer, "optional", "required", message, Certainty.INFERRED, subject)
    elif old.required != new.required:
        words = ("required", "optional") if old.required else ("optional", "required")
        message = f"The property {old.name} was {words[0]} and is {words[1]}."
        yield SchemaChange(SAFE, old.pointer, *words, message, Certainty.INFERRED, subject)


def _values(
    one: Mapping[str, Any], other: Mapping[str, Any], here: tuple[str, str], about: Subject, sending: bool
) -> Iterator[SchemaChange]:
    old, new = one.get("enum"), other.get("enum")
    if not isinstance(new, list) or old == new:
        return
    if not isinstance(old, list):
        message = "Values are now limited to a list."
        yield SchemaChange(
            BREAKING if sending else SAFE, here[0], None, _shown(new), message, Certainty.INFERRED, about
        )
        return
    gone = [value for value in old if value not in new]
    if gone:
        message = f"The value {_shown(gone)} is gone."
        yield SchemaChange(
            BREAKING if sending else SAFE, here[0], _shown(gone), None, message, Certainty.INFERRED, about
        )
    fresh = [value for value in new if value not in old]
    if fresh:
        message = f"The value {_shown(fresh)} is new."
        yield SchemaChange(SAFE, here[1], None, _shown(fresh), message, Certainty.INFERRED, about)


def _texts(
    one: Mapping[str, Any], other: Mapping[str, Any], here: tuple[str, str], about: Subject
) -> Iterator[SchemaChange]:
    for key in _TEXTS:
        if one.get(key) != other.get(key):
            message = f"The {key} changed."
            yield SchemaChange(
                SAFE, f"{here[0]}/{key}", _text(one.get(key)), _text(other.get(key)), message, subject=about
            )


def _shown(values: list[Any]) -> str:
    return ", ".join(str(value) for value in values[:6]) + (", …" if len(values) > 6 else "")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"
