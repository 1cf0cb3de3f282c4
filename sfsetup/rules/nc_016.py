"""NC-016: secrets typed into a named credential."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.named_credential import SECRET_ELEMENTS
from sfsetup.model.finding import Confidence, Severity
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
        for element, value in credential.typed_secrets:
            suspicion = context.secret(value, name="password")
            if suspicion is None:
                continue
            yield Problem(
                credential,
                f"holds {element} in clear text ({suspicion})",
                element=element,
                line=credential.line_of(element),
                severity=Severity.INFO if suspicion.placeholder else None,
                confidence=Confidence.HIGH,
            )
        texts = {**credential.legacy, "description": credential.description or ""}
        for element, value in texts.items():
            # what stands in a URL is NC-015's
            kind = None if element in SECRET_ELEMENTS or element == "endpoint" else context.secret(value)
            if kind is not None:
                yield Problem(
                    credential,
                    f"holds a secret in {element} ({kind})",
                    element=element,
                    line=credential.line_of(element),
                )
        for header in credential.headers:
            suspicion = context.secret(header.value, name=header.name)
            if suspicion is not None:
                yield Problem(
                    credential,
                    f"holds a literal in header {header.name} ({suspicion})",
                    element=f"header {header.name}",
                    line=header.line,
                    severity=Severity.INFO if suspicion.placeholder else None,
                    confidence=suspicion.confidence,
                )


RULE = Rule(
    id="NC-016",
    title="Secret in a named credential's file",
    severity=Severity.CRITICAL,
    category=Category.SECRET,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="password, awsAccessSecret, oauthToken or oauthRefreshToken has a value, a header holds a literal secret, "
    "or any other element holds what looks like a token.",
    why="Salesforce never exports these values: somebody typed one, and it now lies in every copy of the repository.",
    fix="Rotate the secret, store the new one as a parameter of a principal, and delete the element.",
    example="<password>…</password>",
    exceptions="Placeholders such as changeme are reported as info.",
    sources=("CWE-312, CWE-798", "Metadata API guide: meta_namedcredential (write-only fields)"),
    check=check,
)
