"""NC-008: credentials that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    STRICT_ONLY,
    Category,
    NotApplicable,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    unsure = not context.has_apex and not context.is_complete("ApexClass")
    dynamic = context.apex_builds_names
    for credential in context.named_credentials:
        if context.callers_of_credential(credential):
            continue
        if unsure and context.evidence is None:
            yield NotApplicable("no Apex, which may use a named credential, is among these files")
            return
        if unsure:
            yield Unknown(credential, "nothing that was read uses it, and no Apex was read, which may")
            continue
        yield Problem(
            credential,
            "is used by no external service, flow or Apex"
            + (" here (some Apex builds names itself)" if dynamic else ""),
            confidence=Confidence.LOW if dynamic or not context.is_complete("ApexClass") else None,
        )


RULE = Rule(
    id="NC-008",
    title="Named credential is used by nothing",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.HYGIENE,
    profiles=STRICT_ONLY,
    applies_to=("NamedCredential",),
    what="No external service refers to the credential, and no Apex that was read says callout:Name.",
    why="A credential that nobody uses is still a way out of the org, with a secret behind it.",
    fix="Delete it, or suppress this finding with the name of its user.",
    example="<!-- a NamedCredential that no file names -->",
    exceptions="Managed packages, OmniStudio, DataWeave, and Apex that builds the name.",
    sources=("Inferred; text search is more dependable than MetadataComponentDependency (beta, 2,000 rows)",),
    check=check,
)
