"""PS-009: grants of principals that are not there"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.permission_set import PermissionSet, PrincipalAccess
from sfsetup.model.finding import Certainty, ComponentRef, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for each in context.facts.permission_sets:
        for access in each.principals:
            verdict = _judge(context, each, access)
            if verdict is not None:
                yield verdict


def _judge(context: AuditContext, each: PermissionSet, access: PrincipalAccess) -> Verdict | None:
    name, principal = access.external_credential, access.principal
    credential = context.graph.external_credential(name)
    confidence = None
    if " - " in access.value and name != name.strip():
        told = "spaces around the hyphen name no principal"
    elif not principal:
        told = "it names no principal, which stands behind a hyphen"
    elif credential is not None:
        names = [known.name for known in credential.principals]
        if principal in names:
            return None
        told = f"{credential.full_name} has no principal {principal}" + (
            f"; it has {', '.join(names)}" if names else ""
        )
    elif context.is_managed(name):
        return None
    else:
        meant = context.near(name, [known.full_name for known in context.external_credentials])
        if not context.is_complete("ExternalCredential"):
            if meant is None:
                missing = ComponentRef("ExternalCredential", name)
                return Unknown(each, f"the external credential {name} is not among these files", missing)
            confidence = Confidence.MEDIUM
        told = f"there is no external credential {name}" + (f"; there is {meant}" if meant else "")
    return Problem(
        each,
        f"enables {access.value}, but {told}",
        element=f"principal {access.value}",
        line=access.line,
        confidence=confidence,
    )


RULE = Rule(
    id="PS-009",
    title="Grant of a principal that does not exist",
    severity=Severity.MEDIUM,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("PermissionSet",),
    what=(
        "externalCredentialPrincipal is `<external credential>-<principal>`, split at the first hyphen; one of the two "
        "is not there, or the value is written in a form that no org takes."
    ),
    why="The deploy fails (`The … parameter value doesn't exist`), or a grant was left behind.",
    fix="Write <external credential>-<principal> without spaces around the hyphen, with the names as they are.",
    example="<externalCredentialPrincipal>Acme - Key</externalCredentialPrincipal>",
    exceptions="Principal names may hold hyphens and spaces. In files, a credential that is not at hand is unknown.",
    sources=("Metadata API guide: meta_permissionset", "Seen: the value has one hyphen in 43 of 43 public files"),
    certainty=Certainty.SEEN,
    check=check,
)
