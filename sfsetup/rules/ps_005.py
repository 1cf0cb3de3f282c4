"""PS-005: grants to people who are gone"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import ComponentRef, Severity
from sfsetup.rules.access import Source, assigned, has_expired, principals, some, sources
from sfsetup.rules.context import AuditContext
from sfsetup.rules.evidence import Assignment
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    granting = {
        source.name.lower(): source.name
        for credential, principal in principals(context)
        for source in sources(context, credential, principal)
        if source.kind == "PermissionSet"
    }
    if not granting:
        return
    if context.org.assignments is None:
        yield Unknown(None, f"assignments: {context.why_not('assignments')}")
        return
    for name in sorted(granting.values()):
        held = assigned(context, [Source("PermissionSet", name)]) or []
        expired = [row for row in held if row.active and has_expired(context, row)]
        yield from _told(name, [row for row in held if not row.active], "inactive users", "inactive")
        yield from _told(name, expired, "users whose assignment has expired", "expired")


def _told(name: str, rows: list[Assignment], whom: str, element: str) -> Iterator[Verdict]:
    if rows:
        message = f"is assigned to {len(rows)} {whom}: {some(sorted(row.username for row in rows))}"
        yield Problem(ComponentRef("PermissionSet", name), message, element=f"assignments {element}")


RULE = Rule(
    id="PS-005",
    title="Assigned to inactive users, or expired",
    severity=Severity.LOW,
    category=Category.HYGIENE,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.ORG,),
    what="A permission set that enables a principal is assigned to inactive users, or the assignment has expired.",
    why="Who activates the user again gives back the right to call out, without knowing.",
    fix="Remove the assignments.",
    example="# PermissionSetAssignment: Assignee.IsActive = false\n",
    sources=("Object Reference: PermissionSetAssignment (ExpirationDate)",),
    check=check,
)
