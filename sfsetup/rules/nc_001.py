"""NC-001: legacy named credentials."""

from __future__ import annotations

import re
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
    for credential in context.named_credentials:
        if not credential.is_legacy:
            continue
        if _TOOL_MADE.match(credential.full_name):
            yield Problem(credential, "is a legacy credential that a tool made", _ELEMENT, severity=Severity.INFO)
        else:
            yield Problem(credential, "is a legacy named credential", _ELEMENT)


# Copado names its own credentials after record ids: 41 of 177 in the corpus of the reference
_ELEMENT = "namedCredentialType"
_TOOL_MADE = re.compile(r"a[0-9A-Za-z]{14,17}_\d{3}$")

RULE = Rule(
    id="NC-001",
    title="Legacy named credential",
    severity=Severity.MEDIUM,
    category=Category.HYGIENE,
    applies_to=("NamedCredential",),
    what="The credential holds endpoint and authentication itself: namedCredentialType is absent or `Legacy`.",
    why=(
        "Salesforce no longer updates or enhances legacy credentials and discourages their use. They know no "
        "principal, so no permission set decides who may call with them."
    ),
    fix="Make an external credential with a principal, a SecuredEndpoint credential on it, and grant the principal.",
    example="<NamedCredential>\n    <endpoint>https://api.acme.com</endpoint>\n"
    "    <protocol>Password</protocol>\n</NamedCredential>",
    exceptions="External data sources and older managed packages may still need the legacy form.",
    sources=(
        "Salesforce Help: xcloud.nc_parts_of_nc",
        "Metadata API guide: meta_namedcredential (fields deprecated at 56)",
    ),
    check=check,
)
