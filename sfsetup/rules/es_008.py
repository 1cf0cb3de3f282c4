"""ES-008: registered schemas that are not the current ones"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.access import some
from sfsetup.rules.context import AuditContext
from sfsetup.rules.drift import schema_changes
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for service, found in schema_changes(context):
        if isinstance(found, str):
            yield Unknown(service, found)
            continue
        kinds = {change.kind.value for change in found}
        # what Salesforce refuses is ES-009's to report
        if not found or "refused" in kinds:
            continue
        breaking = [change for change in found if change.kind.value == "breaking"]
        shown = some(change.message.rstrip(".") for change in breaking or found)
        yield Problem(
            service,
            f"differs from the document of the integration in {len(found)} "
            f"{'place' if len(found) == 1 else 'places'}: {shown}",
            element="schema",
            line=service.line_of("schema"),
            severity=None if breaking else Severity.LOW,
        )


RULE = Rule(
    id="ES-008",
    title="Registered schema differs from the document",
    severity=Severity.MEDIUM,
    category=Category.DRIFT,
    applies_to=("ExternalServiceRegistration",),
    evidence=(Evidence.SPEC,),
    what=(
        "The text that the org holds and the document of the integration folder differ in registered operations or the "
        "schemas they reach. Medium if callers break, low for additions. Descriptions and examples do not count."
    ),
    why="Flows are built on the registered text; the vendor answers by the current one.",
    fix="sfsetup openapi changes OLD NEW shows each difference with the flows it concerns; deploy when they are ready.",
    example="# registered: no property `scheduled`; the document: has it\n",
    sources=("Salesforce Help: platform.external_services_appendix_update_schema",),
    check=check,
)
