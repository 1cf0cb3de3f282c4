"""Facts -> integrations: one for each registered service, with the credentials, grants and the flow that belong to it.

What is written renders the same components again where they have the form that sfsetup renders; what a spec has no
words for is told in `notes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.adopt.credentials import Unadoptable, external_credential, named_credential
from sfsetup.adopt.written import WrittenIntegration, folder_name
from sfsetup.errors import InvalidInput
from sfsetup.facts.graph import Graph, same_name
from sfsetup.facts.permission_set import PermissionSet
from sfsetup.spec.versions import FLOOR, NEWEST_TESTED, number
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential
    from sfsetup.facts.flow import Flow
    from sfsetup.facts.reader import FactSet
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.openapi.document import OpenApiDocument

_HEADER = """The integration as it is configured{source}, written by `sfsetup adopt`.
Secrets are in no metadata: the variables named below have to hold them when they are to be written."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was found: integrations that can be written, and what cannot, with the reason."""

    integrations: tuple[WrittenIntegration, ...]
    left_out: tuple[tuple[str, str], ...]


def adopt(facts: FactSet, *, services: Sequence[str] = (), source: str = "") -> Adopted:
    """Describes every registered service, or those named. Raises nothing for what is odd in one of them."""
    graph = Graph(facts)
    integrations: list[WrittenIntegration] = []
    left_out: list[tuple[str, str]] = []
    for registration in facts.registrations:
        if services and not any(same_name(registration.full_name, name) for name in services):
            continue
        try:
            integrations.append(_Adoption(graph, registration, source).written())
        except (Unadoptable, InvalidInput) as reason:
            text = reason.message if isinstance(reason, InvalidInput) else str(reason)
            left_out.append((str(registration.ref), text))
    if not services:
        left_out += [
            (str(named.ref), "no registered service calls out with it: there is no document to describe")
            for named in facts.named_credentials
            if not graph.registrations_of(named)
        ]
    return Adopted(tuple(integrations), tuple(left_out))


