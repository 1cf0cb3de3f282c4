"""What happens when a registered document is replaced by another: refused, breaking or safe, and in which order.

Rules: help 'External Services: update a schema' (reference 'audit rules', section 5; 'external services', section 8).
The page's list of changes that are not supported was read in part only; what goes beyond it is marked inferred.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sfsetup.model.finding import Certainty
from sfsetup.openapi.change_values import ChangeKind, SchemaChange, Subject
from sfsetup.openapi.compare_schemas import SchemaComparison
from sfsetup.openapi.encode import encode
from sfsetup.openapi.media import bare, preferred
from sfsetup.openapi.names import action_operation_name
from sfsetup.openapi.parts import USABLE_METHODS
from sfsetup.openapi.reach import reachable
from sfsetup.text.pointers import escape

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation, Parameter, RequestBody, Response

__all__ = ["ChangeKind", "SchemaChange", "Subject", "changes", "order"]

REFUSED, BREAKING, SAFE = ChangeKind.REFUSED, ChangeKind.BREAKING, ChangeKind.SAFE
_RANK = {REFUSED: 0, BREAKING: 1, SAFE: 2}


def changes(
    old: OpenApiDocument, new: OpenApiDocument, active: Collection[str] | None = None
) -> tuple[SchemaChange, ...]:
    """Every change from `old` to `new`, worst first.

    `active` holds the active operations by registered name (or as written); None takes all as active.
    """
    return _Changes(old, new, active).run()


def order(found: Iterable[SchemaChange], flows: Iterable[str] = ()) -> tuple[str, ...]:
    """The steps that make refused changes possible; empty when the new document can simply be deployed.

    That flows go first and last is an inference: an operation in use cannot be deactivated.
    """
    refused = [change for change in found if change.kind is REFUSED]
    if not refused:
        return ()
    operations = sorted({name for change in refused for name in change.subject.operations})
    named = ", ".join(operations) or "the operations concerned"
    using = sorted(set(flows))
    steps = [f"Deactivate the flows that call {named}" + (f": {', '.join(using)}." if using else ".")]
    steps.append(f"Deploy the registered document with {named} inactive.")
    steps.append("Deploy the new document, those operations still inactive.")
    steps.append("Deploy it once more with the operations active (those that still exist).")
    steps.append("Change the flows and Apex to the new names, then activate the flows.")
    return tuple(steps)


class _Changes:
    def __init__(self, old: OpenApiDocument, new: OpenApiDocument, active: Collection[str] | None) -> None:
        self._old = old
        self._new = new
        self._active = None if active is None else {name.lower() for name in active}
        self._schemas = SchemaComparison(old, new)

    def run(self) -> tuple[SchemaChange, ...]:
        """Operations first, active ones before the others, then schemas that no operation reaches."""
        was, now = _by_name(self._old), _by_name(self._new)
        found: list[SchemaChange] = list(self._base_path())
        for name in sorted(was, key=lambda name: not self._is_active(was[name])):
            if name in now:
                found.extend(self._operation(was[name], now[name]))
            else:
                found.append(self._gone(was[name], now.values()))
        for name, operation in now.items():
            if name not in was:
                message = f"The operation {operation.label} is new."
                found.append(SchemaChange(SAFE, operation.pointer, None, operation.label, message))
        reached = self._reached(was.values())
        found.extend(self._components(reached))
        everywhere = (self._with_users(change, reached) for change in found)
        return tuple(sorted(_once(everywhere), key=lambda change: (_RANK[change.kind], change.pointer, change.message)))

    def _is_active(self, operation: Operation) -> bool:
        name = action_operation_name(operation)
        return self._active is None or encode(name).lower() in self._active or name.lower() in self._active

    def _refusal(self, active: bool) -> ChangeKind:
        return REFUSED if active else SAFE

    def _base_path(self) -> Iterator[SchemaChange]:
        was, now = self._old.base_path, self._new.base_path
        if was != now:
            message = "The base path changes: every URL does, unless the Named Credential changes with it."
            pointer = "/basePath" if self._old.is_v2 else "/servers/0/url"
            yield SchemaChange(BREAKING, pointer, was or "/", now or "/", message, Certainty.INFERRED)

    def _gone(self, operation: Operation, others: Iterable[Operation]) -> SchemaChange:
        subject = Subject((operation.label,))
        same = [o for o in others if (o.method, o.path) == (operation.method, operation.path)]
        now = same[0].label if same else None
        what = f"The operation {operation.label} is " + (f"renamed to {now}" if now else "gone")
        kind = self._refusal(self._is_active(operation))
        message = f"{what}; Salesforce takes a rename as delete and add." if now else f"{what}."
        return SchemaChange(kind, operation.pointer, operation.label, now, message, Certainty.DOCUMENTED, subject)

    def _operation(self, old: Operation, new: Operation) -> Iterator[SchemaChange]:
        active = self._is_active(old)
        subject = Subject((old.label,))
        names = action_operation_name(old), action_operation_name(new)
        if names[0] != names[1]:
            message = f"The operation is now written {names[1]}; letter case may change."
            yield SchemaChange(SAFE, old.pointer, *names, message, Certainty.DOCUMENTED, subject)
        if (old.method, old.path) != (new.method, new.path):
            was, now = (f"{one.method.upper()} {one.path}" for one in (old, new))
            message = f"{old.label} moves from {was} to {now}."
            yield SchemaChange(self._refusal(active), old.pointer, was, now, message, Certainty.INFERRED, subject)
        yield from self._inputs(old, new, active)
        yield from self._body(old, new, active)
        yield from self._responses(old, new, active)

    def _inputs(self, old: Operation, new: Operation, active: bool) -> Iterator[SchemaChange]:
        was = {parameter.name.lower(): parameter for parameter in old.parameters}
        now = {parameter.name.lower(): parameter for parameter in new.parameters}
        for name, parameter in was.items():
            subject = Subject((old.label,), input=parameter.name)
            if name in now:
                yield from self._parameter(parameter, now[name], subject, active)
                continue
            kind = (REFUSED if parameter.required else BREAKING) if active else SAFE
            what = "required" if parameter.required else "optional"
            message = f"The {what} parameter {parameter.name} of {old.label} is gone."
            yield SchemaChange(kind, parameter.pointer, parameter.name, None, message, Certainty.DOCUMENTED, subject)
        for name, parameter in now.items():
            if name in was:
                continue
            subject = Subject((old.label,), input=parameter.name, missing_input=True)
            if parameter.required:
                message = f"The new parameter {parameter.name} of {old.label} is required: callers that lack it fail."
                yield SchemaChange(
                    BREAKING, parameter.pointer, None, parameter.name, message, Certainty.INFERRED, subject
                )
            else:
                message = f"The parameter {parameter.name} of {old.label} is new."
                yield SchemaChange(SAFE, parameter.pointer, None, parameter.name, message)

    def _parameter(self, old: Parameter, new: Parameter, subject: Subject, active: bool) -> Iterator[SchemaChange]:
        if old.name != new.name:
            message = f"The parameter is now written {new.name}; letter case may change."
            yield SchemaChange(SAFE, old.pointer, old.name, new.name, message, Certainty.DOCUMENTED, subject)
        if old.location != new.location:
            message = f"The parameter {old.name} moves from {old.location} to {new.location}."
            kind = self._refusal(active)
            yield SchemaChange(kind, old.pointer, old.location, new.location, message, Certainty.INFERRED, subject)
        if not old.required and new.required:
            message = f"The parameter {old.name} becomes required: callers that do not set it fail."
            about = Subject(subject.operations, input=old.name, missing_input=True)
            kind = BREAKING if active else SAFE
            yield SchemaChange(kind, old.pointer, "optional", "required", message, Certainty.INFERRED, about)
        places = (old.schema_pointer, new.schema_pointer)
        yield from self._schemas.compare(old.schema, new.schema, places, subject, active=active, sending=True)

    def _body(self, old: Operation, new: Operation, active: bool) -> Iterator[SchemaChange]:
        one, other = old.request_body, new.request_body
        name = one.name if one is not None else other.name if other is not None else ""
        subject = Subject((old.label,), input=name)
        if one is None or other is None:
            yield from self._body_came_or_went(old, one, other, subject, active)
            return
        if one.name.lower() != other.name.lower():
            message = f"The body of {old.label} is now the input {other.name}."
            kind = self._refusal(active)
            yield SchemaChange(kind, one.pointer, one.name, other.name, message, Certainty.INFERRED, subject)
        first, second = preferred(one.content), preferred(other.content)
        if first is None or second is None:
            return
        if bare(first.name) != bare(second.name):
            was = first.name or "a type that the document did not name"
            message = f"The body of {old.label} is sent as {second.name or 'a type without a name'} instead of {was}."
            kind = self._refusal(active)
            yield SchemaChange(kind, first.pointer, first.name, second.name, message, Certainty.INFERRED, subject)
        places = (first.schema_pointer, second.schema_pointer)
        yield from self._schemas.compare(first.schema, second.schema, places, subject, active=active, sending=True)

    def _body_came_or_went(
        self, old: Operation, one: RequestBody | None, other: RequestBody | None, subject: Subject, active: bool
    ) -> Iterator[SchemaChange]:
        if one is not None:
            kind = (REFUSED if one.required else BREAKING) if active else SAFE
            message = f"The body of {old.label} is gone."
            yield SchemaChange(kind, one.pointer, one.name, None, message, Certainty.DOCUMENTED, subject)
        elif other is not None:
            message = f"{old.label} now has a body" + (", which callers must set." if other.required else ".")
            about = Subject(subject.operations, input=other.name, missing_input=True)
            kind = BREAKING if other.required else SAFE
            yield SchemaChange(kind, other.pointer, None, other.name, message, Certainty.INFERRED, about)

    def _responses(self, old: Operation, new: Operation, active: bool) -> Iterator[SchemaChange]:
        was = {response.code.lower(): response for response in old.responses}
        now = {response.code.lower(): response for response in new.responses}
        for code, response in was.items():
            subject = Subject((old.label,), output=_output_name(response))
            media = preferred(response.content)
            if code not in now:
                typed = media is not None or response.is_error
                kind = self._refusal(active) if typed else SAFE
                message = f"The response {response.code} of {old.label} is gone, and its output with it."
                yield SchemaChange(kind, response.pointer, response.code, None, message, Certainty.INFERRED, subject)
                continue
            other = preferred(now[code].content)
            if media is not None and other is not None:
                places = (media.schema_pointer, other.schema_pointer)
                yield from self._schemas.compare(
                    media.schema, other.schema, places, subject, active=active, sending=False
                )
            elif media is not None:
                message = f"The response {response.code} of {old.label} has no content any more."
                kind = self._refusal(active)
                yield SchemaChange(kind, media.pointer, response.code, None, message, Certainty.INFERRED, subject)
        for code, response in now.items():
            if code not in was:
                message = f"The response {response.code} of {old.label} is new."
                yield SchemaChange(SAFE, response.pointer, None, response.code, message)

    def _reached(self, operations: Iterable[Operation]) -> dict[str, list[str]]:
        """Pointers of schemas -> the active operations that lead to them, directly or not."""
        reached: dict[str, list[str]] = {}
        for operation in operations:
            if self._is_active(operation):
                for pointer in reachable(self._old, [operation.raw]):
                    reached.setdefault(pointer, []).append(operation.label)
        return reached

    def _with_users(self, change: SchemaChange, reached: Mapping[str, list[str]]) -> SchemaChange:
        """The change of a named schema with every active operation that has to do with it, not the first alone."""
        home = f"{self._old.schemas_pointer}/"
        if change.kind is SAFE or not change.subject.operations or not change.pointer.startswith(home):
            return change
        users = reached.get(f"{home}{change.pointer[len(home) :].partition('/')[0]}", ())
        operations = tuple(dict.fromkeys((*change.subject.operations, *sorted(users))))
        return replace(change, subject=replace(change.subject, operations=operations))

    def _components(self, reached: Mapping[str, list[str]]) -> Iterator[SchemaChange]:
        """Schemas that came and went; those an active operation reached are objects of active operations."""
        was = {name.lower(): name for name in self._old.schemas}
        now = {name.lower(): name for name in self._new.schemas}
        for key, name in was.items():
            pointer = f"{self._old.schemas_pointer}/{escape(name)}"
            if key not in now:
                users = tuple(sorted(reached.get(pointer, ())))
                kind = REFUSED if users else SAFE
                message = f"The schema {name} is gone."
                subject = Subject(users, class_pointer=pointer)
                yield SchemaChange(kind, pointer, name, None, message, Certainty.DOCUMENTED, subject)
            elif name != now[key]:
                message = f"The schema {name} is now written {now[key]}; letter case may change."
                yield SchemaChange(SAFE, pointer, name, now[key], message)
        for key, name in now.items():
            if key not in was:
                pointer = f"{self._new.schemas_pointer}/{escape(name)}"
                yield SchemaChange(SAFE, pointer, None, name, f"The schema {name} is new.")


def _once(found: Iterable[SchemaChange]) -> Iterable[SchemaChange]:
    """Each change once: a class that is sent and read is one class, whichever operations use it."""
    merged: dict[tuple[Any, ...], SchemaChange] = {}
    for change in found:
        about = change.subject
        where: Any = (about.class_pointer, about.member) if about.class_pointer is not None else about
        if change.kind is SAFE:
            # who calls matters where callers have to do something
            where = None
        key = (change.kind, change.pointer, change.was, change.is_, change.message, where)
        there = merged.get(key)
        if there is not None:
            operations = tuple(dict.fromkeys((*there.subject.operations, *about.operations)))
            change = replace(there, subject=replace(there.subject, operations=operations))
        merged[key] = change
    return merged.values()


def _by_name(document: OpenApiDocument) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for operation in document.operations:
        if operation.method in USABLE_METHODS:
            found.setdefault(encode(action_operation_name(operation)).lower(), operation)
    return found


def _output_name(response: Response) -> str:
    return f"{response.code}Exc" if response.is_error else response.code
