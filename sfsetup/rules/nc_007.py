"""NC-007: one header from two places."""

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
        external = context.external_credential_of(credential)
        if external is None:
            continue
        theirs = {header.name.lower() for header in external.headers}
        for header in credential.headers:
            if header.name.lower() in theirs:
                yield Problem(
                    credential,
                    f"overrides the header {header.name} of external credential {external.full_name}",
                    element=f"header {header.name}",
                    line=header.line,
                )


RULE = Rule(
    id="NC-007",
    title="Header is set on both credentials",
    severity=Severity.MEDIUM,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="The named credential and its external credential set a header of the same name.",
    why="The named credential's header comes first and overwrites the other: the secret may never be sent.",
    fix="Keep the header in one place; a secret's header belongs on the external credential.",
    example="<parameterType>HttpHeader</parameterType>\n<parameterName>Authorization</parameterName>",
    exceptions="An intended override.",
    sources=("Salesforce Help: xcloud.nc_create_custom_headers",),
    check=check,
)
