"""PS-001: visitors and customers that may call out"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.access import COMMUNITY, GUEST, org_grants, principals
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
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
            if grant.kind != "Profile":
                continue
            if grant.user_type is None:
                yield Unknown(credential, f"the user type of profile {grant.parent} could not be read")
            elif grant.user_type in GUEST or grant.user_type in COMMUNITY:
                who = "guests, who need no login," if grant.user_type in GUEST else "customers and partners"
                yield Problem(
                    credential,
                    f"lets {who} call as {principal.name}: profile {grant.parent} grants it",
                    element=f"profile {grant.parent} principal {principal.name}",
                    line=principal.line,
                )


RULE = Rule(
    id="PS-001",
    title="Guests or customers may call out",
    severity=Severity.HIGH,
    category=Category.ACCESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.ORG,),
    what="A principal is enabled in the profile of a site's guest user, or of customer or partner users.",
    why="Visitors without login can trigger authenticated callouts: with our secret, at our cost.",
    fix="Take the principal out of the profile; if a public form needs it, limit what it takes and suppress this.",
    example="# SetupEntityAccess: Parent.IsOwnedByProfile = true, Profile.UserType = Guest\n",
    exceptions="Public forms by design: suppress with the reason.",
    sources=("Salesforce Help: xcloud.nc_enable_ext_cred_principal", "Object Reference: SetupEntityAccess, Profile"),
    check=check,
)