class _Adoption:
    """One registration on its way to a spec."""

    def __init__(self, graph: Graph, registration: ExternalServiceRegistration, source: str) -> None:
        self.graph, self.registration, self.source = graph, registration, source
        self.notes: list[str] = []

    def written(self) -> WrittenIntegration:
        """The integration. Raises Unadoptable, InvalidInput."""
        registration = self.registration
        document = self._document()
        named = self.graph.named_credential_of(registration)
        if named is None:
            raise Unadoptable(f"its named credential {registration.named_credential or ''} is not there")
        if named.is_legacy:
            raise Unadoptable(f"its named credential {named.full_name} is a legacy one, without external credential")
        external = self.graph.credential_of(named)
        if external is None:
            raise Unadoptable(f"the external credential {named.external_credential or ''} is not there")
        tree: dict[str, Any] = {"version": 1, "openapi": self._document_name()}
        operations = self._operations(document)
        tree["operations"] = operations
        tree["service"] = self._service()
        tree["external_credential"] = external_credential(external, registration.full_name, self.notes)
        tree["named_credential"] = named_credential(named, tree["external_credential"], document.base_path, self.notes)
        tree["permission_set"] = self._permission_set(external)
        flow = self._flow(document)
        tree["flow"] = self._flow_section(flow, document) if flow is not None else False
        version = self._api_version(flow)
        if version:
            tree["api_version"] = version
        return WrittenIntegration(
            name=folder_name(registration.full_name),
            tree=tree,
            document=self._document_text(document),
            document_name=self._document_name(),
            comments={"": _HEADER.format(source=f" in {self.source}" if self.source else "")},
            notes=tuple(dict.fromkeys(self.notes)),
        )

    # the document

    def _document(self) -> OpenApiDocument:
        from sfsetup.openapi.document import parse

        if not self.registration.schema:
            raise Unadoptable("it holds no schema")
        return parse(self.registration.schema.encode("utf-8", "surrogatepass"), name=self.registration.file)

    def _is_json(self) -> bool:
        return (self.registration.schema or "").lstrip()[:1] == "{"

    def _document_name(self) -> str:
        return "openapi.json" if self._is_json() else "openapi.yaml"

    def _document_text(self, document: OpenApiDocument) -> str:
        """The schema; the media-type map of the registration is put back where rendering finds it."""
        from sfsetup.openapi.parts import COMPATIBLE_MEDIA_TYPES_KEY
        from sfsetup.text.documents import dump_json

        mapping = self.registration.binding.get("compatibleMediaTypes")
        if not self._is_json():
            if mapping:
                self.notes.append(f"Add `{COMPATIBLE_MEDIA_TYPES_KEY}: {dump_json(mapping)}` to the document's root.")
            return document.text if document.text.endswith("\n") else f"{document.text}\n"
        value = dict(document.value)
        if isinstance(mapping, dict) and mapping:
            value[COMPATIBLE_MEDIA_TYPES_KEY] = mapping
        return dump_json(value, indent=2) + "\n"

    def _operations(self, document: OpenApiDocument) -> list[str]:
        from sfsetup.openapi.encode import encode
        from sfsetup.openapi.names import action_operation_name
        from sfsetup.openapi.parts import USABLE_METHODS

        registration = self.registration
        found = []
        for operation in document.operations:
            if operation.method not in USABLE_METHODS:
                continue
            name = encode(action_operation_name(operation)).lower()
            if not registration.has_operations or registration.is_active(name):
                found.append(operation.label)
        if not found:
            raise Unadoptable("none of its operations is active")
        return found

    # the components

    def _service(self) -> dict[str, Any]:
        registration = self.registration
        found: dict[str, Any] = {"name": registration.full_name}
        if registration.label and registration.label != registration.full_name:
            found["label"] = registration.label
        if registration.description:
            found["description"] = registration.description
        return found

    def _permission_set(self, external: ExternalCredential) -> dict[str, Any]:
        from sfsetup.facts.grants import Grants

        grants = Grants(self.graph.facts).of_principal(external)
        holders = {grant.source.full_name: grant.source for grant in grants}
        if not holders:
            self.notes.append(f"No permission set gives access to {external.full_name}; a deploy would make one.")
            return {}
        # the one that gives most of the principals, and least besides
        count = {name: sum(grant.source.full_name == name for grant in grants) for name in holders}
        chosen = holders[min(holders, key=lambda name: (-count[name], _size(holders[name]), name))]
        chosen = self._latest(chosen)
        others = sorted(set(holders) - {chosen.full_name})
        if others:
            self.notes.append(f"Other permission sets give access too, and are left as they are: {', '.join(others)}.")
        if _size(chosen) > 1 + len(chosen.principals) + chosen.has_permission("RunFlow") + len(chosen.flows):
            self.notes.append(f"{chosen.ref} grants more than this integration needs; a deploy keeps that.")
        found: dict[str, Any] = {"name": chosen.full_name}
        if chosen.label:
            found["label"] = chosen.label
        if chosen.description:
            found["description"] = chosen.description
        if not chosen.has_permission("RunFlow"):
            found["run_flows"] = False
        return found

    def _latest(self, chosen: PermissionSet) -> PermissionSet:
        """Of the forms of two stages the whole one."""
        forms = [each for each in self.graph.facts.permission_sets if each.full_name == chosen.full_name]
        return max(forms, key=lambda each: len(each.flows))

    def _flow(self, document: OpenApiDocument) -> Flow | None:
        flows = {call.flow.full_name: call.flow for call in self.graph.calls_of(self.registration)}
        names = {f"{self.registration.full_name}.{name}" for name in _action_names(document)}
        usable = {
            name: flow for name, flow in flows.items() if any(call.action_name in names for call in flow.external_calls)
        }
        if not usable:
            return None
        # a flow of one call and flat inputs is what a spec renders; the others are work of their own
        chosen = min(usable.values(), key=lambda flow: (len(flow.external_calls), flow.full_name))
        others = sorted(set(flows) - {chosen.full_name})
        if others:
            self.notes.append(f"Other flows call the service, and are left as they are: {', '.join(others)}.")
        return chosen

    def _flow_section(self, flow: Flow, document: OpenApiDocument) -> dict[str, Any]:
        called = next(call for call in flow.external_calls if self.graph.registration_of(call) is self.registration)
        labels = _action_names(document)
        found: dict[str, Any] = {"name": flow.full_name}
        if flow.label:
            found["label"] = flow.label
        if flow.description:
            found["description"] = flow.description
        found["operation"] = labels[called.operation]
        if not flow.is_active:
            found["activate"] = False
        if flow.needs_permission:
            found["restrict"] = True
        return found

    def _api_version(self, flow: Flow | None) -> str | None:
        version = (flow.api_version or "").strip() if flow is not None else ""
        if not version or version == NEWEST_TESTED:
            return None
        try:
            usable = number(FLOOR) <= number(version) <= number(NEWEST_TESTED)
        except ValueError:
            return None
        return version if usable else None


def _size(holder: PermissionSet) -> int:
    """Number of things that a set gives."""
    lists = (
        holder.principals,
        holder.flows,
        holder.classes,
        holder.objects,
        holder.user_permissions,
        holder.custom_permissions,
        holder.custom_metadata_types,
    )
    return sum(len(entries) for entries in lists)


def _action_names(document: OpenApiDocument) -> dict[str, str]:
    """Name of the operation behind the service -> how a spec names it."""
    return dict(_named(document))


def _named(document: OpenApiDocument) -> Iterator[tuple[str, str]]:
    from sfsetup.openapi.names import action_operation_name

    for operation in document.operations:
        yield action_operation_name(operation), operation.label
