"""Metadata as objects of the Tooling API (and some of the standard one). Columns: audit-rules 2, wire-protocols 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from sfsetup.facts import connected_app, csp_site, external_credential, named_credential, registration, remote_site
from sfsetup.localorg.org import NEWEST_API
from sfsetup.localorg.records.metadata import metadata_json
from sfsetup.localorg.records.tables import AUDIT, AUDIT_PARENTS, audit, audit_of, columns
from sfsetup.localorg.soql.schema import Row, Table
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.localorg.state import Job, State, StoredComponent

_NAMED = ("Id", "DeveloperName", "MasterLabel", "NamespacePrefix", "FullName", "ManageableState", "Metadata:complex")


def tables(state: State) -> list[Table]:
    """Tooling objects."""
    return [
        _component(state, "ExternalServiceRegistration", _registration, _REGISTRATION),
        _component(state, "ExternalCredential", _external_credential, ("AuthenticationProtocol",)),
        _parameters(state, "ExternalCredential", external_credential.read),
        _component(state, "NamedCredential", _named_credential, ("Endpoint", "PrincipalType", "CalloutStatus")),
        _parameters(state, "NamedCredential", named_credential.read),
        _component(state, "Certificate", _labelled, ("ExpirationDate:datetime",)),
        _component(
            state, "RemoteSiteSetting", _remote_site, ("SiteName", "EndpointUrl", "IsActive:boolean"), "RemoteProxy"
        ),
        _component(state, "CspTrustedSite", _csp_site, ("EndpointUrl", "IsActive:boolean")),
        _component(state, "AuthProvider", _labelled, ("FriendlyName",)),
        _component(state, "ConnectedApp", _labelled, (), "ConnectedApplication"),
        _component(state, "ApexClass", _apex, _APEX),
        _component(state, "ApexTrigger", _apex, _APEX),
        _deploy_requests(state),
        _packages(),
    ]


def standard_tables(state: State) -> list[Table]:
    """Objects of the standard API."""
    return [_apps(state)]


_REGISTRATION = ("Status", "Description", "SchemaType", "NamedCredential", "RegistrationProviderType", "Schema")
_APEX = ("Name", "Body", "ApiVersion:number", "Status")
_APEX_STATUS = "Active"


def _component(
    state: State,
    metadata_type: str,
    values: Callable[[StoredComponent], Mapping[str, Any]],
    more: tuple[str, ...],
    table: str | None = None,
) -> Table:
    def rows() -> list[Row]:
        return [
            {
                "Id": stored.id,
                "DeveloperName": stored.full_name,
                "MasterLabel": stored.full_name,
                "NamespacePrefix": stored.namespace,
                "FullName": stored.full_name,
                "ManageableState": "unmanaged",
                "Metadata": metadata_json(metadata_type, stored.content) if stored.content else None,
                **audit_of(stored),
                **values(stored),
            }
            for stored in state.components.of_type(metadata_type, with_files=metadata_type.startswith("Apex"))
        ]

    child = f"{metadata_type}Parameter"
    children = {}
    if metadata_type in ("ExternalCredential", "NamedCredential"):
        children = {f"{metadata_type}Parameters": (child, f"{metadata_type}Id")}
    return Table(
        table or metadata_type, columns(*_NAMED, *more, *AUDIT), rows, parents=AUDIT_PARENTS, children=children
    )


@lru_cache(maxsize=4096)
def _fact(read: Callable[..., Any], full_name: str, content: bytes) -> Any:
    """The facts of a component. Queries come again and again, and the content seldom changes."""
    return read(parse_xml(content, name=full_name), full_name=full_name, file="")


def _registration(stored: StoredComponent) -> dict[str, Any]:
    fact = _fact(registration.read, stored.full_name, stored.content)
    return {
        "MasterLabel": fact.label,
        "Status": fact.status,
        "Description": fact.description,
        "SchemaType": fact.schema_type,
        "NamedCredential": fact.named_credential,
        "RegistrationProviderType": fact.provider_type,
        "Schema": fact.schema,
    }


def _external_credential(stored: StoredComponent) -> dict[str, Any]:
    fact = _fact(external_credential.read, stored.full_name, stored.content)
    return {"MasterLabel": fact.label, "AuthenticationProtocol": fact.protocol}


def _named_credential(stored: StoredComponent) -> dict[str, Any]:
    fact = _fact(named_credential.read, stored.full_name, stored.content)
    # `Endpoint` is null on a SecuredEndpoint (audit-rules 2).
    return {
        "MasterLabel": fact.label,
        "Endpoint": fact.url if fact.is_legacy else None,
        "PrincipalType": fact.legacy.get("principalType"),
        "CalloutStatus": fact.callout_status,
    }


def _remote_site(stored: StoredComponent) -> dict[str, Any]:
    fact = _fact(remote_site.read, stored.full_name, stored.content)
    return {"SiteName": stored.full_name, "EndpointUrl": fact.url, "IsActive": fact.is_active}


def _csp_site(stored: StoredComponent) -> dict[str, Any]:
    fact = _fact(csp_site.read, stored.full_name, stored.content)
    return {"EndpointUrl": fact.url, "IsActive": fact.is_active}


def _labelled(stored: StoredComponent) -> dict[str, Any]:
    found = metadata_json(stored.type, stored.content) if stored.content else {}
    label = found.get("masterLabel") or found.get("label") or stored.full_name
    expires = found.get("expirationDate")
    return {
        "MasterLabel": label,
        "FriendlyName": found.get("friendlyName"),
        "ExpirationDate": _moment(expires) if isinstance(expires, str) else None,
    }


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _apex(stored: StoredComponent) -> dict[str, Any]:
    found = metadata_json(stored.type, stored.content) if stored.content else {}
    body = next(iter(stored.files.values()), b"")
    version = found.get("apiVersion")
    return {
        "Name": stored.full_name,
        "Body": body.decode("utf-8", "replace"),
        "ApiVersion": float(version) if version is not None else None,
        "Status": found.get("status", _APEX_STATUS),
    }


def parameter_id(state: State, owner_type: str, owner: str, kind: str, name: str) -> str:
    """The id of a parameter. A principal's is the entity that grants name: `<EC>-<principal>`."""
    if kind.endswith("Principal"):
        return state.ids.of("ExternalCredentialParameter", f"{owner}-{name}")
    return state.ids.of(f"{owner_type}Parameter", f"{owner}\x1f{kind}\x1f{name}")


