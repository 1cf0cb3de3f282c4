"""ES-003: documents of version 2.0 beside a newer one"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.graph import same_name
from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for ours in context.desired.registrations if context.desired else ():
        newer = context.schema_of(ours).document
        if newer is None or newer.is_v2:
            continue
        for service in context.facts.registrations:
            document = context.document_of(service) if same_name(service.full_name, ours.full_name) else None
            if document is not None and document.is_v2:
                yield Problem(
                    service,
                    f"is registered from OpenAPI {document.version}; the document at hand is {newer.version}",
                    element="schemaType",
                    line=service.line_of("schemaType"),
                )


RULE = Rule(
    id="ES-003",
    title="Registered from OpenAPI 2.0 although a 3.x document exists",
    severity=Severity.INFO,
    category=Category.DRIFT,
    applies_to=("ExternalServiceRegistration",),
    evidence=(Evidence.SPEC,),
    what="The org has the service from an OpenAPI 2.0 text, and the integration folder holds a 3.x document.",
    why="2.0 is still supported; the newer document usually says more about types and errors.",
    fix="Deploy the newer document when a change is due. Generated class names differ between the two.",
    example="<schemaType>OpenApi</schemaType>\n<!-- and openapi: 3.0.3 in the integration folder -->",
    exceptions="Vendors that publish 2.0 alone.",
    sources=("Metadata API guide: meta_externalserviceregistration (schemaType)",),
    check=check,
)
