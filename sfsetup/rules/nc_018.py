"""NC-018: external credentials that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import ComponentRef, Confidence, Severity
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
    known = [credential.full_name for credential in context.external_credentials]
    for credential in context.named_credentials:
        wanted = credential.external_credential
        if not wanted or context.external_credential_of(credential) is not None or context.is_managed(wanted):
            continue
        meant = context.near(wanted, known)
        sure = context.is_complete("ExternalCredential")
        if not sure and meant is None:
            missing = ComponentRef("ExternalCredential", wanted)
            yield Unknown(credential, f"the external credential {wanted} is not among these files", missing)
            continue
        yield Problem(
            credential,
            f"refers to the external credential {wanted}, which "
            + ("does not exist" if sure else "is not among these files")
            + (f"; there is {meant}" if meant else ""),
            element=f"externalCredential {wanted}",
            line=credential.of_type("Authentication")[0].line,
            confidence=None if sure else Confidence.MEDIUM,
        )


RULE = Rule(
    id="NC-018",
    title="External credential is missing",
    severity=Severity.MEDIUM,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="The Authentication parameter names an external credential that does not exist in the org. In files: one that "
    "is not there while another has almost the same name; without such a neighbour the rule says unknown.",
    why="The deploy fails, or the credential has nothing to authenticate with.",
    fix="Deploy the external credential with it, or correct the name.",
    example="<externalCredential>Acme_Authentication</externalCredential>",
    exceptions="The external credential may be in another package.",
    sources=("Metadata API guide: meta_namedcredential (NamedCredentialParameter)",),
    check=check,
)
