"""How the parts of an integration hang together: flow -> operation -> registration -> named -> external credential.

Names compare without regard to case, as the platform does. A reference may carry a package's namespace while the
source file of the component does not: both spellings find it (reference 'audit rules', EC-003). What is not among the
facts may still exist in the org: None means *not here*, never *missing*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeVar

from sfsetup.facts import formula
from sfsetup.facts.apex import ApexSource, Mention
from sfsetup.facts.base import Fact
from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.external_credential import Parameter as CredentialParameter
from sfsetup.facts.flow import Flow
from sfsetup.facts.flow_parts import ActionCall, Subflow
from sfsetup.facts.formula import HeaderFormula
from sfsetup.facts.named_credential import NamedCredential
from sfsetup.facts.named_credential import Parameter as EndpointParameter
from sfsetup.facts.reader import FactSet
from sfsetup.facts.registration import ExternalServiceRegistration, Operation
from sfsetup.values import dataclass

_F = TypeVar("_F", bound=Fact)


def without_namespace(name: str) -> str:
    """`ns__Name` as `Name`: the part behind the first double underscore, if both parts are there."""
    before, separator, after = name.partition("__")
    return after if separator and before and after else name


def same_name(left: str, right: str) -> bool:
    """True if both name the same component, with or without a namespace on one side."""
    first, second = left.lower(), right.lower()
    if first == second:
        return True
    return ("__" in first) != ("__" in second) and without_namespace(first) == without_namespace(second)


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a callout as it will be sent."""

    name: str
    value: str | None
    formula: HeaderFormula
    source: NamedCredential | ExternalCredential
    line: int
    overrides: ExternalCredential | None = None
    """The external credential whose header of the same name this one hides."""


@dataclass(frozen=True, slots=True)
class ExternalCall:
    """One action of a flow that calls an External Service, with what it leads to as far as that was read."""

    flow: Flow
    call: ActionCall
    registration: ExternalServiceRegistration | None
    operation: Operation | None
    """The operation's entry in the registration; None too where the registration lists no operations."""
    named_credential: NamedCredential | None
    external_credential: ExternalCredential | None


@dataclass(frozen=True, slots=True)
class ApexUse:
    """A place in Apex that names a credential or a service."""

    source: ApexSource
    mention: Mention


