"""NC-006: calls that carry no credential."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, ComponentRef, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.named_credentials:
        if credential.is_legacy or credential.generate_authorization_header or context.needs_no_secret(credential):
            continue
        if context.external_credential_of(credential) is None:
            wanted = credential.external_credential
            if wanted:
                missing = ComponentRef("ExternalCredential", wanted)
                yield Unknown(credential, f"the external credential {wanted} was not read", missing)
            continue
        url = parse_url(credential.url)
        if context.headers_of(credential) or (url is not None and url.query):
            continue
        # with formulas allowed, Apex sets the header itself
        if not credential.allow_merge_fields_in_header and not credential.allow_merge_fields_in_body:
            yield Problem(
                credential,
                "generates no Authorization header and none is configured",
                element="generateAuthorizationHeader",
                line=credential.line_of("generateAuthorizationHeader"),
            )


RULE = Rule(
    id="NC-006",
    title="Calls go out without authentication",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="generateAuthorizationHeader is false and neither this credential nor its external credential has a header.",
    why="Nothing puts the stored secret into the request: the vendor sees an anonymous call.",
    fix="Add the header to the external credential as a formula; set generateAuthorizationHeader for OAuth and Basic.",
    example="<generateAuthorizationHeader>false</generateAuthorizationHeader>\n<!-- no AuthHeader, no HttpHeader -->",
    exceptions="Public APIs: say so with the protocol variant NoAuthentication.",
    sources=("Inferred from xcloud.nc_create_edit_custom_auth_ext_cred",),
    check=check,
)
