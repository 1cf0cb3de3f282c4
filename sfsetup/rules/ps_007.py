"""PS-007: callers without access to the stored credentials"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sfsetup.facts.external_credential import ExternalCredential, Parameter
from sfsetup.facts.grants import Level, needed_level
from sfsetup.model.finding import Severity
from sfsetup.rules.access import principals, sets_of, some, sources, users_of
from sfsetup.rules.context import AuditContext
from sfsetup.rules.evidence import ObjectGrant
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
    for credential, principal in principals(context):
        found = sources(context, credential, principal)
        if not found:
            continue
        users = users_of(context, found)
        if users is None or context.org.object_grants is None:
            part = "assignments" if users is None else "object_grants"
            yield Unknown(credential, f"principal {principal.name}: {context.why_not(part)}")
            continue
        yield from _judge(context, credential, principal, {name: row.profile for name, row in users.items()})


def _judge(
    context: AuditContext, credential: ExternalCredential, principal: Parameter, users: Mapping[str, str | None]
) -> Iterator[Verdict]:
    level = needed_level(credential, principal)
    granting = context.shared("object grants", _by_parent)
    lacking = []
    for username, profile in users.items():
        grants = [granting.get((False, name)) for name in sets_of(context, username)]
        grants.append(granting.get((True, (profile or "").lower())))
        if not _reaches([grant for grant in grants if grant is not None], level):
            lacking.append(username)
    if lacking:
        yield Problem(
            credential,
            f"needs {level.value} on User External Credentials for {principal.name}, which {len(lacking)} of "
            f"{len(users)} users lack: {some(lacking)}",
            element=f"principal {principal.name}",
            line=principal.line,
        )


def _by_parent(context: AuditContext) -> dict[tuple[bool, str], ObjectGrant]:
    return {(grant.is_profile, grant.parent.lower()): grant for grant in context.org.object_grants or ()}


def _reaches(grants: Iterable[ObjectGrant], level: Level) -> bool:
    """Rights of several sets add up."""
    every = list(grants)
    if level is Level.MODIFY_ALL:
        return any(grant.modify_all for grant in every)
    if level is Level.FULL:
        return all(any(getattr(grant, right) for grant in every) for right in ("read", "create", "edit", "delete"))
    return any(grant.read for grant in every)


RULE = Rule(
    id="PS-007",
    title="Callers lack access to User External Credentials",
    severity=Severity.HIGH,
    category=Category.ACCESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.ORG,),
    what=(
        "A user holds the principal and, by all of the user's permission sets and the profile together, not enough "
        "access to the object User External Credentials: Modify All Records for OAuth named principals, Read, Create, "
        "Edit and Delete for per-user principals, Read for the others."
    ),
    why="The secret is a row of that object: without access to it the callout fails although the principal is granted.",
    fix="Add the object permission to the permission set that enables the principal.",
    example="<objectPermissions>\n    <allowRead>false</allowRead>\n    <object>UserExternalCredential</object>\n"
    "</objectPermissions>",
    exceptions=(
        "Read for Custom and Basic is what real sets and set-up pages use; the documented table for them was not to be "
        "had. Files alone cannot tell: most standard profiles and sets have the access."
    ),
    sources=(
        "Salesforce Help: xcloud.nc_user_external_credentials",
        "Salesforce Help: xcloud.nc_user_external_credentials_permissions",
    ),
    check=check,
)
