"""EC-001: external credentials without a principal"""

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
    for credential in context.external_credentials:
        if credential.principals or credential.is_unauthenticated:
            continue
        yield Problem(credential, "has no principal: nobody can be allowed to call with it", element="principals")


RULE = Rule(
    id="EC-001",
    title="External credential without principal",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    what="No parameter has the type NamedPrincipal, PerUserPrincipal or AwsStsPrincipal.",
    why="The secret is stored on a principal, and permission sets grant principals: without one no call succeeds.",
    fix="Add a parameter of type NamedPrincipal with a name and sequenceNumber 1, and grant it by a permission set.",
    example="<ExternalCredential>\n    <authenticationProtocol>Custom</authenticationProtocol>\n"
    "    <label>Acme</label>\n</ExternalCredential>",
    exceptions=(
        "The variant NoAuthentication needs none. A package may leave its principal to be added after the install. "
        "Templates with <principals> have none either: no version of the Metadata API knows that element."
    ),
    sources=("Salesforce Help: xcloud.nc_create_edit_custom_auth_ext_cred", "Seen in 7 of 33 public files"),
    check=check,
)
