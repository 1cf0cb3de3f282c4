"""EC-006: formulas that name another credential"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.formula import CredentialReference
from sfsetup.facts.graph import same_name
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
        for header in context.headers_behind(credential):
            for reference in header.formula.references:
                told = _wrong(context, credential, reference)
                if told is not None:
                    yield Problem(
                        header.source,
                        f"has a formula in header {header.name} that {told}",
                        element=f"header {header.name}",
                        line=header.line,
                    )
                    break


def _wrong(context: AuditContext, credential: ExternalCredential, reference: CredentialReference) -> str | None:
    name = reference.external_credential
    if reference.parameter is None:
        return f"says $Credential.{name} without the external credential's name in between"
    if same_name(name, credential.full_name):
        return None
    if name in {principal.name for principal in credential.principals}:
        return f"names the principal {name} instead of the external credential {credential.full_name}"
    other = context.graph.external_credential(name)
    known = "the external credential" if other else "the unknown external credential"
    return f"refers to {known} {name}, but authenticates with {credential.full_name}"


RULE = Rule(
    id="EC-006",
    title="Header formula refers to another external credential",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential", "NamedCredential"),
    what="A header's formula says $Credential.<X>.<parameter>, and X is not the external credential that is in force.",
    why="Orgs take it without a word; at run time it is an exception: Field X.parameter does not exist.",
    fix="Write $Credential.<API name of the external credential>.<parameter>.",
    example="<!-- in the external credential Acme -->\n<parameterValue>{!$Credential.Other.ApiKey}</parameterValue>",
    exceptions="Names compare without regard to case, and with or without a package's namespace.",
    sources=(
        "Salesforce Help: xcloud.nc_create_edit_custom_auth_ext_cred",
        "Seen: 'Field <EC>.<param> does not exist. Check spelling.'",
    ),
    check=check,
)
