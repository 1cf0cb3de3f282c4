"""EC-012: certificates that are missing or run out"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.named_credential import NamedCredential
from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.evidence import StoredCertificate
from sfsetup.rules.model import (
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.external_credentials:
        for parameter in credential.of_type("SigningCertificate"):
            if not parameter.certificate:
                yield Problem(
                    credential,
                    f"has a SigningCertificate parameter {parameter.name} that names no certificate",
                    element=f"SigningCertificate {parameter.name}",
                    line=parameter.line,
                    severity=Severity.MEDIUM,
                )
        for name in credential.certificates:
            yield from _judge(context, credential, name)
    for named in context.named_credentials:
        for name in named.certificates:
            yield from _judge(context, named, name)


def _judge(context: AuditContext, user: ExternalCredential | NamedCredential, name: str) -> Iterator[Verdict]:
    evidence = context.evidence
    if evidence is not None and evidence.certificates is None:
        yield Unknown(user, f"certificate {name}: {context.why_not('certificates')}")
        return
    found = _stored(context, name)
    if found is None and evidence is None:
        return  # the certificate may be in the org; its file says when it expires, if it is at hand
    told, severity = _state(context.today, found)
    if told:
        element = f"certificate {name}"
        yield Problem(user, f"uses the certificate {name}, which {told}", element=element, severity=severity)


def _stored(context: AuditContext, name: str) -> StoredCertificate | None:
    """The certificate by the org's row and by its own metadata, whichever tells the day."""
    rows = context.evidence.certificates if context.evidence else None
    files = [StoredCertificate(each.full_name, each.expires) for each in context.facts.certificates]
    found = [each for each in (*(rows or ()), *files) if each.name.lower() == name.lower()]
    return next((each for each in found if each.expires), found[0] if found else None)


def _state(today: datetime.date, stored: StoredCertificate | None) -> tuple[str, Severity | None]:
    if stored is None:
        return "the org does not have", Severity.HIGH
    if stored.expires is None:
        return "", None
    try:
        left = (datetime.date.fromisoformat(stored.expires[:10]) - today).days
    except ValueError:
        return "", None  # what is no date is said to be none, not to be past
    if left < 0:
        return f"expired on {stored.expires[:10]}", Severity.HIGH
    if left <= _SOON:
        return f"expires on {stored.expires[:10]}", Severity.MEDIUM if left <= _VERY_SOON else None
    return "", None


_SOON, _VERY_SOON = 30, 7
"""Days."""

RULE = Rule(
    id="EC-012",
    title="Certificate is missing or expires",
    severity=Severity.LOW,
    category=Category.RELIABILITY,
    applies_to=("ExternalCredential", "NamedCredential"),
    evidence=(Evidence.FILES, Evidence.ORG),
    what=(
        "A SigningCertificate parameter names no certificate; or a certificate that a credential uses has expired "
        "(high), expires within 7 (medium) or 30 days, or is not in the org (high)."
    ),
    why="On that day every call with it fails, and a new certificate has to be made known to the vendor first.",
    fix="Make a new certificate in Setup: Certificate and Key Management, give it to the vendor, then exchange it.",
    example="<parameterName>SigningCertificate</parameterName>\n<parameterType>SigningCertificate</parameterType>\n"
    "<!-- and no element certificate -->",
    sources=("Metadata API guide: meta_externalcredential", "Tooling object Certificate (ExpirationDate)"),
    check=check,
)
