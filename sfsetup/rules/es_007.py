"""ES-007: registrations without a way out"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.model.finding import ComponentRef, Confidence, Severity
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
    known = [credential.full_name for credential in context.named_credentials]
    for service in context.facts.registrations:
        wanted = service.named_credential
        if not wanted:
            if (service.provider_type or "Custom") in _NEED_ONE:
                yield Problem(service, "names no named credential", element="namedCredentialReference")
        elif context.graph.named_credential_of(service) is None and not context.is_managed(wanted):
            yield _missing(context, service, wanted, known)


def _missing(context: AuditContext, service: ExternalServiceRegistration, wanted: str, known: Iterable[str]) -> Verdict:
    meant = context.near(wanted, known)
    sure = context.is_complete("NamedCredential")
    if not sure and meant is None:
        missing = ComponentRef("NamedCredential", wanted)
        return Unknown(service, f"the named credential {wanted} is not among these files", missing)
    element = "namedCredentialReference" if "namedCredentialReference" in service.lines else "namedCredential"
    return Problem(
        service,
        f"refers to the named credential {wanted}, which {'does not exist' if sure else 'is not among these files'}"
        + (f"; there is {meant}" if meant else ""),
        element=f"namedCredential {wanted}",
        line=service.line_of(element),
        confidence=None if sure else Confidence.MEDIUM,
    )


_NEED_ONE = ("Custom", "SchemaInferred")
"""Providers whose services are called by URL; the others (ApexRest, NamedQuery, MuleSoft …) bring their own way."""

RULE = Rule(
    id="ES-007",
    title="Named credential of a registration is missing",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalServiceRegistration",),
    what=(
        "Neither namedCredentialReference nor namedCredential is set, or the credential does not exist in the org. In "
        "files: it is not there while another has almost the same name; without such a neighbour the rule says unknown."
    ),
    why="The service has no URL and no login: the registration is refused, or every call fails.",
    fix="Deploy the named credential with the registration, or correct the name.",
    example="<namedCredentialReference>Acme_Ordres</namedCredentialReference>",
    exceptions="A legacy named credential is allowed here; that is NC-001.",
    sources=("Metadata API guide: meta_externalserviceregistration (namedCredentialReference, 57.0)",),
    check=check,
)
