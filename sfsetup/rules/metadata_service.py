"""Registrations: their schema as a document, the operations that it gives, the credential that they call out with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.facts.graph import Graph
from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.metadata_report import MetadataReport
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.openapi.names import ServiceNames


@dataclass(frozen=True, slots=True)
class ReadService:
    """A registration with the document it holds and the names that come out of it."""

    registration: ExternalServiceRegistration
    document: OpenApiDocument
    names: ServiceNames


def check_services(report: MetadataReport, graph: Graph, *, complete: bool) -> Mapping[str, ReadService]:
    """All checks of this file; the services that could be read, by lower-case name."""
    read: dict[str, ReadService] = {}
    for registration in graph.facts.registrations:
        _credential(report, graph, registration, complete=complete)
        service = _schema(report, registration)
        if service is not None:
            _operations(report, registration, service)
            read[registration.full_name.lower()] = service
    return read


def _credential(
    report: MetadataReport, graph: Graph, registration: ExternalServiceRegistration, *, complete: bool
) -> None:
    from sfsetup.spec.reporting import did_you_mean

    name = registration.named_credential
    if name is None:
        report.add(
            "MD-030",
            registration,
            "The registration names no named credential: it cannot call out",
            "Add <namedCredentialReference>.",
            element="namedCredentialReference",
        )
    elif graph.named_credential_of(registration) is None:
        fix, _found = did_you_mean(name, [each.full_name for each in graph.facts.named_credentials], what="Here")
        report.add(
            "MD-030",
            registration,
            f"In field: namedCredential - no NamedCredential named {name} found"
            if complete
            else f"The named credential {name} is not among these files",
            fix,
            element="namedCredentialReference",
            line=registration.lines.get("namedCredentialReference") or registration.line_of("namedCredential"),
            severity=Severity.HIGH if complete else Severity.INFO,
            certainty=Certainty.INFERRED,
        )
    if complete and registration.provider_type not in (None, "Custom"):
        report.add(
            "MD-034",
            registration,
            f"The provider type is `{registration.provider_type}`: a registered document has Custom",
            "Write <registrationProviderType>Custom</registrationProviderType>.",
            element="registrationProviderType",
            line=registration.line_of("registrationProviderType"),
            severity=Severity.MEDIUM,
            certainty=Certainty.SEEN,
        )


def _schema(report: MetadataReport, registration: ExternalServiceRegistration) -> ReadService | None:
    from sfsetup.openapi.acceptance import check, refusals
    from sfsetup.openapi.document import parse
    from sfsetup.openapi.names import names

    place = registration.schema_file or registration.file
    line = 1 if registration.schema_file else registration.line_of("schema")
    if not registration.schema:
        by_url = bool(registration.schema_url or registration.schema_absolute_url)
        _unusable(
            report,
            registration,
            "schema",
            "The registration has no schema, so that it has no operation",
            "Render it again, or add <schema> with the OpenAPI document.",
            severity=Severity.MEDIUM if by_url else Severity.HIGH,
        )
        return None
    try:
        document = parse(registration.schema.encode("utf-8", "surrogatepass"), name=place)
    except InvalidInput as error:
        message = f"The schema cannot be read: {error.message}"
        _unusable(report, registration, "schema", message, "Render it again, or mend the document.", line=line)
        return None
    declared = registration.schema_type
    if declared is not None and declared.lower() not in (document.schema_type.lower(), "openapi3.0"):
        message = f"schemaType is `{declared}`, and the document is {document.schema_type}"
        fix = f"Write <schemaType>{document.schema_type}</schemaType>."
        _unusable(report, registration, "schemaType", message, fix, severity=Severity.MEDIUM)
    for finding in refusals(check(document)):
        report.add(
            "MD-033",
            registration,
            f"External Services would refuse the schema ({finding.rule}): {finding.message} ({finding.pointer})",
            finding.fix,
            element=f"schema{finding.pointer}",
            line=line,
            certainty=finding.certainty,
        )
    if registration.service_binding and not registration.binding:
        fix = "Remove it: the platform fills it in."
        _unusable(report, registration, "serviceBinding", "serviceBinding is no JSON object", fix)
    return ReadService(registration, document, names(document, registration.full_name))


def _unusable(
    report: MetadataReport,
    registration: ExternalServiceRegistration,
    element: str,
    message: str,
    fix: str,
    *,
    line: int | None = None,
    severity: Severity = Severity.HIGH,
) -> None:
    report.add(
        "MD-031",
        registration,
        message,
        fix,
        element=element,
        line=line or registration.line_of(element),
        severity=severity,
        certainty=Certainty.DOCUMENTED if severity is Severity.HIGH else Certainty.INFERRED,
    )


def _operations(report: MetadataReport, registration: ExternalServiceRegistration, service: ReadService) -> None:
    from sfsetup.spec.reporting import did_you_mean

    known = {operation.registration_name for operation in service.names.operations}
    for operation in registration.operations:
        if operation.name.lower() in known or _plain(operation.name) in map(_plain, known):
            continue
        fix, _found = did_you_mean(operation.name, sorted(known), what="Operations of the schema")
        report.add(
            "MD-032",
            registration,
            f"The operation `{operation.name}` is not in the schema",
            fix,
            element=f"operations[{operation.name}]",
            line=operation.line,
        )
    if registration.has_operations and not any(operation.active for operation in registration.operations):
        report.add(
            "MD-034",
            registration,
            "No operation is active: the service has no action",
            "Write <active>true</active> for the operations that are called.",
            element="operations",
            line=registration.line_of("operations"),
        )


def _plain(name: str) -> str:
    """A name with its escapes undone: real registrations keep `get_geolocate` too."""
    import re

    return re.sub(r"x([0-9a-f]{2})", lambda match: chr(int(match.group(1), 16)), name.lower())
