"""Registered services, Named and External Credentials and flows of the org, as the runtime needs them. Cached."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary, ref

from sfsetup.errors import InvalidInput
from sfsetup.facts import external_credential, flow, named_credential, registration
from sfsetup.localorg.callout.service import ServiceAction
from sfsetup.localorg.callout.values import CredentialSetup, Endpoint, Header, Principal
from sfsetup.localorg.flow.values import ClassShape
from sfsetup.localorg.service_shapes import ServiceShapes
from sfsetup.openapi import document as openapi_document
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.facts.flow import Flow
    from sfsetup.facts.named_credential import NamedCredential
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.localorg.state import FlowVersion, State
    from sfsetup.openapi.document import OpenApiDocument

T = TypeVar("T")

REGISTRATION, ENDPOINT, CREDENTIAL = "ExternalServiceRegistration", "NamedCredential", "ExternalCredential"


@dataclass(frozen=True, slots=True)
class Service:
    """A registration. `document` is None where its schema cannot be read."""

    name: str
    fact: ExternalServiceRegistration
    document: OpenApiDocument | None

    @property
    def named_credential(self) -> str | None:
        """Where its callouts go."""
        return self.fact.named_credential


class Services:
    """Lookups by name over the state. Each is cached under the content of its component."""

    def __init__(self, state: State) -> None:
        # Held weakly: `services_of` keeps this object for as long as the state lives, and no longer.
        self._weak = ref(state)
        self._lock = threading.Lock()
        self._cache: dict[tuple[str, str], tuple[bytes, Any]] = {}

    @property
    def _state(self) -> State:
        state = self._weak()
        assert state is not None
        return state

    def service(self, name: str) -> Service | None:
        """A registered service."""
        return self._component(REGISTRATION, name, _service)

    def all(self) -> list[Service]:
        """Every registered service."""
        found = (self.service(name) for name in self._state.components.names(REGISTRATION))
        return [service for service in found if service]

    def shapes(self, name: str) -> ServiceShapes | None:
        """Actions and classes that the org derives from a service; None if it has none."""
        service = self.service(name)
        if service is None or service.document is None or service.fact.status == "Incomplete":
            return None
        reserved = self._state.switches.on("reserved-words-encoded")
        listed_only = self._state.switches.on("omitted-operations-inactive")
        key = f"{name}\x1f{reserved}\x1f{listed_only}"
        content = self._content(REGISTRATION, name)
        fact, document = service.fact, service.document
        return self._cached(
            "shapes",
            key,
            content,
            lambda: ServiceShapes(fact, document, reserved_encoded=reserved, listed_only=listed_only),
        )

    def action(self, name: str) -> ServiceAction | None:
        """An active operation by `<Service>.<operation>`."""
        service, _, _ = name.partition(".")
        shapes = self.shapes(service.rpartition("::")[2])
        return shapes.action(name) if shapes else None

    def actions(self) -> list[ServiceAction]:
        """Every active operation of every service."""
        found: list[ServiceAction] = []
        for name in self._state.components.names(REGISTRATION):
            shapes = self.shapes(name)
            found.extend(shapes.actions() if shapes else ())
        return found

    def class_shape(self, apex_class: str) -> ClassShape | None:
        """An Apex-defined type by the name that flows use."""
        for name in self._state.components.names(REGISTRATION):
            if apex_class.startswith(f"ExternalService__{name}_"):
                shapes = self.shapes(name)
                found = shapes.class_shape(apex_class) if shapes else None
                if found:
                    return found
        return None

    def endpoint(self, name: str) -> Endpoint | None:
        """A Named Credential."""
        return self._component(ENDPOINT, name, _endpoint)

    def credential(self, name: str) -> CredentialSetup | None:
        """An External Credential."""
        return self._component(CREDENTIAL, name, _credential)

    def token_urls(self) -> list[str]:
        """Token endpoints of all external credentials."""
        found = (self.credential(name) for name in self._state.components.names(CREDENTIAL))
        return [setup.token_url for setup in found if setup and setup.token_url]

    def media_types(self, service: str) -> Mapping[str, str]:
        """compatibleMediaTypes of a registration's binding."""
        found = self.service(service)
        types = found.fact.binding.get("compatibleMediaTypes") if found else None
        return {k: v for k, v in types.items() if isinstance(v, str)} if isinstance(types, dict) else {}

    def flow(self, version: FlowVersion) -> Flow:
        """The facts of one version of a flow."""
        return self._cached(
            "Flow",
            f"{version.flow}-{version.number}",
            version.content,
            lambda: flow.read(parse_xml(version.content, name=version.flow), full_name=version.flow, file=version.flow),
        )

    def _content(self, kind: str, name: str) -> bytes:
        stored = self._state.components.get(kind, name)
        return stored.content if stored else b""

    def _component(self, kind: str, name: str, read: Callable[[str, bytes], T]) -> T | None:
        stored = self._state.components.get(kind, name) if name else None
        if stored is None:
            return None
        return self._cached(kind, name, stored.content, lambda: read(name, stored.content))

    def _cached(self, kind: str, name: str, content: bytes, make: Callable[[], T]) -> T:
        with self._lock:
            found = self._cache.get((kind, name))
        if found is not None and found[0] == content:
            value: T = found[1]
            return value
        made = make()
        with self._lock:
            self._cache[kind, name] = (content, made)
        return made


