"""EC-008: header formulas that cannot mean what they say"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.graph import Header
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
    for credential in context.external_credentials:
        for header in context.headers_behind(credential):
            yield from _judge(header, credential)
    for named in context.named_credentials:
        if context.external_credential_of(named) is None:
            for header in context.headers_of(named):
                yield from _judge(header, None)


def _judge(header: Header, credential: ExternalCredential | None) -> Iterator[Verdict]:
    formula = header.formula
    told, severity = None, None
    if formula.repeats_header:
        told = f"writes the header's name into the value of {header.name} again"
    elif formula.uses_user and credential is not None and not credential.is_per_user:
        told = f"uses $User in header {header.name}, which is no use with a named principal"
    elif formula.unevaluated:
        told = f"has $Credential outside of {{!…}} in header {header.name}: it is sent as text"
    elif formula.is_formula and not formula.is_whole and formula.literal.strip():
        told = f"mixes text and a formula in header {header.name}"
        severity = Severity.INFO
    if told is not None:
        yield Problem(
            header.source,
            told,
            element=f"header {header.name}",
            line=header.line,
            severity=severity,
            confidence=Confidence.MEDIUM if severity else None,
        )


RULE = Rule(
    id="EC-008",
    title="Malformed header formula",
    severity=Severity.MEDIUM,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential", "NamedCredential"),
    what=(
        "A header value repeats the header's name, uses $User with a named principal, or has $Credential outside of "
        "{!…}. Info for text and a formula side by side, which orgs take; whether they evaluate it is open."
    ),
    why="The whole value is meant to be one formula. What stands outside is sent as it is written.",
    fix="Write {!'Bearer ' & $Credential.<Name>.<parameter>}.",
    example="<parameterName>Authorization</parameterName>\n"
    "<parameterValue>'Authorization: Bearer '&amp;{!$Credential.Acme.Key}</parameterValue>",
    sources=("Salesforce Help: xcloud.nc_create_custom_headers", "Both odd forms were seen in public files"),
    check=check,
)
