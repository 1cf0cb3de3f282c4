"""PS-006: principals that many may use"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.access import principals, sources, users_of
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
    evidence = context.org
    most, share = context.settings.many_users, context.settings.many_users_percent
    for credential, principal in principals(context):
        found = sources(context, credential, principal)
        if not any(source.kind != "Profile" for source in found):
            continue
        users = users_of(context, found)
        if users is None:
            yield Unknown(credential, f"principal {principal.name}: {context.why_not('assignments')}")
            continue
        everybody = evidence.active_users or 0
        percent = 100 * len(users) // everybody if everybody else 0
        if len(users) > most or (len(users) >= _FEW and percent > share):
            yield Problem(
                credential,
                f"may be used as {principal.name} by {len(users)} active users"
                + (f", {percent} % of the org" if everybody else ""),
                element=f"principal {principal.name}",
                line=principal.line,
            )


_FEW = 20
"""Users. Below, a share says nothing: three of five is a small team."""

RULE = Rule(
    id="PS-006",
    title="Many users may use a principal",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.ACCESS,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.ORG,),
    what="More than many_users (50) active users hold the principal by permission sets and groups, or more than "
    "many_users_percent (50) of all active users where that is 20 and more.",
    why="Each of them can act as the integration; the more there are, the farther a stolen account reaches.",
    fix="Assign the set to those who need it, or raise many_users in the configuration.",
    example="[audit]\nmany_users = 200",
    exceptions="Integrations for all sellers, called from screen flows. Users who hold it by profile are not counted.",
    sources=("Policy of the organisation, by configuration",),
    check=check,
)
