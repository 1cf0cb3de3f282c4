"""How much of External Services an org may hold over all its registrations (external-services 1.1 A3).

Documented are the numbers. An operation counts as active by its registration, an object (a schema object) when an
active operation reaches it. What is inferred: that a deploy which goes beyond is refused, and how inline schemas count.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.localorg.judge.check import Check, Problem, Wording
from sfsetup.localorg.service_shapes import operation_name, registration_name
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.localorg.judge.context import Context
    from sfsetup.openapi.document import OpenApiDocument

_TYPE = ExternalServiceRegistration.metadata_type

TOO_MUCH = Check(
    "ES-12",
    _TYPE,
    "The org has {count} {what} with this registration; {most} is the most.",
    "external-services 1.1 A3: documented limits, no text known; how an org counts is inferred",
    Wording.OURS,
    switch="service-limits-checked",
    warns_off=True,
)


@dataclass(frozen=True, slots=True)
class Held:
    """What one registration takes of the org's limits, counted or at most."""

    operations: int = 0
    active_operations: int = 0
    objects: int = 0
    active_objects: int = 0
    properties: int = 0


def _most() -> Mapping[str, tuple[str, int]]:
    """Field of Held -> its name in the message, and how many an org holds."""
    from sfsetup.openapi import check_document as limits

    return {
        "operations": ("operations", limits.MAX_OPERATIONS),
        "active_operations": ("active operations", limits.MAX_ACTIVE_OPERATIONS),
        "objects": ("objects", limits.MAX_OBJECTS),
        "active_objects": ("active objects", limits.MAX_ACTIVE_OBJECTS),
        "properties": ("object properties", limits.MAX_PROPERTIES),
    }


class _Tally:
    """What the org holds at most while a deploy is judged: its registrations, and those judged so far."""

    def __init__(self, context: Context) -> None:
        stored = context.state.components.of_type(_TYPE)
        self.bounds = {
            each.full_name: _at_most(each.content) for each in stored if not context.is_gone(_TYPE, each.full_name)
        }
        self.judged: set[str] = set()
        self.total = {name: sum(getattr(each, name) for each in self.bounds.values()) for name in _most()}

    def put(self, name: str, bound: Held) -> None:
        """One more of the deploy. It stays even when it is refused: the total may be too much, never too little."""
        before = self.bounds.get(name, Held())
        self.bounds[name] = bound
        self.judged.add(name)
        for field in self.total:
            self.total[field] += max(0, getattr(bound, field) - getattr(before, field))


def _tally(context: Context) -> _Tally:
    found = context.tallies.get(TOO_MUCH.id)
    if not isinstance(found, _Tally):
        found = context.tallies[TOO_MUCH.id] = _Tally(context)
    return found


def judge(fact: ExternalServiceRegistration, document: OpenApiDocument, context: Context) -> Iterator[Problem]:
    """What goes beyond the org's limits with this registration, and would not without its change."""
    tally = _tally(context)
    tally.put(fact.full_name, _at_most(document.text, _operations(fact, document)))
    near = [field for field, (_, most) in _most().items() if tally.total[field] > most]
    if not near:
        return
    own, before = _counted(fact, document), _before(fact, context)
    others = [_of(name, context, name in tally.judged) for name in tally.bounds if name != fact.full_name]
    for field in near:
        what, most = _most()[field]
        count = sum(getattr(each, field) for each in (*others, own))
        if count > most and getattr(own, field) > getattr(before, field):
            yield from context.report(TOO_MUCH, fact.line_of("schema"), what=what, count=count, most=most)


def _before(fact: ExternalServiceRegistration, context: Context) -> Held:
    return _of(fact.full_name, context, judged=False)


def _of(name: str, context: Context, judged: bool) -> Held:
    """What another registration takes: as this deploy has it if it was judged, else as the org has it."""
    find = context.fact if judged else context.stored
    found = find(ExternalServiceRegistration, name)
    return _held(found, context) if found is not None else Held()


def _held(fact: ExternalServiceRegistration, context: Context) -> Held:
    """What another registration takes; nothing where it has no document, or is Incomplete."""
    from sfsetup.localorg.services import read_document

    if fact.status == "Incomplete" or fact.full_name in context.incomplete:
        return Held()
    try:
        document = read_document(fact)
    except InvalidInput:
        return Held()
    return _counted(fact, document) if document is not None else Held()


def _operations(fact: ExternalServiceRegistration, document: OpenApiDocument) -> tuple[int, int]:
    """Operations of the document by their registered names, and how many of them are active."""
    names = {registration_name(each): operation_name(each).lower() for each in document.operations}
    active = {each.name.lower() for each in fact.operations if each.active}
    return len(names), sum(name in active or spoken in active for name, spoken in names.items())


def _at_most(content: bytes | str, operations: tuple[int, int] | None = None) -> Held:
    """No less than what a registration takes, by a look at its text: a schema object says `object` or `…roperties`.

    Of the stored XML the operations are exact: an org keeps an entry for each (external-services 3.5).
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "replace")
    objects = content.count(b"object") + content.count(b"roperties")
    count, active = operations or (content.count(b"<operations>"), content.count(b"<active>true</active>"))
    return Held(count, active, objects, objects if active else 0, content.count(b":"))


_kept: OrderedDict[bytes, Held] = OrderedDict()
_keeping = threading.Lock()
_MOST_KEPT = 1024


def _counted(fact: ExternalServiceRegistration, document: OpenApiDocument) -> Held:
    """What a registration takes. Remembered by its text and its active operations."""
    active = sorted(each.name.lower() for each in fact.operations if each.active)
    key = hashlib.sha256("\x1f".join((*active, "", document.text)).encode("utf-8", "replace")).digest()
    with _keeping:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _count(fact, document, frozenset(active))
    with _keeping:
        _kept[key] = found
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return found


def _count(fact: ExternalServiceRegistration, document: OpenApiDocument, active: frozenset[str]) -> Held:
    from sfsetup.openapi.acceptance import check

    whole = {limit.name: limit.count for limit in check(document).limits}
    operations, active_operations = _operations(fact, document)
    objects = whole["activeObjects"]
    if active_operations < operations:
        part = replace(document, value=_active_part(document, active), _refs={})
        objects = next(limit.count for limit in check(part).limits if limit.name == "activeObjects")
    return Held(operations, active_operations, whole["objects"], objects, whole["properties"])


def _active_part(document: OpenApiDocument, active: frozenset[str]) -> dict[str, Any]:
    """The document without its inactive operations."""
    gone = {
        (each.path, each.method)
        for each in document.operations
        if registration_name(each) not in active and operation_name(each).lower() not in active
    }
    paths = {
        path: {key: value for key, value in item.items() if (path, key) not in gone} if isinstance(item, dict) else item
        for path, item in document.value["paths"].items()
    }
    return {**document.value, "paths": paths}
