"""NC-005: two sources for one Authorization header."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.named_credentials:
        if credential.is_legacy or not credential.generate_authorization_header:
            continue
        external = context.external_credential_of(credential)
        if external is None or external.protocol not in ("Custom", "Basic"):
            continue
        if any(header.name.lower() == "authorization" for header in context.headers_of(credential)):
            yield Problem(
                credential,
                f"generates an Authorization header beside the one that is configured ({external.protocol})",
                element="generateAuthorizationHeader",
                line=credential.line_of("generateAuthorizationHeader"),
            )


RULE = Rule(
    id="NC-005",
    title="Two sources for the Authorization header",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.DOCUMENTED,
    category=Category.CORRECTNESS,
    applies_to=("NamedCredential",),
    what="generateAuthorizationHeader is true and an Authorization header is configured, for protocol Custom or Basic.",
    why=(
        "Salesforce says to deselect the flag when authorization is supplied otherwise. Which header wins has been "
        "recorded by nobody; real orgs run both ways."
    ),
    fix="Set generateAuthorizationHeader to false.",
    example="<generateAuthorizationHeader>true</generateAuthorizationHeader>\n"
    "<!-- and an AuthHeader named Authorization -->",
    exceptions="If the integration works, the platform may ignore the flag for protocol Custom.",
    sources=(
        "Apex guide: apex_callouts_named_credentials_custom_headers_bodies",
        "Salesforce Help: platform.flow_http_callout_guidelines_authenticating",
    ),
    check=check,
)
