"""What a rule is given: facts, links, evidence and settings, and the questions that many rules ask of them.

    context = AuditContext.of(facts, settings=settings, today=today, report_key=key)            # a folder, an archive
    context = AuditContext.of(facts, evidence=evidence, settings=settings, today=today, ...)     # an org

Where rules look:

    context.facts                        every fact by type (`facts.named_credentials`, `facts.flows`, …)
    context.graph                        links: headers_of, credential_of, registrations_of, calls, integration_flows …
    context.grants                       who may: of_principal, groups_of, missing …
    context.org                          evidence of an org; rules with `evidence=(Evidence.ORG,)` alone may rely on
                                         it (the engine does not run those without); others ask `context.evidence`
    context.secret(value, name=…)        what a value looks like, without the value
    context.is_complete(type)            True if a component of this type that was not read does not exist
    context.near(name, known)            the name that was probably meant
    context.document_of(registration)    the parsed schema, None where it cannot be read

"Not read" is never "not there": a rule whose evidence is lacking yields `Unknown`, with `context.why_not(part)`.
Managed packages need no thought in a rule: the engine turns findings on their components into information.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from sfsetup.facts.formula import read as read_formula
from sfsetup.facts.grants import Grants
from sfsetup.facts.graph import Graph, Header, without_namespace
from sfsetup.facts.stored_texts import STORED_TYPES
from sfsetup.rules.secrets import Suspicion, suspect
from sfsetup.rules.services import ServiceSchema, read_schema
from sfsetup.rules.settings import AuditSettings

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential
    from sfsetup.facts.flow import Flow
    from sfsetup.facts.graph import ExternalCall
    from sfsetup.facts.named_credential import NamedCredential
    from sfsetup.facts.reader import FactSet
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.rules.evidence import OrgEvidence

# `ns__Name`: a namespace has up to 15 letters, digits and single underscores (Salesforce Help: create a namespace);
# a developer name cannot hold two underscores in a row, so nothing else looks like it
_NAMESPACE = re.compile(r"([A-Za-z](?:_?[A-Za-z0-9]){0,14})__(?=[A-Za-z])(.*)", re.DOTALL)
# what stands behind two underscores in names of our own: types of objects and fields
_SUFFIXES = frozenset(("c", "mdt", "e", "x", "b", "kav", "r", "share", "history", "feed"))


@lru_cache(maxsize=8)
def _by_length(known: tuple[str, ...]) -> Mapping[int, list[tuple[str, str]]]:
    """Names by their length: comparing each missing name with thousands would take minutes."""
    found: dict[int, list[tuple[str, str]]] = {}
    for name in known:
        found.setdefault(len(name), []).append((name.lower(), name))
    return found


@dataclass(frozen=True, kw_only=True)
class AuditContext:
    """The input of every audit rule; nothing in it changes while rules run."""

    facts: FactSet
    graph: Graph
    grants: Grants
    evidence: OrgEvidence | None = None
    """None for a folder or an archive without saved evidence."""
    settings: AuditSettings = field(default_factory=AuditSettings)
    today: datetime.date = datetime.date.min
    report_key: bytes = b"\0" * 16
    """Random for each report; keys the fingerprints of secrets."""
    complete: frozenset[str] = frozenset()
    """Metadata types of which everything that exists was read: what is not there does not exist."""
    desired: FactSet | None = None
    """What our own specs say: facts of the components that they render to. None without a spec."""

    @classmethod
    def of(
        cls,
        facts: FactSet,
        *,
        evidence: OrgEvidence | None = None,
        settings: AuditSettings | None = None,
        today: datetime.date = datetime.date.min,
        report_key: bytes = b"\0" * 16,
        desired: FactSet | None = None,
    ) -> AuditContext:
        """The context of these facts. What the org gave whole counts as complete."""
        return cls(
            facts=facts,
            graph=Graph(facts),
            grants=Grants(facts),
            evidence=evidence,
            settings=settings or AuditSettings(),
            today=today,
            report_key=report_key,
            complete=frozenset(evidence.retrieved) if evidence else frozenset(),
            desired=desired,
        )

    @cached_property
    def types(self) -> frozenset[str]:
        """Metadata types of which at least one component was read."""
        return frozenset((*(fact.ref.type for fact in self.facts), *self.looked_through))

    @cached_property
    def looked_through(self) -> Mapping[str, int]:
        """Types whose files were looked through for secrets alone, with their number."""
        return {entry.type: entry.files for entry in self.facts.not_judged if entry.type in STORED_TYPES}

    # evidence

    @property
    def org(self) -> OrgEvidence:
        """Evidence of the org. Raises LookupError for a folder, where rules that need it alone are not run."""
        if self.evidence is None:
            raise LookupError("no evidence of an org")
        return self.evidence

    @property
    def is_production(self) -> bool:
        """True for an org that counts as production; False for files, of which nobody knows."""
        return self.evidence is not None and self.evidence.org.type.is_production

    def why_not(self, part: str) -> str:
        """Why a part of the org's evidence (a field of OrgEvidence, a metadata type) is not there."""
        return self.evidence.why_not(part) if self.evidence else "these are files of no org"

    def is_complete(self, metadata_type: str) -> bool:
        """True if a component of this type that was not read does not exist."""
        return metadata_type in self.complete

    def secret(self, value: str | None, *, name: str | None = None) -> Suspicion | None:
        """What a value looks like; None for nothing to worry about. `name`: the field or header it stands in."""
        return suspect(value, key=self.report_key, name=name)

    # packages

    @cached_property
    def own_namespaces(self) -> frozenset[str]:
        """Namespaces that are ours, lower-case: by settings and of the org itself."""
        names = set(self.settings.namespaces)
        if self.evidence is not None and self.evidence.org.namespace:
            names.add(self.evidence.org.namespace)
        return frozenset(name.lower() for name in names)

    def namespace_of(self, full_name: str) -> str | None:
        """The namespace of a managed package that owns a component; None for components of our own."""
        # a record of somebody else's custom metadata type is ours unless the record itself has the namespace
        found = _NAMESPACE.match(full_name.rpartition(".")[2])
        if found is None or found[1].lower() in self.own_namespaces:
            return None
        name, separator, suffix = found[2].partition("__")
        if name.lower() in _SUFFIXES or (separator and suffix.lower() not in _SUFFIXES):
            return None
        return found[1]

    def is_managed(self, full_name: str) -> bool:
        """True for a component of somebody else's package, by its name."""
        return self.namespace_of(full_name) is not None

    # names

    def near(self, name: str, known: Iterable[str]) -> str | None:
        """The known name that was probably meant: one or two characters away, never the name itself."""
        wanted = without_namespace(name).lower()
        by_length = _by_length(tuple(known))
        likely = {
            lowered: spelling
            for length in range(len(wanted) - 2, len(wanted) + 3)
            for lowered, spelling in by_length.get(length, ())
            # of two slips at most, one leaves the name's beginning or its end alone
            if lowered != wanted and (lowered[:2] == wanted[:2] or lowered[-2:] == wanted[-2:])
        }
        close = difflib.get_close_matches(wanted, likely, n=1, cutoff=0.9)
        return likely[close[0]] if close else None

    # named and external credentials

    @property
    def named_credentials(self) -> tuple[NamedCredential, ...]:
        """Every named credential."""
        return self.facts.named_credentials

    @property
    def external_credentials(self) -> tuple[ExternalCredential, ...]:
        """Every external credential."""
        return self.facts.external_credentials

    def external_credential_of(self, credential: NamedCredential) -> ExternalCredential | None:
        """The external credential behind a named one; None where it is not among the facts."""
        return self.graph.credential_of(credential)

    def headers_of(self, credential: NamedCredential) -> tuple[Header, ...]:
        """Headers of a callout, those of the external credential included."""
        return self.graph.headers_of(credential)

    def headers_behind(self, credential: ExternalCredential) -> tuple[Header, ...]:
        """Headers of every callout that authenticates with an external credential, its own included."""
        found = {
            (id(header.source), header.name, header.value): header
            for named in self.graph.named_credentials_of(credential)
            for header in self.graph.headers_of(named)
        }
        own = (
            Header(each.name, each.value, read_formula(each.value), credential, each.line)
            for each in credential.headers
        )
        for header in own:
            found.setdefault((id(credential), header.name, header.value), header)
        return tuple(found.values())

    def needs_no_secret(self, credential: NamedCredential) -> bool:
        """True if the credential authenticates nobody on purpose: protocol or variant NoAuthentication."""
        if credential.is_legacy:
            return credential.legacy.get("protocol", "NoAuthentication").strip() == "NoAuthentication"
        external = self.external_credential_of(credential)
        return external is not None and external.is_unauthenticated

    def registrations_of(self, credential: NamedCredential) -> tuple[ExternalServiceRegistration, ...]:
        """Registrations that call out with a named credential."""
        return self._registrations_by_credential.get(id(credential), ())

    def callers_of_credential(self, credential: NamedCredential) -> tuple[str, ...]:
        """Who names a credential, in words: registrations, Apex, other source text."""
        found = [str(registration.ref) for registration in self.registrations_of(credential)]
        found.extend(str(use.source.ref) for use in self.graph.apex_uses_of_credential(credential))
        found.extend(self._text_callouts.get(without_namespace(credential.full_name.lower()), ()))
        return tuple(dict.fromkeys(found))

    @cached_property
    def _registrations_by_credential(self) -> Mapping[int, tuple[ExternalServiceRegistration, ...]]:
        found: dict[int, list[ExternalServiceRegistration]] = {}
        for registration in self.facts.registrations:
            credential = self.graph.named_credential_of(registration)
            if credential is not None:
                found.setdefault(id(credential), []).append(registration)
        return {key: tuple(members) for key, members in found.items()}

    @cached_property
    def _text_callouts(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for text in self.facts.texts:
            for mention in text.callouts:
                found.setdefault(without_namespace(mention.name.lower()), []).append(str(text.ref))
        return found

    # Apex

    @property
    def has_apex(self) -> bool:
        """True if any class or trigger was read."""
        return bool(self.facts.apex)

    @cached_property
    def apex_merges_credentials(self) -> bool:
        """True if some Apex writes `{!$Credential…}` into a request."""
        return any(source.credential_merges for source in self.facts.apex)

    @cached_property
    def apex_builds_names(self) -> bool:
        """True if some Apex puts the name behind `callout:` together at run time."""
        return any(source.builds_names for source in self.facts.apex)

    # services and flows

    def schema_of(self, registration: ExternalServiceRegistration) -> ServiceSchema:
        """The registered schema: its document, or why it cannot be read. Parsed once."""
        key = id(registration)
        found = self._schemas.get(key)
        if found is None:
            found = self._schemas[key] = read_schema(registration)
        return found

    def document_of(self, registration: ExternalServiceRegistration) -> OpenApiDocument | None:
        """The registered OpenAPI document; None where there is none that can be read."""
        return self.schema_of(registration).document

    @cached_property
    def _schemas(self) -> dict[int, ServiceSchema]:
        return {}

    def calls_of(self, registration: ExternalServiceRegistration) -> tuple[ExternalCall, ...]:
        """Actions of flows that call operations of a registration."""
        return self._calls_by_registration.get(id(registration), ())

    @cached_property
    def _calls_by_registration(self) -> Mapping[int, tuple[ExternalCall, ...]]:
        found: dict[int, list[ExternalCall]] = {}
        for call in self.graph.calls:
            if call.registration is not None:
                found.setdefault(id(call.registration), []).append(call)
        return {key: tuple(calls) for key, calls in found.items()}

    @cached_property
    def integration_flows(self) -> tuple[Flow, ...]:
        """Flows that call out, directly, through Apex or through subflows."""
        return self.graph.integration_flows

    # anything else that rules of one kind share and that is costly to make

    def shared(self, key: str, make: Any) -> Any:
        """What `make(context)` returns, made once for each audit. `key` names it across rules."""
        if key not in self._shared:
            self._shared[key] = make(self)
        return self._shared[key]

    @cached_property
    def _shared(self) -> dict[str, Any]:
        return {}
