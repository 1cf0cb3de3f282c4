"""PS-003: callers who administer the org"""

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
    for each in context.facts.permission_sets:
        if not any(access.enabled for access in each.principals):
            continue
        for permission in each.user_permissions:
            if permission.enabled and permission.name in _POWERS:
                yield Problem(
                    each,
                    f"enables a principal and gives {permission.name}",
                    element=f"userPermission {permission.name}",
                    line=permission.line,
                )


_POWERS = frozenset(
    ("ModifyAllData", "ViewAllData", "CustomizeApplication", "AuthorApex", "ModifyMetadata", "ManageUsers")
)

RULE = Rule(
    id="PS-003",
    title="One set for callouts and for administration",
    severity=Severity.HIGH,
    category=Category.ACCESS,
    applies_to=("PermissionSet",),
    what=(
        "A permission set enables a principal and also gives ModifyAllData, ViewAllData, CustomizeApplication, "
        "AuthorApex, ModifyMetadata or ManageUsers."
    ),
    why="Whoever is to send a message becomes an administrator: assigning the set for the one gives away the other.",
    fix="Put the principal, access to User External Credentials and Run Flows into a set of their own.",
    example="<externalCredentialPrincipalAccesses>…</externalCredentialPrincipalAccesses>\n"
    "<userPermissions><enabled>true</enabled><name>ModifyAllData</name></userPermissions>",
    exceptions="Bundles for administrators.",
    sources=("Tier 0 and 1 of sfdx-hardis' list of dangerous permissions", "CWE-250"),
    certainty=Certainty.SEEN,
    check=check,
)
