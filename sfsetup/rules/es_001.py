"""ES-001: registrations that are not complete"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for service in context.facts.registrations:
        status = (service.status or "").strip()
        if status and status.lower() != "complete":
            yield Problem(
                service, f"has the status {status}: it cannot be used", element="status", line=service.line_of("status")
            )


RULE = Rule(
    id="ES-001",
    title="Registration is not complete",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalServiceRegistration",),
    what="status is not Complete.",
    why="An incomplete registration offers no actions; flows that name them do not run.",
    fix="Give it a schema and a named credential, in Setup or by a deploy. The platform then sets the status itself.",
    example="<status>Incomplete</status>",
    sources=("Metadata API guide: meta_externalserviceregistration", "Seen in 2 of 37 public files"),
    check=check,
)
