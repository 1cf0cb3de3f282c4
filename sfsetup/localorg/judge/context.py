"""What a deploy brings over what the org has: facts of both, lookups in both directions, switches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sfsetup.errors import InvalidInput
from sfsetup.facts import external_credential, registration
from sfsetup.facts.base import Fact
from sfsetup.localorg.flow.values import plain_class
from sfsetup.localorg.judge.check import Check, Problem
from sfsetup.localorg.judge.readers import READERS
from sfsetup.localorg.service_shapes import ServiceShapes
from sfsetup.localorg.services import Services, read_document, services_of
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.localorg.callout.service import ServiceAction
    from sfsetup.localorg.deploy.options import DeployOptions
    from sfsetup.localorg.deploy.package import Incoming
    from sfsetup.localorg.flow.values import ClassShape
    from sfsetup.localorg.judge.subject import Subject
    from sfsetup.localorg.state import State
    from sfsetup.openapi.document import OpenApiDocument

F = TypeVar("F", bound=Fact)

_CLASSES = "ExternalService__"


@dataclass(frozen=True, slots=True)
class Deletion:
    """One member of a manifest of deletions."""

    type: str
    full_name: str
    file_name: str = "destructiveChanges.xml"
    after: bool = False
    """True in destructiveChangesPost.xml: deleted when the additions are there."""


@dataclass
class Context:
    """Everything a check may ask. Facts of the deploy stand in front of those of the org."""

    state: State
    incoming: Sequence[Incoming]
    api_version: str
    deletions: Sequence[Deletion] = ()
    options: DeployOptions | None = None
    services: Services | None = None
    subjects: dict[tuple[str, str], Subject] = field(default_factory=dict)
    _documents: dict[str, OpenApiDocument | InvalidInput | None] = field(default_factory=dict)
    _shapes: dict[str, ServiceShapes | None] = field(default_factory=dict)
    _stored_shapes: dict[str, ServiceShapes | None] = field(default_factory=dict)
    _switches: dict[str, bool] = field(default_factory=dict)
    _stored_facts: dict[tuple[str, str], Fact | None] = field(default_factory=dict)
    tallies: dict[str, object] = field(default_factory=dict)
    """What checks count once for the whole deploy, each under its own name."""
    incomplete: set[str] = field(default_factory=set)
    """Registrations of this deploy that will have no actions."""

    @property
    def version(self) -> float:
        """API version of the package."""
        return float(self.api_version)

    def on(self, switch: str) -> bool:
        """The position of a switch, the same during the whole deploy."""
        if switch not in self._switches:
            self._switches[switch] = self.state.switches.on(switch)
        return self._switches[switch]

    def report(self, check: Check, line: int | None, column: int | None = None, **values: Any) -> Iterator[Problem]:
        """The problem, a warning or nothing, as the check's switch says."""
        if check.switch is None or self.on(check.switch):
            yield check.at(line, column=column, **values)
        elif check.warns_off:
            yield check.at(line, column=column, warning=True, **values)

    # -- components ------------------------------------------------------------------------------------------------

    def is_gone(self, type_name: str, full_name: str) -> bool:
        """True if this deploy deletes it before anything is added."""
        return (type_name, full_name) in self._gone

    @cached_property
    def _gone(self) -> set[tuple[str, str]]:
        return {(each.type, each.full_name) for each in self.deletions if not each.after}

    @cached_property
    def deleted(self) -> set[tuple[str, str]]:
        """Everything that this deploy deletes, before or after."""
        return {(each.type, each.full_name) for each in self.deletions}

    def is_stored(self, type_name: str, full_name: str) -> bool:
        """True if the org has it and this deploy does not take it away first."""
        return self.state.components.exists(type_name, full_name) and not self.is_gone(type_name, full_name)

    def arrives(self, type_name: str, full_name: str) -> bool:
        """True if this deploy brings it and nothing has been found wrong with it."""
        subject = self.subjects.get((type_name, full_name))
        return subject is not None and not subject.failed

    def exists(self, type_name: str, full_name: str) -> bool:
        """True if the org will have it after this deploy."""
        return self.arrives(type_name, full_name) or self.is_stored(type_name, full_name)

    def is_named(self, type_name: str, full_name: str) -> bool:
        """Like `exists`, but one that fails in this deploy counts: where an org was seen to look no closer."""
        return (type_name, full_name) in self.subjects or self.is_stored(type_name, full_name)

    @cached_property
    def _most(self) -> Counter[str]:
        """Type -> how many components there will be if nothing fails and nothing goes."""
        stored = Counter(self.state.components.types())
        return stored + Counter(type_name for type_name, _ in self.subjects)

    def count_of(self, type_name: str, *, above: int = 0) -> int:
        """How many components of a type the org will have. Counted only where it can be more than `above`, else 0."""
        if self._most[type_name] <= above:
            return 0
        names = {name for name in self.state.components.names(type_name) if not self.is_gone(type_name, name)}
        names.update(name for kind, name in self.subjects if kind == type_name and self.arrives(kind, name))
        return len(names)

    def fact(self, kind: type[F], full_name: str) -> F | None:
        """The facts of a component as they will be: the deploy's, else the org's."""
        subject = self.subjects.get((kind.metadata_type, full_name))
        if subject is not None and not subject.failed:
            fact = subject.fact
            return fact if isinstance(fact, kind) else None
        return self.stored(kind, full_name)

    def stored(self, kind: type[F], full_name: str) -> F | None:
        """The facts of a component of the org, unless it is deleted first."""
        if self.is_gone(kind.metadata_type, full_name):
            return None
        key = (kind.metadata_type, full_name)
        if key not in self._stored_facts:
            self._stored_facts[key] = self._read_stored(*key)
        found = self._stored_facts[key]
        return found if isinstance(found, kind) else None

    def _read_stored(self, type_name: str, full_name: str) -> Fact | None:
        component = self.state.components.get(type_name, full_name)
        if component is None or not component.content:
            return None
        try:
            root = parse_xml(component.content, name=full_name)
        except InvalidInput:
            return None
        return READERS[type_name](root, full_name=full_name, file=full_name)

    def all(self, kind: type[F]) -> Iterator[F]:
        """Facts of all components of a type as they will be."""
        names = set(self.state.components.names(kind.metadata_type))
        names.update(name for type_name, name in self.subjects if type_name == kind.metadata_type)
        for name in sorted(names):
            found = self.fact(kind, name)
            if found is not None:
                yield found

    def all_stored(self, kind: type[F]) -> Iterator[F]:
        """Facts of all components of a type that the org has now, also those that are about to go."""
        for name in self.state.components.names(kind.metadata_type):
            key = (kind.metadata_type, name)
            if key not in self._stored_facts:
                self._stored_facts[key] = self._read_stored(*key)
            found = self._stored_facts[key]
            if isinstance(found, kind):
                yield found

    # -- registered services ---------------------------------------------------------------------------------------

    @cached_property
    def _services(self) -> Services:
        return self.services or services_of(self.state)

    def document(self, fact: ExternalServiceRegistration) -> OpenApiDocument | InvalidInput | None:
        """The document of a registration of this deploy, why it cannot be read, or None where there is none."""
        if fact.full_name not in self._documents:
            try:
                found: OpenApiDocument | InvalidInput | None = read_document(fact)
            except InvalidInput as problem:
                found = problem
            self._documents[fact.full_name] = found
        return self._documents[fact.full_name]

    def stored_shapes(self, service: str) -> ServiceShapes | None:
        """Actions and classes of a service as the org has it now."""
        if service not in self._stored_shapes:
            is_gone = self.is_gone("ExternalServiceRegistration", service)
            self._stored_shapes[service] = None if is_gone else self._services.shapes(service)
        return self._stored_shapes[service]

    def shapes(self, service: str) -> ServiceShapes | None:
        """Actions and classes of a service as they will be."""
        if not self.arrives("ExternalServiceRegistration", service):
            return self.stored_shapes(service)
        if service not in self._shapes:
            self._shapes[service] = self._made(service)
        return self._shapes[service]

    def _made(self, service: str) -> ServiceShapes | None:
        fact = self.subjects["ExternalServiceRegistration", service].fact
        assert isinstance(fact, registration.ExternalServiceRegistration)
        document = self.document(fact)
        if document is None or isinstance(document, InvalidInput) or service in self.incomplete:
            return None
        return ServiceShapes(
            fact,
            document,
            reserved_encoded=self.on("reserved-words-encoded"),
            listed_only=self.on("omitted-operations-inactive"),
        )

    def first_time(self, service: str) -> bool:
        """True if this deploy registers the service and the org has not had it."""
        key = ("ExternalServiceRegistration", service)
        return key in self.subjects and not self.is_stored(*key)

    def action(self, name: str) -> ServiceAction | None:
        """An active operation by `<Service>.<operation>`, namespace aside."""
        service = name.partition(".")[0].rpartition("::")[2]
        shapes = self.shapes(service)
        return shapes.action(f"{service}.{name.partition('.')[2]}") if shapes else None

    def action_arrives(self, name: str) -> bool:
        """True if an operation becomes active only with the registration of this deploy."""
        service = name.partition(".")[0]
        if not self.arrives("ExternalServiceRegistration", service):
            return False
        before = self.stored_shapes(service)
        return before is None or before.action(name) is None

    def class_arrives(self, apex_class: str) -> bool:
        """True if a type comes only with the registration of this deploy."""
        service = self.service_of(apex_class)
        if service is None or not self.arrives("ExternalServiceRegistration", service):
            return False
        before = self.stored_shapes(service)
        return before is None or before.class_shape(plain_class(apex_class) or "") is None

    @cached_property
    def _service_names(self) -> frozenset[str]:
        arriving = (name for kind, name in self.subjects if kind == "ExternalServiceRegistration")
        return frozenset((*self.state.components.names("ExternalServiceRegistration"), *arriving))

    def service_of(self, apex_class: str) -> str | None:
        """The service, known to this deploy or the org, whose classes begin like this one."""
        if not apex_class.startswith(_CLASSES):
            return None
        plain = plain_class(apex_class) or ""
        rest = plain.removeprefix(_CLASSES)
        if rest == plain:
            return None
        # The longest name first: one may begin with another.
        end = rest.rfind("_")
        while end > 0:
            if rest[:end] in self._service_names:
                return rest[:end]
            end = rest.rfind("_", 0, end)
        return None

    def class_shape(self, apex_class: str) -> ClassShape | None:
        """An Apex-defined type of a registered service."""
        service = self.service_of(apex_class)
        shapes = self.shapes(service) if service else None
        return shapes.class_shape(plain_class(apex_class) or "") if shapes else None

    def credential(self, name: str) -> ExternalCredential | None:
        """An external credential as it will be."""
        return self.fact(external_credential.ExternalCredential, name)