_known: WeakKeyDictionary[State, Services] = WeakKeyDictionary()
_knowing = threading.Lock()


def services_of(state: State) -> Services:
    """The lookups of one state, shared by the runtime and by deploys: documents are parsed once."""
    with _knowing:
        found = _known.get(state)
        if found is None:
            found = _known[state] = Services(state)
        return found


def read_document(fact: ExternalServiceRegistration) -> OpenApiDocument | None:
    """The document of a registration; None where it holds none. Raises InvalidInput."""
    return document_of(fact.schema, fact.full_name) if fact.schema else None


class _Documents:
    """The documents that were read last, up to so many characters: judge, store and runtime ask for the same ones."""

    MOST = 32_000_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], OpenApiDocument] = OrderedDict()
        self._characters = 0

    def get(self, key: tuple[str, str]) -> OpenApiDocument | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[str, str], document: OpenApiDocument) -> None:
        with self._lock:
            if key not in self._kept:
                self._characters += len(key[1])
            self._kept[key] = document
            while self._characters > self.MOST and len(self._kept) > 1:
                (_, text), _ = self._kept.popitem(last=False)
                self._characters -= len(text)


_documents = _Documents()


def document_of(schema: str, full_name: str) -> OpenApiDocument:
    """The document that a registration's `schema` holds. Raises InvalidInput."""
    found = _documents.get((full_name, schema))
    if found is None:
        found = openapi_document.parse(schema.encode(), name=f"schema of {full_name}")
        _documents.put((full_name, schema), found)
    return found


def _service(name: str, content: bytes) -> Service:
    fact = registration.read(parse_xml(content, name=name), full_name=name, file=name)
    try:
        return Service(name, fact, read_document(fact))
    except InvalidInput:
        return Service(name, fact, None)


def _endpoint(name: str, content: bytes) -> Endpoint:
    fact = named_credential.read(parse_xml(content, name=name), full_name=name, file=name)
    return Endpoint(
        name=name,
        url=fact.url or "",
        credential=fact.external_credential,
        headers=tuple(Header(h.name, h.value or "", h.sequence or 0) for h in fact.headers),
        formulas_in_headers=fact.allow_merge_fields_in_header,
        generates_authorization=fact.generate_authorization_header,
        enabled=fact.is_enabled,
        legacy_protocol=_legacy_protocol(fact),
    )


def _legacy_protocol(fact: NamedCredential) -> str | None:
    protocol = fact.legacy.get("protocol") if fact.is_legacy else None
    return protocol if protocol not in ("NoAuthentication", "", None) else None


def _credential(name: str, content: bytes) -> CredentialSetup:
    fact = external_credential.read(parse_xml(content, name=name), full_name=name, file=name)
    return CredentialSetup(
        name=name,
        protocol=fact.protocol,
        variant=fact.variant,
        headers=tuple(Header(h.name, h.value or "", h.sequence or 0) for h in fact.headers),
        principals=tuple(Principal(p.name, p.type, p.sequence or 0) for p in fact.principals),
        token_url=next((p.value for p in fact.of_type("AuthProviderUrl")), None),
        certificate=next(iter(fact.certificates), None),
        claims={p.name: p.value or "" for p in fact.of_type("JwtBodyClaim")},
        header_claims={p.name: p.value or "" for p in fact.of_type("JwtHeaderClaim")},
        scopes={p.effective_group: p.value or "" for p in fact.of_type("AuthParameter") if p.name == "Scope"},
        settings={p.name: (p.value or "").strip() for p in fact.of_type("AuthParameter")},
        refresh_codes=frozenset(
            int(p.value) for p in fact.of_type("AdditionalRefreshStatusCode") if p.value and p.value.strip().isdecimal()
        ),
    )
