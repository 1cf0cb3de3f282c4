"""NC-003: merge fields in request bodies."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    uses = context.apex_merges_credentials
    for credential in context.named_credentials:
        if not credential.allow_merge_fields_in_body:
            continue
        needless = context.has_apex and not uses
        told = "takes formulas in the request body" + (", and no Apex here uses $Credential" if needless else "")
        yield Problem(
            credential,
            told,
            element="allowMergeFieldsInBody",
            line=credential.line_of("allowMergeFieldsInBody"),
            severity=Severity.INFO if needless else None,
        )


RULE = Rule(
    id="NC-003",
    title="Secrets may be merged into request bodies",
    severity=Severity.MEDIUM,
    category=Category.SECRET,
    applies_to=("NamedCredential",),
    what="allowMergeFieldsInBody is true. Info where the Apex that was read never uses $Credential: switch it off.",
    why=(
        "Apex can then put {!$Credential.Password} or a token into the body: the secret becomes readable for the "
        "endpoint and for every service that echoes or logs what it receives. The default is false."
    ),
    fix="Set allowMergeFieldsInBody to false, unless Apex needs $Credential in a body.",
    example="<allowMergeFieldsInBody>true</allowMergeFieldsInBody>",
    exceptions="APIs that want the credential in the body and nowhere else.",
    sources=("Apex guide: apex_callouts_named_credentials_merge_fields",),
    check=check,
)
