"""EC-002: principals whose secret was never stored"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.access import needed_parameters, principals, sources, state_of
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
    for credential, principal in principals(context):
        if credential.is_unauthenticated or principal.type == "PerUserPrincipal":
            continue  # each user's own status is told to that user alone
        callers = context.graph.named_credentials_of(credential)
        if not callers or not sources(context, credential, principal):
            continue
        state = state_of(context, credential, principal)
        if state is None:
            reason = f"principal {principal.name}: {context.why_not('principals')}"
            yield Unknown(credential, reason)
            continue
        if credential.protocol == "Custom":
            # the status of protocol Custom is always Unknown: the stored keys decide
            needed = needed_parameters(context, credential)
            told = "nothing is stored" + (f", and its headers need {', '.join(needed)}" if needed else "")
            missing = not state.parameters
        elif state.status not in ("Configured", "NotConfigured") and not state.parameters:
            yield Unknown(credential, f"principal {principal.name}: the org gives neither a status nor parameters")
            continue
        else:
            told, missing = "it is not configured", state.status == "NotConfigured"
        if missing:
            in_use = any(context.callers_of_credential(each) for each in callers)
            yield Problem(
                credential,
                f"has no secret for principal {principal.name}: {told}",
                element=f"principal {principal.name}",
                line=principal.line,
                severity=None if in_use else Severity.MEDIUM,
            )


RULE = Rule(
    id="EC-002",
    title="Principal without configured secret",
    severity=Severity.CRITICAL,
    category=Category.RELIABILITY,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.SECRETS,),
    what=(
        "A principal that is granted and stands behind a named credential has no stored credential. For protocol "
        "Custom, whose status is always Unknown, the stored parameters are counted. Medium while nothing calls yet."
    ),
    why="The first call fails: `The external credential isn't fully configured.` Metadata never shows it.",
    fix="sfsetup secret set, or Setup: Named Credentials, External Credentials, the principal, Edit.",
    example="# Connect REST: credentials of principal Key\n{}",
    exceptions=(
        "After a sandbox refresh every secret is missing. A stored secret is no proof that the vendor takes it. "
        "Per-user principals are told to each user alone and are not judged."
    ),
    sources=(
        "Salesforce Help: xcloud.nc_understand_configuration_status",
        "Connect REST: connect_responses_external_credential_principal (authenticationStatus)",
    ),
    check=check,
)
