"""PS-008: more access to the stored credentials than needed"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.grants import Level, needed_level
from sfsetup.facts.permission_set import USER_EXTERNAL_CREDENTIAL, PermissionSet
from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    oauth = [
        credential
        for credential in context.external_credentials
        if any(needed_level(credential, principal) is Level.MODIFY_ALL for principal in credential.principals)
    ]
    if oauth or not context.external_credentials:
        return
    for each in context.facts.permission_sets:
        access = each.object_access(USER_EXTERNAL_CREDENTIAL)
        if access is not None and access.modify_all and _all_known(context, each):
            yield Problem(
                each,
                "gives Modify All Records on User External Credentials, which no credential here needs",
                element=f"objectPermission {USER_EXTERNAL_CREDENTIAL}",
                line=access.line,
            )


def _all_known(context: AuditContext, each: PermissionSet) -> bool:
    """True if it is known what the set is for: everything was read, or its principals are all at hand."""
    if context.is_complete("ExternalCredential"):
        return True
    named = [context.graph.external_credential(access.external_credential) for access in each.principals]
    return bool(named) and None not in named


RULE = Rule(
    id="PS-008",
    title="More access to User External Credentials than needed",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.ACCESS,
    applies_to=("PermissionSet",),
    what="Modify All Records on User External Credentials, although no external credential uses OAuth with a named "
    "principal, the only kind that asks for it.",
    why="Users could read or replace the token records of others.",
    fix="Leave Read (named principals), or Read, Create, Edit and Delete (per-user principals).",
    example="<objectPermissions>\n    <modifyAllRecords>true</modifyAllRecords>\n"
    "    <object>UserExternalCredential</object>\n</objectPermissions>",
    exceptions="OAuth that is yet to come.",
    sources=("Salesforce Help: xcloud.nc_user_external_credentials_permissions",),
    check=check,
)
