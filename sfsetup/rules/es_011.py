"""ES-011: schemas beyond what External Services takes"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    from sfsetup.openapi.acceptance import check as accept
    from sfsetup.openapi.acceptance import refusals

    for service in context.facts.registrations:
        schema = context.schema_of(service)
        if schema.document is None:
            if service.schema:
                yield Unknown(service, schema.problem)
            continue
        first: dict[str, str] = {}
        count: dict[str, int] = {}
        for finding in refusals(accept(schema.document)):
            first.setdefault(finding.rule, finding.message)
            count[finding.rule] = count.get(finding.rule, 0) + 1
        for rule_id, message in sorted(first.items()):
            more = f" (and {count[rule_id] - 1} more of this kind)" if count[rule_id] > 1 else ""
            yield Problem(
                service,
                f"has a schema that breaks {rule_id}: {message.rstrip('.')}{more}",
                element=f"schema {rule_id}",
                line=service.line_of("schema"),
            )
        for collision in schema.names.collisions if schema.names else ():
            if collision.kind == "tooLong":
                yield Problem(
                    service,
                    f"has a schema with a name that is too long: {collision.message}",
                    element=f"schema {collision.name}",
                    line=service.line_of("schema"),
                )


RULE = Rule(
    id="ES-011",
    title="Schema breaks a rule of External Services",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    category=Category.CORRECTNESS,
    applies_to=("ExternalServiceRegistration",),
    what="openapi check, run on the registered text, finds what Salesforce refuses: size, names, constructs.",
    why="The registration cannot be deployed to another org, or loses the operations concerned.",
    fix="sfsetup openapi check shows each place, sfsetup openapi fit rewrites the document.",
    example='"oneOf": [{"type": "string"}, {"type": "integer"}]',
    exceptions="What an org once took it keeps; the finding then matters at the next deploy.",
    sources=("The rules of openapi check, each with its own source",),
    check=check,
)
