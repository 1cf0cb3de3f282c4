"""NC-018: external credentials that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    STRICT_ONLY,
    Category,
    Evidence,
    NotApplicable,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    sure = context.is_complete("ExternalCredential")
    for credential in context.named_credentials:
        wanted = credential.external_credential
        if not wanted or context.external_credential_of(credential) is not None or context.is_managed(wanted):
            continue
        yield Problem(
            credential,
            f"refers to the external credential {wanted}, which "
            + ("does not exist" if sure else "is not among these files"),
            element=f"externalCredential {wanted}",
            confidence=None if sure else Confidence.LOW,
        )


RULE = Rule(
    id="NC-018",
    title="External credential is missing",
    severity=Severity.MEDIUM,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="The Authentication parameter names an external credential that was not found.",
    why="The deploy fails, or the credential has nothing to authenticate with.",
    fix="Deploy the external credential with it, or correct the name.",
    example="<externalCredential>Acme_Authentication</externalCredential>",
    exceptions="The external credential may be in another package.",
    sources=("Metadata API guide: meta_namedcredential (NamedCredentialParameter)",),
    check=check,
)
