"""ExternalCredential: protocols, parameters, headers, references (metadata-types 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.facts.external_credential import DEFAULT_GROUP, PRINCIPAL_TYPES
from sfsetup.facts.permission_set import PermissionSet
from sfsetup.localorg.judge import credential_parts, header_formula
from sfsetup.localorg.judge.check import Check, Problem, Wording
from sfsetup.text.documents import read_document

if TYPE_CHECKING:
    from sfsetup.facts.external_credential import ExternalCredential, Parameter
    from sfsetup.localorg.judge.context import Context

_TYPE = "ExternalCredential"
USABLE = frozenset(("Custom", "Oauth", "Basic", "AwsSv4", "Jwt"))
"""Protocols that an external credential may have; Jwt is asked for its parameters and not refused (section 2)."""

PROTOCOL = Check(
    "EC-01",
    _TYPE,
    'External Credentials don\'t support the "{protocol}" authentication protocol.',
    "messages 1, seen for Password, JwtExchange, NoAuthentication",
    Wording.VERBATIM,
)
MISSING_TYPES = Check(
    "EC-02",
    _TYPE,
    'The authentication protocol "{protocol}" requires the following external credential parameter types: {types}',
    "messages 1, seen for Jwt",
    Wording.VERBATIM,
)
MISSING_TYPES_OAUTH = Check(
    "EC-03",
    _TYPE,
    'The authentication protocol "{protocol}" requires the following external credential parameter types: {types}.',
    "metadata-types 2, seen for Oauth ClientCredentialsClientSecretBasic",
    Wording.REPORTED,
)
UNSUPPORTED_TYPES = Check(
    "EC-04",
    _TYPE,
    'The authentication protocol "{protocol}" doesn\'t support the following external credential parameter type(s): '
    "{types}.",
    "messages 1, seen for AuthParameter and CustomPrincipal on Custom",
    Wording.REPORTED,
)
UNSUPPORTED_TYPES_OAUTH = Check(
    "EC-05",
    _TYPE,
    "The authentication protocol '{protocol}' doesn't support the following external credential parameter type(s): "
    "{types}.",
    "metadata-types 2, seen for a token URL on Oauth without its variant",
    Wording.REPORTED,
)
HEADER_VALUE = Check(
    "EC-06",
    _TYPE,
    'The parameter type "{type}" requires these fields: ParameterValue.',
    "metadata-types 2, seen for AuthHeader",
    Wording.REPORTED,
)
AUDIENCE = Check(
    "EC-07", _TYPE, "The JWT {claim} claim has invalid JSON syntax", "messages 1, bad JWT claim", Wording.VERBATIM
)
REFERENCE = Check(
    "EC-08",
    _TYPE,
    "In field: {field} - no {type} named {name} found",
    "messages 1, the general pattern; seen for authProvider",
    Wording.PATTERN,
)
DUPLICATE_PRINCIPAL = Check(
    "EC-09",
    _TYPE,
    "The principal {name} occurs more than once.",
    "messages 1: no text known",
    Wording.OURS,
    switch="duplicate-principal-refused",
    warns_off=True,
)
DUPLICATE_SEQUENCE = Check(
    "EC-10",
    _TYPE,
    "The sequence number {number} occurs more than once among the {what}.",
    "messages 1: no text known",
    Wording.OURS,
    switch="principal-sequence-checked",
    warns_off=True,
)
MISSING_SEQUENCE = Check(
    "EC-11",
    _TYPE,
    'The parameter "{name}" of type {type} has no sequenceNumber of 1 or above.',
    "metadata-types 2: 36 of 37 principals seen have 1, what another number does is not known",
    Wording.OURS,
    switch="principal-sequence-checked",
    warns_off=True,
)
GROUP = Check(
    "EC-12",
    _TYPE,
    'The parameterGroup "{group}" of the parameter "{name}" is neither DefaultGroup nor a principal.',
    "metadata-types 2, parameterGroup: what another group does is not known",
    Wording.OURS,
    switch="parameter-group-checked",
    warns_off=True,
)
PER_USER = Check(
    "EC-13",
    _TYPE,
    'The authentication protocol "{protocol}" supports named principals only.',
    "metadata-types 2: help says so, a refusal was not seen",
    Wording.OURS,
    switch="custom-per-user-refused",
    warns_off=True,
)
DROPPED = Check(
    "EC-14",
    _TYPE,
    "The principal {name} is left out; the permission set {holder} grants it.",
    "metadata-types 11: dropped or kept is open",
    Wording.OURS,
    switch="dropped-principal-refused",
    warns_off=True,
)
NO_PROVIDER = Check(
    "EC-15",
    _TYPE,
    'The authentication protocol "Oauth" has neither an AuthProvider nor a variant with a token endpoint.',
    "metadata-types 2: every Oauth file seen has one",
    Wording.OURS,
    switch="oauth-provider-required",
    warns_off=True,
)
FORMULA_NAME, FORMULA_SYNTAX = header_formula.rows("EC-16", "EC-17", _TYPE)

CHECKS = (
    PROTOCOL,
    MISSING_TYPES,
    MISSING_TYPES_OAUTH,
    UNSUPPORTED_TYPES,
    UNSUPPORTED_TYPES_OAUTH,
    HEADER_VALUE,
    AUDIENCE,
    REFERENCE,
    DUPLICATE_PRINCIPAL,
    DUPLICATE_SEQUENCE,
    MISSING_SEQUENCE,
    GROUP,
    PER_USER,
    DROPPED,
    NO_PROVIDER,
    FORMULA_NAME,
    FORMULA_SYNTAX,
    *credential_parts.CHECKS,
)

_NAMED_ONLY = ("Custom", "AwsSv4")
_TOKEN_VARIANTS = ("ClientCredentialsClientSecret", "ClientCredentialsClientSecretBasic")


def judge(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    """What is wrong with an external credential."""
    if fact.protocol and fact.protocol not in USABLE:
        yield from context.report(PROTOCOL, fact.line_of("authenticationProtocol"), protocol=fact.protocol)
        return
    yield from _types(fact, context)
    yield from credential_parts.judge(fact, context)
    yield from _values(fact, context)
    yield from _principals(fact, context)
    yield from _references(fact, context)
    for header in fact.of_type("AuthHeader"):
        yield from header_formula.judge(header.value, header.line, context, FORMULA_NAME, FORMULA_SYNTAX, fact)
    yield from _dropped(fact, context)


def _types(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    """Parameter types that the protocol lacks or does not have."""
    line = fact.line_of("authenticationProtocol")
    if fact.protocol == "Custom":
        odd = {p.type: p.line for p in fact.of_type("AuthParameter", "CustomPrincipal")}
        if odd:
            yield from context.report(
                UNSUPPORTED_TYPES, min(odd.values()), protocol="Custom", types=", ".join(sorted(odd))
            )
    elif fact.protocol == "Jwt" and not fact.of_type("SigningCertificate"):
        yield from context.report(MISSING_TYPES, line, protocol="Jwt", types="SigningCertificate")
    elif fact.protocol == "Oauth":
        yield from _oauth_types(fact, context, line)


def _oauth_types(fact: ExternalCredential, context: Context, line: int | None) -> Iterator[Problem]:
    url = fact.of_type("AuthProviderUrl")
    if fact.variant is None:
        if url:
            yield from context.report(
                UNSUPPORTED_TYPES_OAUTH, url[0].line, protocol=fact.protocol, types="AuthProviderUrl"
            )
        elif not fact.of_type("AuthProvider", "ExternalAuthIdentityProvider"):
            yield from context.report(NO_PROVIDER, line)
    elif fact.variant in _TOKEN_VARIANTS and not url:
        types = "AuthProtocolVariant, AuthProviderUrl"
        yield from context.report(MISSING_TYPES_OAUTH, line, protocol=f"Oauth {fact.variant}", types=types)


def _values(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    for parameter in fact.of_type("AuthHeader"):
        if not (parameter.value or "").strip():
            yield from context.report(HEADER_VALUE, parameter.line, type=parameter.type)
    for claim in fact.of_type("JwtBodyClaim"):
        if claim.name == "aud" and not _is_json(claim.value):
            yield from context.report(AUDIENCE, claim.line, claim=claim.name)


def _is_json(text: str | None) -> bool:
    if text is None or "{!" in text:
        return True
    try:
        read_document(text.encode(), name="claim", syntax="json")
    except InvalidInput:
        return False
    return True


def _principals(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    seen: set[str] = set()
    for principal in fact.principals:
        if principal.name in seen:
            yield from context.report(DUPLICATE_PRINCIPAL, principal.line, name=principal.name)
        seen.add(principal.name)
    if fact.protocol in _NAMED_ONLY:
        for each in fact.of_type("PerUserPrincipal"):
            yield from context.report(PER_USER, each.line, protocol=fact.protocol)
    named, headers = fact.of_type("NamedPrincipal"), fact.of_type("AuthHeader")
    for what, group in (("principals", named), ("headers", headers)):
        yield from _sequence(what, group, context)
    groups = {DEFAULT_GROUP, *(principal.name for principal in fact.principals)}
    groups.update(each.group for each in fact.principals if each.group and each.group == DEFAULT_GROUP)
    for parameter in fact.parameters:
        # A principal stands in its own group; DefaultGroup was seen on a migrated one (section 2).
        own = {DEFAULT_GROUP, parameter.name} if parameter.type in PRINCIPAL_TYPES else groups
        if parameter.group is not None and parameter.group not in own:
            yield from context.report(GROUP, parameter.line, group=parameter.group, name=parameter.name)


def _sequence(what: str, parameters: tuple[Parameter, ...], context: Context) -> Iterator[Problem]:
    count = Counter(each.sequence for each in parameters if each.sequence is not None)
    for parameter in parameters:
        if parameter.sequence is None or parameter.sequence < 1:
            yield from context.report(MISSING_SEQUENCE, parameter.line, name=parameter.name, type=parameter.type)
        elif count[parameter.sequence] > 1:
            count[parameter.sequence] = 0
            yield from context.report(DUPLICATE_SEQUENCE, parameter.line, number=parameter.sequence, what=what)


def _references(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    for parameter in fact.parameters:
        for field, type_name, name in (
            ("authProvider", "AuthProvider", parameter.auth_provider),
            ("certificate", "Certificate", parameter.certificate),
            ("externalAuthIdentityProvider", "ExternalAuthIdentityProvider", parameter.identity_provider),
        ):
            if name and not context.is_named(type_name, name):
                yield from context.report(REFERENCE, parameter.line, field=field, type=type_name, name=name)


def _dropped(fact: ExternalCredential, context: Context) -> Iterator[Problem]:
    """Principals that the org has, this file leaves out and a permission set still grants."""
    before = context.stored(type(fact), fact.full_name)
    if before is None:
        return
    gone = {each.name for each in before.principals} - {each.name for each in fact.principals}
    for holder in context.all(PermissionSet) if gone else ():
        for name in sorted(gone):
            if holder.grants_principal(fact.full_name, name):
                yield from context.report(DROPPED, fact.line, name=name, holder=holder.full_name)
