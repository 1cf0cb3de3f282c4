"""External credentials as Connect shows and writes them (wire-protocols 3.2). No HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sfsetup.facts import named_credential
from sfsetup.facts.external_credential import PRINCIPAL_TYPES
from sfsetup.localorg.connect import principals
from sfsetup.localorg.connect.bodies import (
    Body,
    as_object,
    demand_existence,
    header_row,
    names_of,
    rows,
)
from sfsetup.localorg.connect.principals import PER_USER, PROTOCOLS, Target
from sfsetup.localorg.records.components import delete_component, write_component
from sfsetup.localorg.records.metadata import metadata_xml
from sfsetup.localorg.records.setup import parameter_id
from sfsetup.localorg.refusal import OURS, Refused
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential, Parameter
    from sfsetup.localorg.state import PermissionHolder, State, User

ENTITY = "ExternalCredentialParameter"
_IN_METADATA = {connect: metadata for metadata, connect in PROTOCOLS.items()}
_MEMBERS = frozenset(
    ("developerName", "masterLabel", "authenticationProtocol", "authenticationProtocolVariant", "parameters",
     "customHeaders", "principals", "description")
)  # fmt: skip


def listed(state: State, user: User, base: str) -> list[dict[str, Any]]:
    """The external credentials that the user can authenticate to (audit-rules 2)."""
    rights = state.permissions.of_user(user.id)
    found = []
    for name in state.components.names("ExternalCredential"):
        fact = principals.find_external_credential(state, name)
        if fact is not None and any(rights.reaches(ENTITY, f"{name}-{p.name}") for p in fact.principals):
            found.append(shown(state, user, fact, base))
    return found


def shown(state: State, user: User, fact: ExternalCredential, base: str) -> dict[str, Any]:
    """One external credential. Without View Setup and Configuration some properties are empty."""
    sees = state.permissions.of_user(user.id).may("ViewSetup")
    name = fact.full_name
    targets = [_target(fact, entry, user) for entry in fact.principals]
    statuses = {principals.status_of(state, target) for target in targets}
    return {
        "id": state.ids.of("ExternalCredential", name),
        "developerName": name,
        "masterLabel": fact.label,
        "authenticationProtocol": PROTOCOLS.get(fact.protocol, fact.protocol),
        "authenticationProtocolVariant": fact.variant,
        "authenticationStatus": _overall(statuses),
        "createdByNamespace": None,
        "customHeaders": [_header(state, name, header) for header in fact.headers] if sees else [],
        "parameters": [_parameter(state, name, p) for p in fact.parameters if _is_plain(p)] if sees else [],
        "principals": [_principal(state, target, entry, sees=sees)
                       for target, entry in zip(targets, fact.principals, strict=True)],
        "relatedNamedCredentials": list(_related(state, name)) if sees else [],
        "url": f"{base}/external-credentials/{name}",
    }  # fmt: skip


def _overall(statuses: set[str]) -> str:
    """Configured means: all that is required for at least one principal."""
    return next((status for status in ("Configured", "Unknown") if status in statuses), "NotConfigured")


def _target(fact: ExternalCredential, entry: Parameter, user: User) -> Target:
    return Target(fact, entry.name, entry.type, user.id if entry.type == PER_USER else "")


def _is_plain(parameter: Parameter) -> bool:
    return parameter.type not in (*PRINCIPAL_TYPES, "AuthHeader")


def _header(state: State, owner: str, header: Parameter) -> dict[str, Any]:
    return {
        "id": parameter_id(state, "ExternalCredential", owner, header.type, header.name),
        "headerName": header.name,
        "headerValue": header.value,
        "sequenceNumber": header.sequence,
    }


def _parameter(state: State, owner: str, parameter: Parameter) -> dict[str, Any]:
    value = parameter.value or parameter.certificate or parameter.auth_provider or parameter.identity_provider
    return {
        "id": parameter_id(state, "ExternalCredential", owner, parameter.type, parameter.name),
        "description": parameter.description,
        "parameterName": parameter.name,
        "parameterType": parameter.type,
        "parameterValue": value,
    }


def _principal(state: State, target: Target, entry: Parameter, *, sees: bool) -> dict[str, Any]:
    fact = target.fact
    own = [p for p in fact.parameters if _is_plain(p) and p.group == entry.name]
    return {
        "id": parameter_id(state, "ExternalCredential", fact.full_name, entry.type, entry.name),
        "principalName": entry.name,
        "principalType": entry.type,
        "sequenceNumber": entry.sequence,
        "authenticationStatus": principals.status_of(state, target),
        "parameters": [_parameter(state, fact.full_name, parameter) for parameter in own] if sees else [],
        "principalAccess": list(_access(state, f"{fact.full_name}-{entry.name}")) if sees else [],
    }


def _access(state: State, entity: str) -> Iterator[dict[str, Any]]:
    """Who was given a principal; a profile's grant is told here although no metadata carries it."""
    for holder in state.permissions.all():
        if any((row.type, row.name) == (ENTITY, entity) for row in holder.entities):
            yield {"id": _holder_id(holder), "developerName": _holder_name(state, holder), "type": _kind(holder)}


