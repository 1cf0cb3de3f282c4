"""ES-002: schemas of a kind that is no longer supported"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for service in context.facts.registrations:
        if (service.schema_type or "").strip().lower() == "interagenthyperschema":
            yield Problem(
                service,
                "is registered from an Interagent hyper-schema",
                element="schemaType",
                line=service.line_of("schemaType"),
            )


RULE = Rule(
    id="ES-002",
    title="Schema type is no longer supported",
    severity=Severity.MEDIUM,
    category=Category.HYGIENE,
    applies_to=("ExternalServiceRegistration",),
    what="schemaType is InteragentHyperSchema.",
    why="Unsupported since API 48: the registration cannot be changed any more, and may stop working.",
    fix="Describe the service with OpenAPI and register it anew.",
    example="<schemaType>InteragentHyperSchema</schemaType>",
    sources=("Metadata API guide: meta_externalserviceregistration (schemaType)", "Seen in 1 of 37 public files"),
    check=check,
)
