"""NC-004: header formulas that are not evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    uses = context.apex_merges_credentials
    for credential in context.named_credentials:
        with_formula = [header for header in context.headers_of(credential) if header.formula.is_formula]
        if with_formula and not credential.allow_merge_fields_in_header:
            names = ", ".join(sorted({header.name for header in with_formula}))
            yield Problem(
                credential,
                f"sends the formula of {names} as literal text: formulas in headers are not allowed",
                element="allowMergeFieldsInHeader",
                line=credential.line_of("allowMergeFieldsInHeader"),
            )
        elif credential.allow_merge_fields_in_header and not with_formula and context.has_apex and not uses:
            yield Problem(
                credential,
                "allows formulas in headers, and neither a header nor the Apex here has one",
                element="allowMergeFieldsInHeader",
                line=credential.line_of("allowMergeFieldsInHeader"),
                severity=Severity.INFO,
                fix="Set allowMergeFieldsInHeader to false.",
            )


RULE = Rule(
    id="NC-004",
    title="Header formula is not evaluated",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    certainty=Certainty.SEEN,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="A header of the credential or of its external credential holds {!…}, and allowMergeFieldsInHeader is false.",
    why="The text of the formula goes out instead of the secret; the vendor answers 401. Seen in real orgs.",
    fix="Set allowMergeFieldsInHeader to true (Setup: Allow Formulas in HTTP Header).",
    example="<allowMergeFieldsInHeader>false</allowMergeFieldsInHeader>\n<!-- and on the external credential -->\n"
    "<parameterType>AuthHeader</parameterType>\n<parameterValue>{!$Credential.Acme.ApiKey}</parameterValue>",
    sources=("Salesforce Help: platform.flow_http_callout_guidelines_authenticating", "Seen: 401 'invalid x-api-key'"),
    check=check,
)
