"""ES-004: registrations that offer no operation"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for service in context.facts.registrations:
        if not service.has_operations:
            yield Unknown(
                service,
                "it lists no operations, as exports below API 50.0 do; what that means in a newer one is not known: "
                "retrieve it again with API 50.0 or later",
            )
        elif not any(operation.active for operation in service.operations):
            yield Problem(
                service, "has no active operation: nothing can be called", "operations", service.line_of("operations")
            )


RULE = Rule(
    id="ES-004",
    title="Registration offers no operation",
    severity=Severity.MEDIUM,
    category=Category.CORRECTNESS,
    applies_to=("ExternalServiceRegistration",),
    what="Every listed operation is inactive. A registration that lists none at all is reported as unknown.",
    why="Only active operations become actions.",
    fix="Activate the operations that are needed, or delete the registration.",
    example="<operations>\n    <active>false</active>\n    <name>getorders</name>\n</operations>",
    exceptions="Files retrieved below API 50 list no operations.",
    sources=("Metadata API guide: meta_externalserviceregistration (operations)", "15 of 37 public files list none"),
    certainty=Certainty.SEEN,
    check=check,
)