class Graph:
    """Links between facts, computed when asked for."""

    def __init__(self, facts: FactSet) -> None:
        self.facts = facts

    # one component by its name

    def external_credential(self, name: str | None) -> ExternalCredential | None:
        """The external credential with this name."""
        return _find(self._external_credentials, name)

    def named_credential(self, name: str | None) -> NamedCredential | None:
        """The named credential with this name."""
        return _find(self._named_credentials, name)

    def registration(self, name: str | None) -> ExternalServiceRegistration | None:
        """The registration with this name."""
        return _find(self._registrations, name)

    def flow(self, name: str | None) -> Flow | None:
        """The flow with this name."""
        return _find(self._flows, name)

    # from credential to credential

    def credential_of(self, credential: NamedCredential) -> ExternalCredential | None:
        """The external credential that a named credential authenticates with."""
        return self.external_credential(credential.external_credential)

    def named_credentials_of(self, credential: ExternalCredential) -> tuple[NamedCredential, ...]:
        """Named credentials that authenticate with an external credential."""
        return self._named_by_external.get(id(credential), ())

    def headers_of(self, credential: NamedCredential) -> tuple[Header, ...]:
        """Custom headers of a callout: those of the named credential come first and override those of the other.

        Source: reference 'metadata types', section 2 (help page nc_create_custom_headers).
        """
        external = self.credential_of(credential)
        outer = external.headers if external else ()
        hidden = {header.name.lower() for header in outer}
        own = {header.name.lower() for header in credential.headers}
        result = [
            _header(header, credential, external if header.name.lower() in hidden else None)
            for header in credential.headers
        ]
        if external is not None:
            result.extend(_header(header, external) for header in outer if header.name.lower() not in own)
        return tuple(result)

    # services and their callers

    def named_credential_of(self, registration: ExternalServiceRegistration) -> NamedCredential | None:
        """The named credential that a registration calls out with."""
        return self.named_credential(registration.named_credential)

    def registrations_of(self, credential: NamedCredential) -> tuple[ExternalServiceRegistration, ...]:
        """Registrations that call out with a named credential."""
        return tuple(each for each in self.facts.registrations if self.named_credential_of(each) is credential)

    def registration_of(self, call: ActionCall) -> ExternalServiceRegistration | None:
        """The registration whose operation an action calls."""
        if not call.is_external_service:
            return None
        name = f"{call.namespace}__{call.service}" if call.namespace else call.service
        return self.registration(name)

    @cached_property
    def calls(self) -> tuple[ExternalCall, ...]:
        """Every action of every flow that calls an External Service."""
        return tuple(self._call(flow, call) for flow in self.facts.flows for call in flow.external_calls)

    def calls_of(self, registration: ExternalServiceRegistration) -> tuple[ExternalCall, ...]:
        """Actions that call operations of a registration."""
        return tuple(call for call in self.calls if call.registration is registration)

    def calls_of_flow(self, flow: Flow) -> tuple[ExternalCall, ...]:
        """Actions of one flow that call External Services."""
        return tuple(call for call in self.calls if call.flow is flow)

    def apex_uses_of_service(self, registration: ExternalServiceRegistration) -> tuple[ApexUse, ...]:
        """Places in Apex that say `ExternalService.<Name>`."""
        return _uses(self._apex_services, registration.full_name)

    def apex_uses_of_credential(self, credential: NamedCredential) -> tuple[ApexUse, ...]:
        """Places in Apex that say `callout:<Name>`."""
        return _uses(self._apex_callouts, credential.full_name)

    def is_used(self, credential: NamedCredential) -> bool:
        """True if a registration or Apex names the credential. False proves nothing: see `builds_names` of Apex."""
        return bool(self.registrations_of(credential) or self.apex_uses_of_credential(credential))

    # flows

    def subflow_of(self, node: Subflow) -> Flow | None:
        """The flow that a subflow element calls."""
        return self.flow(node.flow_name)

    def callers_of(self, flow: Flow) -> tuple[Flow, ...]:
        """Flows that call a flow as subflow, directly."""
        return tuple(each for each in self.facts.flows if any(self.subflow_of(node) is flow for node in each.subflows))

    @cached_property
    def integration_flows(self) -> tuple[Flow, ...]:
        """Flows that call out: by an action of their own, by Apex that calls out, or by a subflow that does."""
        found = {id(flow) for flow in self.facts.flows if flow.external_calls or self._calls_apex_callout(flow)}
        todo = list(found)
        while todo:
            for caller in self._flow_callers.get(todo.pop(), ()):
                if id(caller) not in found:
                    found.add(id(caller))
                    todo.append(id(caller))
        return tuple(flow for flow in self.facts.flows if id(flow) in found)

    # inside

    @cached_property
    def _flow_callers(self) -> Mapping[int, list[Flow]]:
        """Flows that call a flow as subflow, by the called one's identity."""
        found: dict[int, list[Flow]] = {}
        for flow in self.facts.flows:
            for node in flow.subflows:
                called = self.subflow_of(node)
                if called is not None:
                    found.setdefault(id(called), []).append(flow)
        return found

    def _call(self, flow: Flow, call: ActionCall) -> ExternalCall:
        registration = self.registration_of(call)
        named = self.named_credential_of(registration) if registration else None
        return ExternalCall(
            flow=flow,
            call=call,
            registration=registration,
            operation=_operation(registration, call.operation) if registration else None,
            named_credential=named,
            external_credential=self.credential_of(named) if named else None,
        )

    def _calls_apex_callout(self, flow: Flow) -> bool:
        return any(
            call.action_type == "apex" and call.action_name.lower() in self._calling_apex for call in flow.action_calls
        )

    @cached_property
    def _external_credentials(self) -> Mapping[str, ExternalCredential]:
        return _index(self.facts.external_credentials)

    @cached_property
    def _named_credentials(self) -> Mapping[str, NamedCredential]:
        return _index(self.facts.named_credentials)

    @cached_property
    def _registrations(self) -> Mapping[str, ExternalServiceRegistration]:
        return _index(self.facts.registrations)

    @cached_property
    def _flows(self) -> Mapping[str, Flow]:
        return _index(self.facts.flows)

    @cached_property
    def _named_by_external(self) -> Mapping[int, tuple[NamedCredential, ...]]:
        found: dict[int, list[NamedCredential]] = {}
        for credential in self.facts.named_credentials:
            external = self.credential_of(credential)
            if external is not None:
                found.setdefault(id(external), []).append(credential)
        return {key: tuple(credentials) for key, credentials in found.items()}

    @cached_property
    def _apex_services(self) -> Mapping[str, tuple[ApexUse, ...]]:
        return _mentions((source, mention) for source in self.facts.apex for mention in source.services)

    @cached_property
    def _apex_callouts(self) -> Mapping[str, tuple[ApexUse, ...]]:
        return _mentions((source, mention) for source in self.facts.apex for mention in source.callouts)

    @cached_property
    def _calling_apex(self) -> frozenset[str]:
        return frozenset(source.full_name.lower() for source in self.facts.apex if source.makes_callouts)


def _header(
    header: EndpointParameter | CredentialParameter,
    source: NamedCredential | ExternalCredential,
    overrides: ExternalCredential | None = None,
) -> Header:
    return Header(header.name, header.value, formula.read(header.value), source, header.line, overrides)


def _operation(registration: ExternalServiceRegistration, name: str) -> Operation | None:
    """The entry of an operation by the name that a flow writes."""
    return next((each for each in registration.operations if each.is_named(name)), None)


def _index(facts: Iterable[_F]) -> dict[str, _F]:
    """By lower-case name; a name without its namespace stands for the first component that has it."""
    found: dict[str, _F] = {}
    short: dict[str, _F] = {}
    for fact in facts:
        name = fact.full_name.lower()
        found.setdefault(name, fact)
        if "__" in name:
            short.setdefault(without_namespace(name), fact)
    return {**short, **found}


def _find(index: Mapping[str, _F], name: str | None) -> _F | None:
    if not name:
        return None
    wanted = name.lower()
    return index.get(wanted) or (index.get(without_namespace(wanted)) if "__" in wanted else None)


def _mentions(places: Iterable[tuple[ApexSource, Mention]]) -> dict[str, tuple[ApexUse, ...]]:
    found: dict[str, list[ApexUse]] = {}
    for source, mention in places:
        found.setdefault(without_namespace(mention.name.lower()), []).append(ApexUse(source, mention))
    return {name: tuple(uses) for name, uses in found.items()}


def _uses(index: Mapping[str, tuple[ApexUse, ...]], name: str) -> tuple[ApexUse, ...]:
    return tuple(use for use in index.get(without_namespace(name.lower()), ()) if same_name(use.mention.name, name))
