"""ExternalCredential: which parameters each protocol and variant is documented to have (metadata-types 2, vendors 3.1).

Salesforce's refusal was seen for a few of them (`judge/credential.py`); for the others the pattern of its texts is
known and its documentation says what they need, so each row here has a switch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sfsetup.localorg.judge.check import Check, Problem, Wording

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential, Parameter
    from sfsetup.localorg.judge.context import Context

_TYPE = "ExternalCredential"

NEEDED_TYPES = Check(
    "EC-18",
    _TYPE,
    'The authentication protocol "{protocol}" requires the following external credential parameter types: {types}.',
    "metadata-types 2: documented; the refusal was seen for Jwt and the client credentials of Oauth",
    Wording.PATTERN,
    switch="documented-parameters-required",
    warns_off=True,
)
NEEDED_SETTINGS = Check(
    "EC-19",
    _TYPE,
    'The authentication protocol "{protocol}" needs the AuthParameter {names}.',
    "metadata-types 2: documented, no text known",
    Wording.OURS,
    switch="documented-parameters-required",
    warns_off=True,
)
FIELDS = Check(
    "EC-20",
    _TYPE,
    'The parameter type "{type}" requires these fields: {field}.',
    "metadata-types 2: the general pattern, seen for AuthHeader",
    Wording.PATTERN,
    switch="parameter-fields-required",
    warns_off=True,
)
VARIANT = Check(
    "EC-21",
    _TYPE,
    'The authentication protocol "{protocol}" has no variant "{variant}".',
    "vendors 3.1: the documented list, no text known",
    Wording.OURS,
    switch="protocol-variant-checked",
    warns_off=True,
)
VARIANT_NAME = Check(
    "EC-22",
    _TYPE,
    'The AuthProtocolVariant is called "{name}", not "{protocol}" as the protocol.',
    "metadata-types 2: documented and in every file seen, what another name does is not known",
    Wording.OURS,
    switch="variant-name-checked",
    warns_off=True,
)
STATUS_CODE = Check(
    "EC-23",
    _TYPE,
    'The AdditionalRefreshStatusCode "{value}" is no HTTP status code of 400 to 499 or 600 to 999.',
    "metadata-types 2: documented, no text known",
    Wording.OURS,
    switch="parameter-fields-required",
    warns_off=True,
)
MISPLACED = Check(
    "EC-24",
    _TYPE,
    'The authentication protocol "{protocol}" doesn\'t support the following external credential parameter type(s): '
    "{types}.",
    "metadata-types 2: which protocols a type is documented for; the refusal was seen on Custom and Oauth",
    Wording.PATTERN,
    switch="misplaced-parameters-refused",
    warns_off=True,
)

CHECKS = (NEEDED_TYPES, NEEDED_SETTINGS, FIELDS, VARIANT, VARIANT_NAME, STATUS_CODE, MISPLACED)

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "Custom": ("NoAuthentication",),
    "Oauth": (
        "ClientCredentialsClientSecret",
        "ClientCredentialsClientSecretBasic",
        "ClientCredentialsJwtAssertion",
        "JwtBearer",
    ),
    "AwsSv4": ("AwsSv4_STS", "RolesAnywhere"),
}

_TYPES: Mapping[tuple[str, str | None], tuple[str, ...]] = {
    ("Oauth", "JwtBearer"): ("AuthProviderUrl", "SigningCertificate"),
    ("Oauth", "ClientCredentialsJwtAssertion"): ("AuthProviderUrl", "SigningCertificate"),
    ("AwsSv4", "AwsSv4_STS"): ("AwsStsPrincipal",),
    ("AwsSv4", "RolesAnywhere"): ("SigningCertificate",),
}
"""(protocol, variant) -> parameter types that it needs besides its AuthProtocolVariant."""

_SETTINGS: Mapping[tuple[str, str | None], tuple[str, ...]] = {
    ("AwsSv4", None): ("AwsService", "AwsRegion"),
    ("AwsSv4", "AwsSv4_STS"): ("AwsService", "AwsRegion", "AwsAccountId"),
    ("AwsSv4", "RolesAnywhere"): ("AwsService", "AwsRegion"),
}
"""(protocol, variant) -> names of the AuthParameters that it needs."""

_VALUE, _CERTIFICATE = "ParameterValue", "Certificate"
_FIELDS: Mapping[str, str] = {
    "AuthParameter": _VALUE,
    "AuthProtocolVariant": _VALUE,
    "AuthProviderUrl": _VALUE,
    "AuthProviderUrlQueryParameter": _VALUE,
    "JwtBodyClaim": _VALUE,
    "JwtHeaderClaim": _VALUE,
    "AdditionalRefreshStatusCode": _VALUE,
    "AuthProvider": "AuthProvider",
    "SigningCertificate": _CERTIFICATE,
    "ExternalAuthIdentityProvider": "ExternalAuthIdentityProvider",
}
"""Parameter type -> the field that says what it is for."""

_HOMES: Mapping[str, tuple[str, ...]] = {
    "AuthParameter": ("Oauth", "AwsSv4"),
    "AuthProvider": ("Oauth",),
    "AuthProviderUrl": ("Oauth", "AwsSv4"),
    "AuthProviderUrlQueryParameter": ("AwsSv4",),
    "AwsStsPrincipal": ("AwsSv4",),
    "ExternalAuthIdentityProvider": ("Oauth",),
    "AdditionalRefreshStatusCode": ("Oauth",),
    "SigningCertificate": ("Jwt", "Oauth", "AwsSv4"),
    "JwtBodyClaim": ("Jwt", "Oauth"),
    "JwtHeaderClaim": ("Jwt", "Oauth"),
}
"""Parameter type -> protocols that it is documented for."""
_SEEN_REFUSED = ("AuthParameter", "CustomPrincipal")
"""On protocol Custom: EC-04 has Salesforce's own words for them."""


