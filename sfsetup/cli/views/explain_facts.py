"""What a change request says, as plain data: `result` of `explain --json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sfsetup.model.finding import Finding
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.names import OperationNames, ServiceNames
    from sfsetup.spec.model import IntegrationSpec
    from sfsetup.spec.service import DescribedService

_SHOWN_FIELDS = 40


def facts_of(spec: IntegrationSpec, document: OpenApiDocument, findings: Sequence[Finding]) -> dict[str, Any]:
    """Everything that the change request says. The spec must be usable."""
    from sfsetup.render.components import render
    from sfsetup.spec.service import described_service

    service = described_service(spec, document)
    components = render(spec, document)
    labels = _labels(spec)
    return {
        "integration": spec.name,
        "title": spec.service.label,
        "environment": spec.environment,
        "document": {
            "file": str(spec.openapi_path),
            "title": spec.source.summary.title if spec.source and spec.source.summary else "",
            "version": document.version,
        },
        "endpoint": _endpoint(spec, document),
        "components": [
            {"type": one.type, "fullName": one.full_name, "label": labels.get(one.type, ""), "stage": one.stage}
            for one in components
        ],
        "operations": [_operation(service, label, spec) for label in spec.operations],
        "leftOut": [change.what for change in service.fitted.dropped],
        "authentication": _authentication(spec),
        "access": _access(spec),
        "flow": _flow(spec),
        "environments": [_environment(spec, name) for name in spec.environments],
        "assign": list(spec.assign),
        "manual": _manual(spec),
        "verify": {"inputs": dict(spec.verify.inputs), "expect": dict(spec.verify.expect)},
        "findings": [finding.as_json() for finding in findings],
        "apiVersion": spec.effective_api_version,
    }


def _labels(spec: IntegrationSpec) -> dict[str, str]:
    labels = {
        "ExternalCredential": spec.external_credential.label,
        "NamedCredential": spec.named_credential.label,
        "ExternalServiceRegistration": spec.service.label,
        "PermissionSet": spec.permission_set.label,
    }
    return labels | ({"Flow": spec.flow.label} if spec.flow else {})


def _endpoint(spec: IntegrationSpec, document: OpenApiDocument) -> dict[str, Any]:
    parts = urlsplit(spec.named_credential.url)
    return {
        "url": spec.named_credential.url,
        "host": parts.hostname or "",
        "port": parts.port or 443,
        "basePath": document.base_path,
    }


def _operation(service: DescribedService, label: str, spec: IntegrationSpec) -> dict[str, Any]:
    names = service.operation(label)
    raw = service.given.operation(label)
    summary = str(raw.raw.get("summary") or raw.raw.get("description") or "") if raw is not None else ""
    if names is None:
        return {"operation": label, "method": "", "path": "", "summary": summary, "sends": [], "receives": []}
    return {
        "operation": label,
        "method": names.method.upper(),
        "path": names.path,
        "summary": " ".join(summary.split())[:200],
        "action": names.action_name,
        "calledBy": spec.flow.name if spec.flow and spec.flow.operation == label else None,
        "sends": _sent(service.names, names),
        "receives": _received(service.names, names),
    }


def _sent(service: ServiceNames, operation: OperationNames) -> list[str]:
    """Names of everything that leaves the org with a call."""
    found: list[str] = []
    for item in operation.inputs:
        if item.location == "body":
            found += _fields(service, item.apex_class, "") or [item.name]
        else:
            found.append(item.wire_name or item.name)
    return found[:_SHOWN_FIELDS]


def _received(service: ServiceNames, operation: OperationNames) -> list[str]:
    result = operation.result
    return _fields(service, result.apex_class, "")[:_SHOWN_FIELDS] if result is not None else []


def _fields(service: ServiceNames, apex_class: str | None, prefix: str, above: tuple[str, ...] = ()) -> list[str]:
    one = service.class_named(apex_class)
    if one is None or apex_class in above or len(above) > 4:
        return []
    found: list[str] = []
    for prop in one.properties:
        inner = _fields(service, prop.apex_class, f"{prefix}{prop.name}.", (*above, str(apex_class)))
        found += inner or [f"{prefix}{prop.name}"]
    return found


def _authentication(spec: IntegrationSpec) -> dict[str, Any]:
    from sfsetup.protocols.registry import protocol_of

    credential = spec.external_credential
    protocol = protocol_of(credential)
    return {
        "protocol": protocol.title,
        "headers": [{"name": header.name, "value": header.template} for header in credential.headers],
        "settings": {name: value for name, value in credential.settings.items() if isinstance(value, str)},
        "principals": [
            {
                "name": principal.name,
                "identity": "each user" if principal.per_user else "one for all users",
                "parameters": [
                    {
                        "name": name,
                        "stored": "encrypted" if parameter.secret is not None else "in clear text",
                        # where it comes from, never what it is
                        "source": parameter.secret.kind if parameter.secret is not None else "the spec",
                    }
                    for name, parameter in principal.parameters.items()
                ],
            }
            for principal in credential.principals
        ],
    }


def _access(spec: IntegrationSpec) -> list[str]:
    from sfsetup.protocols.registry import protocol_of

    access = protocol_of(spec.external_credential).access(spec.external_credential)
    words = [
        word
        for word, given in (
            ("Read", access.read),
            ("Create", access.create),
            ("Edit", access.edit),
            ("Delete", access.delete),
            ("View All", access.view_all),
            ("Modify All", access.modify_all),
        )
        if given
    ]
    found = [
        f"Principal access: {principal.name} of {spec.external_credential.label}"
        for principal in spec.external_credential.principals
    ]
    found.append(f"Object User External Credentials: {', '.join(words)}")
    if spec.permission_set.run_flows:
        found.append("System permission: Run Flows")
    if spec.flow is not None and spec.flow.restrict:
        found.append(f"Flow access: {spec.flow.name}")
    return found


def _flow(spec: IntegrationSpec) -> dict[str, Any] | None:
    if spec.flow is None:
        return None
    return {
        "name": spec.flow.name,
        "label": spec.flow.label,
        "operation": spec.flow.operation,
        "activate": spec.flow.activate,
        "restricted": spec.flow.restrict,
        "manage": spec.flow.manage,
    }


def _environment(spec: IntegrationSpec, name: str) -> dict[str, Any]:
    from sfsetup.spec.environments import for_environment

    one = for_environment(spec, name)
    match = spec.environments[name].match
    return {
        "name": name,
        "org": match.my_domain or match.org_id or "",
        "url": one.named_credential.url,
        "flow": ("active" if one.flow.activate else "draft") if one.flow else "none",
        "assign": list(one.assign),
    }


def _manual(spec: IntegrationSpec) -> list[str]:
    """What a person must do, besides running the deploy."""
    from sfsetup.protocols.registry import protocol_of

    found = []
    if person := protocol_of(spec.external_credential).needs_person:
        found.append(person)
    kinds = sorted(
        {
            parameter.secret.kind
            for principal in spec.external_credential.principals
            for parameter in principal.parameters.values()
            if parameter.secret is not None
        }
    )
    if kinds:
        found.append(f"The secret has to be at hand where the deploy runs (source: {', '.join(kinds)}).")
    if not spec.assign and not any(part.overrides.get("assign") for part in spec.environments.values()):
        found.append(f"Assign the permission set {spec.permission_set.label} to those who use the flow.")
    if spec.flow is not None and spec.flow.activate:
        found.append(
            "In production the flow arrives active only where the org allows flows to be deployed as active "
            "(Setup, Process Automation Settings)."
        )
    return found
