"""EC-014: secrets that are stored readable"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.graph import same_name
from sfsetup.model.finding import Confidence, Severity
from sfsetup.rules.access import principals, state_of
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
from sfsetup.rules.secrets import is_secret_name


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential, principal in principals(context):
        if credential.protocol != "Custom" or principal.type == "PerUserPrincipal":
            continue
        state = state_of(context, credential, principal)
        if state is None:
            if not credential.is_unauthenticated:
                yield Unknown(credential, f"principal {principal.name}: {context.why_not('principals')}")
            continue
        authorizing = _authorizing(context, credential)
        for name, encrypted in sorted(state.encrypted.items()):
            if encrypted or not (is_secret_name(name) or name.lower() in authorizing):
                continue
            yield Problem(
                credential,
                f"holds the parameter {name} of principal {principal.name} unencrypted",
                element=f"principal {principal.name} parameter {name}",
                line=principal.line,
                confidence=None if is_secret_name(name) else Confidence.MEDIUM,
            )


def _authorizing(context: AuditContext, credential: ExternalCredential) -> set[str]:
    """Parameters that go out in a header for secrets, whatever they are called."""
    return {
        reference.parameter.lower()
        for header in context.headers_behind(credential)
        if is_secret_name(header.name)
        for reference in header.formula.references
        if reference.parameter and same_name(reference.external_credential, credential.full_name)
    }


RULE = Rule(
    id="EC-014",
    title="Parameter of a principal is stored unencrypted",
    severity=Severity.CRITICAL,
    category=Category.SECRET,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.SECRETS,),
    what="A Custom principal holds a parameter with encrypted=false whose name or header says that it is secret.",
    why="For protocol Custom the one who stores a value decides; Salesforce's own samples store an apiKey unencrypted.",
    fix="Rotate the secret and store the new one with encrypted=true: sfsetup secret set does.",
    example='{"credentials": {"apiKey": {"value": "…", "encrypted": false}}}',
    exceptions="Parameters that are no secret, such as an account id or a region, are judged by name and left alone.",
    sources=("Connect REST: connect_requests_credential_input",),
    check=check,
)