def _kind(holder: PermissionHolder) -> str:
    return "Profile" if holder.is_owned_by_profile else "PermissionSetGroup" if holder.group_id else "PermissionSet"


def _holder_id(holder: PermissionHolder) -> str:
    return holder.profile_id or holder.group_id or holder.id


def _holder_name(state: State, holder: PermissionHolder) -> str:
    found = state.ids.name_of(holder.profile_id) if holder.profile_id else None
    return found[1] if found else holder.name


def _related(state: State, name: str) -> Iterator[dict[str, Any]]:
    for stored in state.components.of_type("NamedCredential"):
        fact = named_credential.read(parse_xml(stored.content, name=name), full_name=stored.full_name, file="")
        if fact.external_credential == name:
            yield {
                "id": stored.id,
                "developerName": stored.full_name,
                "masterLabel": fact.label,
                "url": fact.url,
            }


def write(state: State, user: User, given: Any, *, name: str | None) -> ExternalCredential:
    """POST (`name` None) and PUT, which replaces. Raises Refused."""
    principals.demand_manage(state, user)
    body = as_object(given, _MEMBERS)
    developer_name = names_of(body, name)
    before = principals.find_external_credential(state, developer_name)
    demand_existence("an external credential", developer_name, known=before is not None, creating=name is None)
    content = metadata_xml("ExternalCredential", _metadata(body))
    with state.transaction():
        write_component(state, user, "ExternalCredential", developer_name, content, code="INVALID_API_INPUT")
        fact = principals.find_external_credential(state, developer_name)
        assert fact is not None
        # Reported: a PUT that leaves principals out removes them with their secret (metadata-types 8).
        kept = {entry.name for entry in fact.principals}
        for entry in before.principals if before else ():
            if entry.name not in kept:
                state.credentials.delete(developer_name, entry.name)
    return fact


def remove(state: State, user: User, name: str) -> None:
    """DELETE. Raises Refused."""
    principals.demand_manage(state, user)
    if not state.components.exists("ExternalCredential", name):
        raise Refused("NOT_FOUND", "The requested resource does not exist")
    with state.transaction():
        delete_component(state, user, "ExternalCredential", name, code="INVALID_API_INPUT")


def _metadata(body: Body) -> dict[str, Any]:
    protocol = body.get("authenticationProtocol")
    if protocol not in _IN_METADATA:
        raise Refused("INVALID_API_INPUT", f"'{protocol}' is no authenticationProtocol{OURS}")
    own = [_parameter_row(parameter) for parameter in rows(body, "parameters")]
    variant = body.get("authenticationProtocolVariant")
    if variant and not any(row["parameterType"] == "AuthProtocolVariant" for row in own):
        row = {"parameterName": _IN_METADATA[protocol], "parameterType": "AuthProtocolVariant"}
        own.append({**row, "parameterValue": variant})
    own += [header_row("AuthHeader", header) for header in rows(body, "customHeaders")]
    for entry in rows(body, "principals"):
        own += _principal_rows(entry)
    return {
        "authenticationProtocol": _IN_METADATA[protocol],
        "description": body.get("description"),
        "externalCredentialParameters": own,
        "label": body.get("masterLabel"),
    }


def _principal_rows(entry: Body) -> list[dict[str, Any]]:
    name = entry.get("principalName")
    principal = {
        "parameterGroup": name,
        "parameterName": name,
        "parameterType": entry.get("principalType"),
        "sequenceNumber": entry.get("sequenceNumber"),
    }
    own = [{"parameterGroup": name, **_parameter_row(parameter)} for parameter in rows(entry, "parameters")]
    return [principal, *own]


_FIELDS = {
    "SigningCertificate": "certificate",
    "AuthProvider": "authProvider",
    "ExternalAuthIdentityProvider": "externalAuthIdentityProvider",
}
"""Types of parameters whose value is a reference of its own in metadata (metadata-types 2)."""


def _parameter_row(parameter: Body) -> dict[str, Any]:
    kind = parameter.get("parameterType")
    return {
        "description": parameter.get("parameterDescription"),
        "parameterName": parameter.get("parameterName"),
        "parameterType": kind,
        _FIELDS.get(str(kind), "parameterValue"): parameter.get("parameterValue"),
    }
