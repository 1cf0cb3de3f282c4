"""ES-013: registrations that nobody described"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for service in context.facts.registrations:
        if not (service.description or "").strip():
            yield Problem(service, "has no description", element="description")


RULE = Rule(
    id="ES-013",
    title="Registration has no description",
    severity=Severity.INFO,
    category=Category.DOCUMENTATION,
    applies_to=("ExternalServiceRegistration",),
    what="description is missing or empty.",
    why="Who owns the service, and what data goes there, stands nowhere else.",
    fix="Write what the service does, who owns it and where its document comes from.",
    example="<!-- no element description -->",
    sources=("Seen: 30 of 37 public files have none",),
    certainty=Certainty.SEEN,
    check=check,
)
