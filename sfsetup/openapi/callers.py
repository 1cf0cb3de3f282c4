"""Who uses the parts of an External Service: flows by element, Apex by a search of its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sfsetup.openapi.names import OperationNames, ServiceNames
from sfsetup.openapi.types import APEX
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.facts.flow import Flow
    from sfsetup.openapi.change_values import SchemaChange, Subject


@dataclass(frozen=True, slots=True)
class Caller:
    """One place that uses what changed."""

    file: str
    element: str
    """The flow element, or the words found in Apex."""
    line: int | None = None
    flow: str | None = None

    def as_json(self) -> dict[str, Any]:
        """`{file, element, line}`."""
        return {"file": self.file, "element": self.element, "line": self.line}


@dataclass(frozen=True, slots=True)
class Source:
    """Text of an Apex class or trigger."""

    file: str
    text: str


class Callers:
    """Finds callers of one registered service among flows and Apex."""

    def __init__(self, names: ServiceNames, flows: Iterable[Flow], apex: Iterable[Source]) -> None:
        self._names = names
        self._apex = tuple(apex)
        self._uses = tuple(use for flow in flows for use in _FlowUses(names, flow).all())

    @property
    def calling_flows(self) -> tuple[str, ...]:
        """Names of the flows that call the service at all."""
        return tuple(sorted({use.caller.flow for use in self._uses if use.operation and use.caller.flow}))

    def of(self, change: SchemaChange) -> tuple[Caller, ...]:
        """The places that use what changed; an element of a flow counts once, however often it does."""
        subject = change.subject
        found = [use.caller for use in self._uses if self._concerns(use, subject)]
        found.sort(key=lambda caller: (caller.file, caller.element, caller.line or 0))
        first = {(caller.file, caller.element): caller for caller in reversed(found)}
        places = {*first.values(), *self._in_apex(subject)}
        return tuple(sorted(places, key=lambda caller: (caller.file, caller.line or 0, caller.element)))

    def _concerns(self, use: _Use, subject: Subject) -> bool:
        if subject.member is not None:
            classes = self._classes(subject.class_pointer)
            return use.member is not None and (use.apex_class, use.member.lower()) in {
                (one, subject.member.lower()) for one in classes
            }
        if subject.class_pointer is not None:
            return use.apex_class in self._classes(subject.class_pointer)
        if use.operation is None or use.operation not in subject.operations:
            return False
        if subject.input is not None:
            if subject.missing_input:
                return use.inputs is not None and subject.input.lower() not in use.inputs
            return use.input is not None and use.input.lower() == subject.input.lower()
        if subject.output is not None:
            return use.output is not None and use.output.lower() == subject.output.lower()
        return True

    def _classes(self, pointer: str | None) -> set[str]:
        return {one.apex_class for one in self._names.classes if one.pointer == pointer}

    def _in_apex(self, subject: Subject) -> Iterator[Caller]:
        words = set(self._words(subject))
        if not words or subject.missing_input:
            return
        service = re.compile(rf"\bExternalService\s*\.\s*{re.escape(self._names.service)}(?=\b|_)", re.IGNORECASE)
        pattern = re.compile(
            "|".join(rf"\b{re.escape(word)}(?:_(?:Request|Response\w*))?\b" for word in sorted(words)), re.I
        )
        for source in self._apex:
            if service.search(source.text) is None:
                continue
            for match in pattern.finditer(source.text):
                line = source.text.count("\n", 0, match.start()) + 1
                yield Caller(source.file, match.group(), line)

    def _words(self, subject: Subject) -> Iterator[str]:
        """The identifiers by which Apex knows a part."""
        from sfsetup.openapi.encode import encode

        if subject.member is not None:
            yield encode(subject.member)
        elif subject.class_pointer is not None:
            for one in self._classes(subject.class_pointer):
                yield one.removeprefix("ExternalService__")
        elif subject.input is not None:
            yield encode(subject.input)
        elif subject.output is not None:
            yield f"Code{subject.output.removesuffix('Exc')}"
        else:
            for label in subject.operations:
                found = self._names.operation(label)
                if found is not None:
                    yield found.apex_method


@dataclass(frozen=True, slots=True)
class _Use:
    caller: Caller
    operation: str | None = None
    """Label of the operation."""
    input: str | None = None
    output: str | None = None
    inputs: frozenset[str] | None = None
    """For the call itself: every input that it sets, lower case."""
    apex_class: str | None = None
    member: str | None = None


class _FlowUses:
    """What one flow uses of one service."""

    def __init__(self, names: ServiceNames, flow: Flow) -> None:
        self._names = names
        self._flow = flow
        self._calls: dict[str, OperationNames] = {}
        by_name = {one.action_name.partition(".")[2].lower(): one for one in names.operations}
        for call in flow.external_calls:
            found = by_name.get(call.operation.lower())
            if call.service.lower() == names.service.lower() and found is not None:
                self._calls[call.name] = found
        self._classes: Mapping[str, str] = {
            variable.name: variable.apex_class
            for variable in flow.variables
            if variable.apex_class is not None and names.class_named(variable.apex_class) is not None
        }
        self._loops = {loop.name: loop.collection for loop in flow.loops}

    def all(self) -> Iterator[_Use]:
        """Calls with their inputs and outputs, variables of its classes, and members that references go through."""
        for call in self._flow.external_calls:
            found = self._calls.get(call.name)
            if found is None:
                continue
            label = found.operation_id or f"{found.method.upper()} {found.path}"
            set_inputs = frozenset(one.name.lower() for one in call.inputs)
            yield _Use(self._caller(call.name, call.line), operation=label, inputs=set_inputs)
            for one in call.inputs:
                yield _Use(self._caller(call.name, one.line), operation=label, input=one.name)
            for output in call.outputs:
                yield _Use(self._caller(call.name, output.line), operation=label, output=output.name)
        for variable in self._flow.variables:
            if variable.name in self._classes:
                yield _Use(self._caller(variable.name, variable.line), apex_class=variable.apex_class)
        for reference in self._flow.references:
            yield from self._reference(reference.text, reference.owner, reference.line)

    def _caller(self, element: str, line: int) -> Caller:
        return Caller(self._flow.file, element, line or None, self._flow.full_name)

    def _reference(self, text: str, owner: str, line: int) -> Iterator[_Use]:
        head, *rest = text.split(".")
        caller = self._caller(owner or head, line)
        apex_class = self._class_of(head)
        call = self._calls.get(head)
        if call is not None and rest:
            label = call.operation_id or f"{call.method.upper()} {call.path}"
            yield _Use(caller, operation=label, output=rest[0])
            output = call.output(rest[0])
            apex_class = output.apex_class if output is not None else None
            rest = rest[1:]
        for step in rest:
            one = self._names.class_named(apex_class)
            member = one.property(step) if one is not None else None
            if member is None:
                return
            yield _Use(caller, apex_class=apex_class, member=member.name)
            apex_class = member.apex_class if member.type == APEX else None

    def _class_of(self, name: str) -> str | None:
        if name in self._classes:
            return self._classes[name]
        collection = self._loops.get(name)
        if collection is None:
            return None
        head, *rest = collection.split(".")
        apex_class = self._classes.get(head)
        call = self._calls.get(head)
        if call is not None and rest:
            output = call.output(rest[0])
            apex_class = output.apex_class if output is not None else None
            rest = rest[1:]
        for step in rest:
            one = self._names.class_named(apex_class)
            member = one.property(step) if one is not None else None
            apex_class = member.apex_class if member is not None else None
        return apex_class
