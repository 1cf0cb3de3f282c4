"""PS-002: profiles that grant a principal"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.access import COMMUNITY, GUEST, org_grants, principals
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    if context.org.principal_grants is None:
        yield Unknown(None, f"grants of principals: {context.why_not('principal_grants')}")
        return
    for credential, principal in principals(context):
        for grant in org_grants(context, credential, principal):
            # visitors and customers are PS-001's
            if grant.kind == "Profile" and grant.user_type not in GUEST | COMMUNITY:
                yield Problem(
                    credential,
                    f"is granted as {principal.name} by the profile {grant.parent}",
                    element=f"profile {grant.parent} principal {principal.name}",
                    line=principal.line,
                )


RULE = Rule(
    id="PS-002",
    title="A profile grants a principal",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.ORG,),
    what="A principal is enabled in a profile instead of a permission set.",
    why="Everybody with the profile may call, new users included; and no file shows it, as profiles leave it out.",
    fix="Grant the principal in a permission set, assign that, and take it out of the profile.",
    example="# SetupEntityAccess: Parent.IsOwnedByProfile = true\n",
    exceptions="Small orgs, where all users of a profile are meant.",
    sources=("Salesforce Help: xcloud.nc_enable_ext_cred_principal", "Object Reference: SetupEntityAccess"),
    check=check,
)