def judge(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    """What a protocol or variant is documented to need and this credential lacks; what stands where it has no use."""
    yield from _variant(fact, context)
    yield from _needed(fact, context)
    yield from _misplaced(fact, context)
    for parameter in fact.parameters:
        field = _FIELDS.get(parameter.type)
        if field and not (_value_of(parameter, field) or "").strip():
            yield from context.report(FIELDS, parameter.line, type=parameter.type, field=field)
        elif parameter.type == "AdditionalRefreshStatusCode" and not _is_refresh_code(parameter.value or ""):
            yield from context.report(STATUS_CODE, parameter.line, value=parameter.value)


def _variant(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    for parameter in fact.of_type("AuthProtocolVariant"):
        if parameter.value and parameter.value not in VARIANTS.get(fact.protocol, ()):
            yield from context.report(VARIANT, parameter.line, protocol=fact.protocol, variant=parameter.value)
        elif parameter.name != fact.protocol:
            yield from context.report(VARIANT_NAME, parameter.line, name=parameter.name, protocol=fact.protocol)


def _needed(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    line = fact.line_of("authenticationProtocol")
    key = (fact.protocol, fact.variant)
    shown = " ".join(word for word in key if word)
    types = _TYPES.get(key, ())
    if any(not fact.of_type(each) for each in types):
        # The one text that was seen names all types of the variant, with the variant's own first.
        yield from context.report(NEEDED_TYPES, line, protocol=shown, types=", ".join(("AuthProtocolVariant", *types)))
    given = {parameter.name for parameter in fact.of_type("AuthParameter")}
    missing = [name for name in _SETTINGS.get(key, ()) if name not in given]
    if missing:
        yield from context.report(NEEDED_SETTINGS, line, protocol=shown, names=", ".join(missing))


def _misplaced(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    odd = {
        parameter.type: parameter.line
        for parameter in reversed(fact.parameters)
        if fact.protocol not in _HOMES.get(parameter.type, (fact.protocol,))
        and not (fact.protocol == "Custom" and parameter.type in _SEEN_REFUSED)
    }
    if odd:
        types = ", ".join(sorted(odd))
        yield from context.report(MISPLACED, min(odd.values()), protocol=fact.protocol, types=types)


def _value_of(parameter: Parameter, field: str) -> str | None:
    return {
        _VALUE: parameter.value,
        _CERTIFICATE: parameter.certificate,
        "AuthProvider": parameter.auth_provider,
    }.get(field, parameter.identity_provider)


def _is_refresh_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit() and text[0] in "46789"
