"""PS-004: principals that nobody may use"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, ComponentRef, Confidence, Severity
from sfsetup.rules.access import principals, some, sources, users_of
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
    evidence = context.evidence
    for credential, principal in principals(context):
        found = sources(context, credential, principal)
        element = f"principal {principal.name}"
        if not found:
            if evidence is not None and evidence.principal_grants is None:
                yield Unknown(credential, f"{element}: {context.why_not('principal_grants')}")
            elif evidence is None and not context.facts.permission_sets:
                reason = f"{element}: no permission set was read that could grant it"
                yield Unknown(credential, reason, ComponentRef("PermissionSet", "*"))
            else:
                yield Problem(
                    credential,
                    f"is granted to nobody as {principal.name}",
                    element=element,
                    line=principal.line,
                    confidence=None if evidence else Confidence.LOW,
                )
            continue
        if evidence is None or any(source.kind == "Profile" for source in found):
            continue
        users = users_of(context, found)
        if users is None:
            yield Unknown(credential, f"{element}: {context.why_not('assignments')}")
        elif not users:
            names = some(sorted({source.name for source in found}))
            yield Problem(
                credential,
                f"is granted as {principal.name} by {names}, which no active user has",
                element=element,
                line=principal.line,
            )


RULE = Rule(
    id="PS-004",
    title="Principal is granted to nobody",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.FILES, Evidence.ORG),
    what="No permission set and no profile enables the principal; in an org also: no active user has such a set.",
    why="The integration cannot run for anybody, or a secret is kept that nobody needs.",
    fix="Enable the principal in a permission set and assign it; or delete the principal.",
    example="<parameterName>Key</parameterName>\n<parameterType>NamedPrincipal</parameterType>\n"
    "<!-- and no externalCredentialPrincipalAccesses with Acme-Key -->",
    exceptions=(
        "Files never show a grant by profile (confidence low). The older element principal inside the external "
        "credential counts as a grant, and names compare with and without a namespace."
    ),
    sources=("Seen: 5 of 26 principals in public files", "Object Reference: SetupEntityAccess"),
    certainty=Certainty.SEEN,
    check=check,
)
