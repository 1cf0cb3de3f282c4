"""External credentials: protocol, parameters, principals, formulas.

Sources: reference 'metadata types', section 2.
"""

from __future__ import annotations

import re
from collections import Counter

from sfsetup.facts import formula
from sfsetup.facts.external_credential import DEFAULT_GROUP, PRINCIPAL_TYPES, ExternalCredential, Parameter
from sfsetup.facts.graph import Graph, same_name
from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.metadata_endpoints import check_named, literal_secret
from sfsetup.rules.metadata_report import MetadataReport

USABLE_PROTOCOLS = ("Custom", "Oauth", "Basic", "AwsSv4", "Jwt", "NoAuthentication")
_LISTS = "externalCredentialParameters"

_NEEDED = {
    "AuthHeader": ("value", "parameterValue"),
    "AuthProtocolVariant": ("value", "parameterValue"),
    "AuthProviderUrl": ("value", "parameterValue"),
    "AuthParameter": ("value", "parameterValue"),
    "JwtBodyClaim": ("value", "parameterValue"),
    "JwtHeaderClaim": ("value", "parameterValue"),
    "SigningCertificate": ("certificate", "certificate"),
    "AuthProvider": ("auth_provider", "authProvider"),
    "ExternalAuthIdentityProvider": ("identity_provider", "externalAuthIdentityProvider"),
    "NamedPrincipal": ("sequence", "sequenceNumber"),
}
"""parameterType -> the field it cannot do without. AuthHeader was seen refused; the others follow its pattern."""

_FOREIGN = {
    "Custom": ("AuthParameter", "AuthProvider", "AuthProviderUrl", "JwtBodyClaim", "JwtHeaderClaim"),
    "Basic": ("AuthProvider", "AuthProviderUrl", "JwtBodyClaim", "JwtHeaderClaim"),
}


def check_credentials(report: MetadataReport, graph: Graph, *, complete: bool) -> None:
    """All checks of this file."""
    for external in graph.facts.external_credentials:
        _protocol(report, external)
        _principals(report, external)
        for header in external.headers:
            _formula(report, external, header)
            literal_secret(report, external, header, _LISTS)
    for named in graph.facts.named_credentials:
        check_named(report, graph, named, complete=complete)


def element_of(parameter: Parameter) -> str:
    """`externalCredentialParameters[NamedPrincipal My Principal]`, as comparisons write it."""
    return f"{_LISTS}[{parameter.type} {parameter.name}]"


def _protocol(report: MetadataReport, external: ExternalCredential) -> None:
    protocol = external.protocol
    if protocol and protocol not in USABLE_PROTOCOLS:
        report.add(
            "MD-010",
            external,
            f'External Credentials don\'t support the "{protocol}" authentication protocol.',
            "Write Custom, Basic, Oauth or AwsSv4.",
            element="authenticationProtocol",
            line=external.line_of("authenticationProtocol"),
            certainty=Certainty.SEEN,
        )
    types = {parameter.type for parameter in external.parameters}
    foreign = sorted(types & set(_FOREIGN.get(protocol, ())))
    if foreign:
        first = external.of_type(*foreign)[0]
        report.add(
            "MD-010",
            external,
            f'The authentication protocol "{protocol}" doesn\'t support the following external credential parameter '
            f"type(s): {', '.join(foreign)}.",
            "Remove the parameter, or write the protocol that it belongs to.",
            element=element_of(first),
            line=first.line,
            certainty=Certainty.SEEN if foreign == ["AuthParameter"] else Certainty.INFERRED,
        )
    needed = _missing_types(external, types)
    if needed:
        report.add(
            "MD-010",
            external,
            f'The authentication protocol "{protocol}" requires the following external credential parameter types: '
            f"{', '.join(needed)}.",
            "Add them, or render the credential again.",
            element="authenticationProtocol",
            line=external.line_of("authenticationProtocol"),
            certainty=Certainty.INFERRED,
        )
    _needed_fields(report, external)


def _needed_fields(report: MetadataReport, external: ExternalCredential) -> None:
    for parameter in external.parameters:
        attribute, element = _NEEDED.get(parameter.type, ("", ""))
        if attribute and getattr(parameter, attribute) in (None, ""):
            report.add(
                "MD-011",
                external,
                f'The parameter type "{parameter.type}" requires these fields: {element[:1].upper()}{element[1:]}.',
                f"Add <{element}> to the parameter {parameter.name}.",
                element=element_of(parameter),
                line=parameter.line,
                severity=Severity.MEDIUM if parameter.type == "NamedPrincipal" else Severity.HIGH,
                certainty=Certainty.SEEN if parameter.type == "AuthHeader" else Certainty.INFERRED,
            )