def _parameters(state: State, owner_type: str, read: Callable[..., Any]) -> Table:
    def rows() -> list[Row]:
        return [
            _parameter(state, owner_type, stored, parameter)
            for stored in state.components.of_type(owner_type)
            for parameter in _fact(read, stored.full_name, stored.content).parameters
        ]

    names = ("Id", f"{owner_type}Id:reference", "ParameterName", "ParameterType", "ParameterValue", "Description")
    return Table(
        f"{owner_type}Parameter",
        columns(*names, "SequenceNumber:number", "ParameterGroup", "ExternalCredentialName", *AUDIT),
        rows,
        parents={owner_type: (owner_type, f"{owner_type}Id"), **AUDIT_PARENTS},
    )


def _parameter(state: State, owner_type: str, stored: StoredComponent, parameter: Any) -> Row:
    is_external = owner_type == "ExternalCredential"
    return {
        "Id": parameter_id(state, owner_type, stored.full_name, parameter.type, parameter.name),
        f"{owner_type}Id": stored.id,
        "ParameterName": parameter.name,
        "ParameterType": parameter.type,
        "ParameterValue": parameter.value,
        "Description": parameter.description,
        "SequenceNumber": parameter.sequence,
        "ParameterGroup": parameter.effective_group if is_external else None,
        "ExternalCredentialName": None if is_external else parameter.external_credential,
        **audit_of(stored),
    }


def _packages() -> Table:
    """No local org has packages; tools ask all the same."""
    return Table(
        "InstalledSubscriberPackage",
        columns("Id", "SubscriberPackageId:reference"),
        list,
        parents={"SubscriberPackage": ("SubscriberPackage", "SubscriberPackageId")},
    )


def subscriber_packages() -> Table:
    """Where InstalledSubscriberPackage leads to."""
    return Table("SubscriberPackage", columns("Id", "Name", "NamespacePrefix"), list)


def _apps(state: State) -> Table:
    """Connected apps in the menu of apps, with who may use them."""

    def rows() -> list[Row]:
        found: list[Row] = []
        for stored in state.components.of_type("ConnectedApp"):
            fact = _fact(connected_app.read, stored.full_name, stored.content)
            found.append(
                {
                    "Id": state.ids.of("AppMenuItem", stored.full_name),
                    "ApplicationId": stored.id,
                    "Name": stored.full_name,
                    "Label": fact.label,
                    "NamespacePrefix": stored.namespace,
                    "Type": "ConnectedApp",
                    "IsUsingAdminAuthorization": bool(fact.is_admin_approved),
                }
            )
        return found

    names = ("Id", "ApplicationId:reference", "Name", "Label", "NamespacePrefix", "Type")
    return Table("AppMenuItem", columns(*names, "IsUsingAdminAuthorization:boolean"), rows)


def _deploy_requests(state: State) -> Table:
    names = (
        "Id", "Status", "CheckOnly:boolean", "RollbackOnError:boolean", "TestLevel", "CompletedDate:datetime",
        "StartDate:datetime", "ErrorMessage", "StateDetail", "NumberComponentErrors:number",
        "NumberComponentsDeployed:number", "NumberComponentsTotal:number", "NumberTestErrors:number",
        "NumberTestsCompleted:number", "NumberTestsTotal:number",
    )  # fmt: skip
    return Table(
        "DeployRequest",
        columns(*names, *AUDIT),
        lambda: [_deploy_request(state, job) for job in state.jobs.of_kind("deploy")],
        parents=AUDIT_PARENTS,
        key_prefix="0Af",
    )


def _deploy_request(state: State, job: Job) -> Row:
    from sfsetup.localorg.jobs import shown_status

    status = shown_status(state, job, NEWEST_API)
    option, result = job.options.get, job.result.get
    count = partial(_count, job.result)
    return {
        "Id": job.id,
        "Status": status,
        "CheckOnly": bool(option("checkOnly", False)),
        "RollbackOnError": bool(option("rollbackOnError", True)),
        "TestLevel": option("testLevel"),
        "CompletedDate": job.completed,
        "StartDate": None if status == "Pending" else job.created,
        "ErrorMessage": result("errorMessage"),
        "StateDetail": result("stateDetail"),
        **{name[0].upper() + name[1:]: count(name) for name in _COUNTS},
        **audit(job.created, job.created_by, job.completed or job.created, job.created_by),
    }


_COUNTS = (
    "numberComponentErrors",
    "numberComponentsDeployed",
    "numberComponentsTotal",
    "numberTestErrors",
    "numberTestsCompleted",
    "numberTestsTotal",
)


def _count(result: Mapping[str, object], name: str) -> int:
    found = result.get(name)
    return found if isinstance(found, int) else 0
