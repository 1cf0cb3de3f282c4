"""EC-005: custom credentials that send nothing"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.named_credential import NamedCredential
from sfsetup.model.finding import ComponentRef, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.external_credentials:
        if credential.protocol != "Custom" or credential.headers or credential.is_unauthenticated:
            continue
        named = context.graph.named_credentials_of(credential)
        if not named:
            if not context.is_complete("NamedCredential"):
                reason = "the named credential, which may hold the header, is not among these files"
                yield Unknown(credential, reason, ComponentRef("NamedCredential", "*"))
            continue
        if not any(_may_send(context, each) for each in named):
            names = ", ".join(each.full_name for each in named)
            yield Problem(
                credential, f"has no header, and neither has {names}: nothing carries its secret", element="headers"
            )


def _may_send(context: AuditContext, named: NamedCredential) -> bool:
    """A header of its own, or Apex that sets one: possible where formulas are on, unless all Apex was read."""
    if named.headers:
        return True
    formulas = named.allow_merge_fields_in_header or named.allow_merge_fields_in_body
    return formulas and (context.apex_merges_credentials or not context.is_complete("ApexClass"))


RULE = Rule(
    id="EC-005",
    title="Custom credential without header",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    what=(
        "Protocol Custom without AuthHeader, and the named credentials on it have no header and allow no formulas by "
        "which Apex could send one."
    ),
    why="Parameters of a Custom principal are sent by formulas only: the stored secret never leaves the org.",
    fix="Add an AuthHeader such as Authorization with {!'Bearer ' & $Credential.<Name>.<parameter>}.",
    example="<authenticationProtocol>Custom</authenticationProtocol>\n<!-- and no parameter of type AuthHeader -->",
    exceptions="Apex that puts $Credential into a query or body; the variant NoAuthentication.",
    sources=("Salesforce Help: xcloud.nc_create_edit_custom_auth_ext_cred", "Seen in 12 of 19 public files"),
    check=check,
)
