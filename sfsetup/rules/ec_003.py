"""EC-003: external credentials that nothing uses"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, ComponentRef, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    sure = context.is_complete("NamedCredential")
    if not sure and not context.named_credentials:
        if context.external_credentials:
            reason = "no named credential was read that could use an external credential"
            yield Unknown(None, reason, ComponentRef("NamedCredential", "*"))
        return
    for credential in context.external_credentials:
        if context.graph.named_credentials_of(credential):
            continue
        yield Problem(
            credential,
            "is used by no named credential" + ("" if sure else " here"),
            confidence=Confidence.HIGH if sure else None,
        )


RULE = Rule(
    id="EC-003",
    title="External credential is used by nothing",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    certainty=Certainty.SEEN,
    category=Category.HYGIENE,
    applies_to=("ExternalCredential",),
    what="No named credential authenticates with it. Names are compared with and without a package's namespace.",
    why="It keeps a secret, and grants to use it, for nobody.",
    fix="Delete it and the grants of its principals, or add the named credential that was to use it.",
    example="<!-- an ExternalCredential that no NamedCredential names -->",
    exceptions="The named credential may be in another folder or package.",
    sources=("Seen in 6 of 33 public files",),
    check=check,
)
