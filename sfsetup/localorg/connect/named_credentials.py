"""Named credentials as Connect's named-credential-setup shows and writes them (wire-protocols 3.3). No HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sfsetup.facts import named_credential
from sfsetup.localorg.connect import principals
from sfsetup.localorg.connect.bodies import Body, as_object, demand_existence, header_row, names_of, rows
from sfsetup.localorg.records.components import delete_component, write_component
from sfsetup.localorg.records.metadata import metadata_xml
from sfsetup.localorg.records.setup import parameter_id
from sfsetup.localorg.refusal import OURS, Refused
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.facts.named_credential import NamedCredential, Parameter
    from sfsetup.localorg.state import State, User

TYPES = ("SecuredEndpoint", "PrivateEndpoint")
_OPTIONS = ("allowMergeFieldsInBody", "allowMergeFieldsInHeader", "generateAuthorizationHeader")

_MEMBERS = frozenset(
    ("developerName", "masterLabel", "type", "calloutUrl", "calloutStatus", "calloutOptions", "customHeaders",
     "externalCredentials", "networkConnection", "parameters")
)  # fmt: skip


def find(state: State, name: str) -> NamedCredential | None:
    """The facts of a named credential that Connect knows: not of the legacy kind."""
    stored = state.components.get("NamedCredential", name)
    if stored is None:
        return None
    fact = named_credential.read(parse_xml(stored.content, name=name), full_name=name, file=name)
    return None if fact.is_legacy else fact


def listed(state: State, user: User, base: str) -> list[dict[str, Any]]:
    """All of them; empty without View Setup and Configuration."""
    if not state.permissions.of_user(user.id).may("ViewSetup"):
        return []
    found = (find(state, name) for name in state.components.names("NamedCredential"))
    return [shown(state, fact, base) for fact in found if fact]


def shown(state: State, fact: NamedCredential, base: str) -> dict[str, Any]:
    """One named credential."""
    name = fact.full_name
    credentials = []
    if fact.external_credential and (found := principals.find_external_credential(state, fact.external_credential)):
        credentials.append(
            {
                "id": state.ids.of("ExternalCredential", found.full_name),
                "developerName": found.full_name,
                "masterLabel": found.label,
                "url": f"{base}/external-credentials/{found.full_name}",
            }
        )
    return {
        "id": state.ids.of("NamedCredential", name),
        "developerName": name,
        "masterLabel": fact.label,
        "type": fact.type,
        "calloutUrl": fact.url,
        "calloutStatus": fact.callout_status,
        "calloutOptions": {
            "allowMergeFieldsInBody": fact.allow_merge_fields_in_body,
            "allowMergeFieldsInHeader": fact.allow_merge_fields_in_header,
            "generateAuthorizationHeader": fact.generate_authorization_header,
        },
        "createdByNamespace": None,
        "customHeaders": [_header(state, name, header) for header in fact.headers],
        "externalCredentials": credentials,
        "networkConnection": next((p.outbound_connection for p in fact.parameters if p.outbound_connection), None),
        "parameters": [_parameter(state, name, parameter) for parameter in fact.allowed_namespaces],
        "url": f"{base}/named-credential-setup/{name}",
    }


def _header(state: State, owner: str, header: Parameter) -> dict[str, Any]:
    return {
        "id": parameter_id(state, "NamedCredential", owner, header.type, header.name),
        "headerName": header.name,
        "headerValue": header.value,
        "sequenceNumber": header.sequence,
    }


def _parameter(state: State, owner: str, parameter: Parameter) -> dict[str, Any]:
    return {
        "id": parameter_id(state, "NamedCredential", owner, parameter.type, parameter.name),
        "parameterDescription": parameter.description,
        "parameterName": parameter.name,
        "parameterType": parameter.type,
        "parameterValue": parameter.value,
    }


def write(state: State, user: User, given: Any, *, name: str | None) -> NamedCredential:
    """POST (`name` None) and PUT, which replaces. Raises Refused."""
    principals.demand_manage(state, user)
    body = as_object(given, _MEMBERS)
    developer_name = names_of(body, name)
    known = state.components.exists("NamedCredential", developer_name)
    demand_existence("a named credential", developer_name, known=known, creating=name is None)
    content = metadata_xml("NamedCredential", _metadata(body))
    with state.transaction():
        write_component(state, user, "NamedCredential", developer_name, content, code="INVALID_API_INPUT")
    fact = find(state, developer_name)
    assert fact is not None
    return fact


def remove(state: State, user: User, name: str) -> None:
    """DELETE. Raises Refused."""
    principals.demand_manage(state, user)
    if find(state, name) is None:
        raise Refused("NOT_FOUND", "The requested resource does not exist")
    with state.transaction():
        delete_component(state, user, "NamedCredential", name, code="INVALID_API_INPUT")


def _metadata(body: Body) -> dict[str, Any]:
    kind = body.get("type")
    if kind not in TYPES:
        raise Refused("INVALID_API_INPUT", f"type must be one of {', '.join(TYPES)}{OURS}")
    credentials = rows(body, "externalCredentials")
    if len(credentials) > 1:
        raise Refused("INVALID_API_INPUT", f"A named credential has one external credential{OURS}")
    own: list[dict[str, Any]] = [
        {"parameterName": "Url", "parameterType": "Url", "parameterValue": body.get("calloutUrl")}
    ]
    for credential in credentials:
        row = {"parameterName": "ExternalCredential", "parameterType": "Authentication"}
        own.append({**row, "externalCredential": credential.get("developerName")})
    own += [header_row("HttpHeader", header) for header in rows(body, "customHeaders")]
    own += [
        {
            "description": parameter.get("parameterDescription"),
            "parameterName": parameter.get("parameterName"),
            "parameterType": parameter.get("parameterType"),
            "parameterValue": parameter.get("parameterValue"),
        }
        for parameter in rows(body, "parameters")
    ]
    options = body.get("calloutOptions") or {}
    if not isinstance(options, Mapping) or not all(isinstance(options.get(name, False), bool) for name in _OPTIONS):
        raise Refused("JSON_PARSER_ERROR", f"calloutOptions is an object of Booleans{OURS}")
    return {
        **{name: options[name] for name in _OPTIONS if name in options},
        "label": body.get("masterLabel"),
        "namedCredentialParameters": own,
        "namedCredentialType": kind,
    }
