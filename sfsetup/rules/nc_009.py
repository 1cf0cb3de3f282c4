"""NC-009: callouts switched off under their users."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.named_credentials:
        if credential.callout_status != "Disabled":
            continue
        callers = context.callers_of_credential(credential)
        if callers:
            yield Problem(
                credential,
                f"is disabled for callouts, and {callers[0]} uses it",
                element="calloutStatus",
                line=credential.line_of("calloutStatus"),
            )


RULE = Rule(
    id="NC-009",
    title="Disabled named credential is in use",
    severity=Severity.LOW,
    category=Category.RELIABILITY,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="calloutStatus is Disabled, and an external service or Apex uses the credential.",
    why="Every call through it fails at run time.",
    fix="Set calloutStatus to Enabled, or remove the callers.",
    example="<calloutStatus>Disabled</calloutStatus>",
    exceptions="A maintenance window. Older files have no calloutStatus: that means enabled.",
    sources=("Metadata API guide: meta_namedcredential (calloutStatus)",),
    check=check,
)