def _missing_types(external: ExternalCredential, types: set[str]) -> list[str]:
    variant = external.variant or ""
    if external.protocol == "AwsSv4":
        names = {parameter.name for parameter in external.of_type("AuthParameter")}
        return [f"AuthParameter {name}" for name in ("AwsService", "AwsRegion") if name not in names]
    if external.protocol != "Oauth":
        return []
    if variant.startswith("ClientCredentials"):
        return sorted({"AuthProviderUrl"} - types)
    if variant == "JwtBearer":
        return sorted({"AuthProviderUrl", "SigningCertificate", "JwtBodyClaim"} - types)
    if not variant and not types & {"AuthProvider", "ExternalAuthIdentityProvider"}:
        return ["AuthProtocolVariant" if "AuthProviderUrl" in types else "AuthProvider"]
    return []


def _principals(report: MetadataReport, external: ExternalCredential) -> None:
    principals = external.principals
    names = Counter(principal.name.lower() for principal in principals)
    sequences = Counter(principal.sequence for principal in principals if principal.sequence is not None)
    for principal in principals:
        if names[principal.name.lower()] > 1:
            names[principal.name.lower()] = 0
            message = f"Two principals are called `{principal.name}`"
            _principal(report, external, principal, message, "Give each a name of its own.", severity=Severity.HIGH)
        if principal.sequence is not None and sequences[principal.sequence] > 1:
            sequences[principal.sequence] = 0
            message = (
                f"Two principals have the sequence number {principal.sequence}; which one a user gets is not known"
            )
            _principal(report, external, principal, message, _NUMBER)
        if principal.sequence is not None and principal.sequence < 1:
            message = f"The principal `{principal.name}` has the sequence number {principal.sequence}; they begin at 1"
            _principal(report, external, principal, message, _NUMBER)
        if principal.group not in (None, principal.name, DEFAULT_GROUP):
            _principal(
                report,
                external,
                principal,
                f"The principal `{principal.name}` is in the parameter group `{principal.group}`: a group ties "
                "parameters to the principal of the same name",
                f"Write <parameterGroup>{principal.name}</parameterGroup>.",
            )
    groups = {DEFAULT_GROUP, None, *(principal.name for principal in principals), *(p.group for p in principals)}
    for parameter in external.parameters:
        if parameter.type not in PRINCIPAL_TYPES and parameter.group not in groups:
            message = f"The parameter `{parameter.name}` is in the group `{parameter.group}`, which is no principal's"
            fix = f"Write <parameterGroup>{DEFAULT_GROUP}</parameterGroup>, or the name of a principal."
            _principal(report, external, parameter, message, fix, severity=Severity.HIGH)


_NUMBER = "Number them 1, 2, 3 …"


def _principal(
    report: MetadataReport,
    external: ExternalCredential,
    parameter: Parameter,
    message: str,
    fix: str,
    *,
    severity: Severity = Severity.MEDIUM,
) -> None:
    report.add(
        "MD-012",
        external,
        message,
        fix,
        element=element_of(parameter),
        line=parameter.line,
        severity=severity,
        certainty=Certainty.INFERRED,
    )


def _formula(report: MetadataReport, external: ExternalCredential, header: Parameter) -> None:
    read = formula.read(header.value)
    for reference in read.references:
        name = reference.external_credential
        if not same_name(name, external.full_name):
            is_principal = name in {each.name.replace(" ", "_") for each in external.principals}
            of = "the principal" if is_principal else "another credential"
            message = f"The formula of the header `{header.name}` reads `$Credential.{name}.…`: {of}, not this one"
            fix = f"Write `$Credential.{external.full_name}.{reference.parameter or '<parameter>'}`."
            _header(report, "MD-013", external, header, message, fix)
        elif reference.parameter is None:
            message = f"The header `{header.name}` names no parameter: `$Credential.{name}`"
            _header(report, "MD-013", external, header, message, f"Write `$Credential.{name}.<parameter>`.")
    if read.unevaluated or read.repeats_header:
        problem = (
            "has a reference outside of {! }, which is sent as it stands" if read.unevaluated else "repeats its name"
        )
        message = f"The formula of the header `{header.name}` {problem}"
        fix = f"Write one formula for the whole value, as {{!'Bearer ' & $Credential.{external.full_name}.api_key}}."
        _header(report, "MD-014", external, header, message, fix, certainty=Certainty.SEEN)
    text = header.value or ""
    if text.count("{!") != len(re.findall(r"\{![^{}]*\}", text)) or ("{!" in text and text.count("'") % 2):
        message = f"The formula of the header `{header.name}` is not closed"
        _header(report, "MD-014", external, header, message, "Close every quote and `}`.")
    elif read.is_formula and not read.is_whole:
        _header(
            report,
            "MD-014",
            external,
            header,
            f"The header `{header.name}` mixes text and formula; whether that form is evaluated is not known",
            "Write one formula for the whole value: {!'text' & $Credential.…}.",
            severity=Severity.MEDIUM,
            certainty=Certainty.INFERRED,
        )


def _header(
    report: MetadataReport,
    rule: str,
    external: ExternalCredential,
    header: Parameter,
    message: str,
    fix: str,
    *,
    severity: Severity = Severity.HIGH,
    certainty: Certainty = Certainty.DOCUMENTED,
) -> None:
    report.add(
        rule,
        external,
        message,
        fix,
        element=element_of(header),
        line=header.line,
        severity=severity,
        certainty=certainty,
    )
