"""EC-009: secrets typed into an external credential"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.external_credential import ExternalCredential, Parameter
from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)
from sfsetup.rules.secrets import Suspicion, is_masked, is_secret_name


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.external_credentials:
        yield from _described(context, credential)
        for parameter in credential.parameters:
            suspicion = _suspicion(context, parameter)
            kind = "header" if parameter.type == "AuthHeader" else parameter.type
            if suspicion is None:
                continue
            if suspicion.placeholder:
                # a template is no finding; a value that was covered in this copy stands in the org as it was
                if is_masked(parameter.value or ""):
                    yield Problem(
                        credential,
                        f"has a literal in {kind} {parameter.name}, covered in this file and readable in the org",
                        element=f"{kind} {parameter.name}",
                        line=parameter.line,
                        severity=Severity.LOW,
                    )
                continue
            yield Problem(
                credential,
                f"holds a literal secret in {kind} {parameter.name} ({suspicion})",
                element=f"{kind} {parameter.name}",
                line=parameter.line,
                confidence=suspicion.confidence,
            )


def _described(context: AuditContext, credential: ExternalCredential) -> Iterator[Verdict]:
    suspicion = context.secret(credential.description)
    if suspicion is not None:
        message = f"holds a secret in its description ({suspicion})"
        yield Problem(credential, message, element="description", line=credential.line_of("description"))


def _suspicion(context: AuditContext, parameter: Parameter) -> Suspicion | None:
    # made-up types such as AuthProviderClientSecret say by their own name what the value is
    name = parameter.type if is_secret_name(parameter.type) else parameter.name
    return context.secret(parameter.value, name=name) or context.secret(parameter.description)


RULE = Rule(
    id="EC-009",
    title="Secret in an external credential's file",
    severity=Severity.CRITICAL,
    category=Category.SECRET,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    what="The value of a header, parameter or claim is a literal that looks like a secret, by its name or its shape. "
    "Low where the value is covered (REDACTED) in the file: then it stands in the org.",
    why="Metadata can be read by anybody with View Setup, and by everybody with the repository.",
    fix="Rotate the secret, store it as a parameter of the principal, and write $Credential.<Name>.<parameter>.",
    example="<parameterName>x-api-key</parameterName>\n<parameterType>AuthHeader</parameterType>\n"
    "<parameterValue>…</parameterValue>",
    exceptions="Accept, Content-Type and other harmless headers, placeholders and formulas are no findings.",
    sources=("CWE-312, CWE-798", "Seen: most literal headers are harmless, one was a live-looking Authorization"),
    check=check,
)
