"""NamedCredential: URL, authentication, headers, references (metadata-types 3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sfsetup.localorg.judge import header_formula
from sfsetup.localorg.judge.check import Check, Problem, Wording

if TYPE_CHECKING:
    from sfsetup.facts.named_credential import NamedCredential
    from sfsetup.localorg.judge.context import Context

_TYPE = "NamedCredential"
_PATTERN = 'The parameter type "{type}" requires the following Named Credential Parameter fields: {fields}.'

HEADER_FIELDS = Check("NC-01", _TYPE, _PATTERN, "messages 1, header without order", Wording.REPORTED)
PARAMETER_FIELDS = Check("NC-02", _TYPE, _PATTERN, "metadata-types 2: the general pattern", Wording.PATTERN)
NO_URL = Check(
    "NC-03",
    _TYPE,
    "A named credential of type {type} needs a parameter of type {parameter}.",
    "metadata-types 3: in all 60 files seen",
    Wording.OURS,
)
NO_AUTHENTICATION = Check(
    "NC-04",
    _TYPE,
    "A named credential of type {type} needs a parameter of type Authentication.",
    "metadata-types 3: in all 60 files seen; a refusal was not",
    Wording.OURS,
    switch="missing-authentication-refused",
    warns_off=True,
)
SEVERAL = Check(
    "NC-05",
    _TYPE,
    "A named credential has one parameter of type {parameter}, this has {count}.",
    "metadata-types 3: only one external credential (documented)",
    Wording.OURS,
)
CREDENTIAL = Check(
    "NC-06",
    _TYPE,
    "In field: externalCredential - no ExternalCredential named {name} found",
    "messages 1: the pattern, not seen with this field",
    Wording.PATTERN,
    switch="missing-external-credential-refused",
    warns_off=True,
)
REFERENCE = Check(
    "NC-07",
    _TYPE,
    "In field: {field} - no {type} named {name} found",
    "messages 1, seen for authProvider",
    Wording.VERBATIM,
)
LEGACY_FIELD = Check(
    "NC-08",
    _TYPE,
    "The field {field} belongs to legacy named credentials and has no meaning in a {type}.",
    "metadata-types 3: documented as legacy only; what an org does is not known",
    Wording.OURS,
    switch="legacy-fields-refused",
    warns_off=True,
)
URL = Check(
    "NC-09",
    _TYPE,
    "The URL {url} is not an absolute http or https URL.",
    "no text known",
    Wording.OURS,
    switch="malformed-url-refused",
    warns_off=True,
)
FORMULA_NAME, FORMULA_SYNTAX = header_formula.rows("NC-10", "NC-11", _TYPE)

CHECKS = (
    HEADER_FIELDS,
    PARAMETER_FIELDS,
    NO_URL,
    NO_AUTHENTICATION,
    SEVERAL,
    CREDENTIAL,
    REFERENCE,
    LEGACY_FIELD,
    URL,
    FORMULA_NAME,
    FORMULA_SYNTAX,
)

_NEW_TYPES = ("SecuredEndpoint", "PrivateEndpoint")
_LEGACY_FIELDS = (
    "authProvider",
    "authTokenEndpointUrl",
    "awsAccessKey",
    "awsAccessSecret",
    "awsRegion",
    "awsService",
    "certificate",
    "endpoint",
    "oauthRefreshToken",
    "oauthScope",
    "oauthToken",
    "password",
    "principalType",
    "protocol",
    "username",
)


def judge(fact: NamedCredential, context: Context) -> Iterator[Problem]:
    """What is wrong with a named credential."""
    if fact.type in _NEW_TYPES:
        yield from _new_form(fact, context)
    if fact.url is not None and not _is_absolute(fact.url):
        yield from context.report(URL, fact.url_line, url=fact.url)
    yield from _parameters(fact, context)
    yield from _references(fact, context)
    for header in fact.of_type("HttpHeader"):
        owner = context.credential(fact.external_credential) if fact.external_credential else None
        yield from header_formula.judge(header.value, header.line, context, FORMULA_NAME, FORMULA_SYNTAX, owner)


def _new_form(fact: NamedCredential, context: Context) -> Iterator[Problem]:
    line = fact.line_of("namedCredentialType")
    urls, ways = fact.of_type("Url"), fact.of_type("Authentication")
    if not any((each.value or "").strip() for each in urls):
        yield from context.report(NO_URL, line, type=fact.type, parameter="Url")
    if not ways:
        yield from context.report(NO_AUTHENTICATION, line, type=fact.type)
    for name, found in (("Url", urls), ("Authentication", ways)):
        if len(found) > 1:
            yield from context.report(SEVERAL, found[1].line, parameter=name, count=len(found))
    if fact.type == "PrivateEndpoint" and not fact.of_type("OutboundNetworkConnection"):
        yield from context.report(NO_URL, line, type=fact.type, parameter="OutboundNetworkConnection")
    for field in _LEGACY_FIELDS:
        if field in fact.legacy:
            yield from context.report(LEGACY_FIELD, fact.line_of(field), field=field, type=fact.type)


def _parameters(fact: NamedCredential, context: Context) -> Iterator[Problem]:
    for header in fact.of_type("HttpHeader"):
        if header.sequence is None:
            yield from context.report(HEADER_FIELDS, header.line, type="HttpHeader", fields="SequenceNumber")
        if not (header.value or "").strip():
            yield from context.report(PARAMETER_FIELDS, header.line, type="HttpHeader", fields="ParameterValue")
    for way in fact.of_type("Authentication"):
        if not way.external_credential:
            yield from context.report(PARAMETER_FIELDS, way.line, type="Authentication", fields="ExternalCredential")
    for each in fact.of_type("ClientCertificate"):
        if not each.certificate:
            yield from context.report(PARAMETER_FIELDS, each.line, type="ClientCertificate", fields="Certificate")
    for each in fact.of_type("OutboundNetworkConnection"):
        if not each.outbound_connection:
            fields = "OutboundNetworkConnection"
            yield from context.report(PARAMETER_FIELDS, each.line, type="OutboundNetworkConnection", fields=fields)


def _references(fact: NamedCredential, context: Context) -> Iterator[Problem]:
    for parameter in fact.parameters:
        name = parameter.external_credential
        # One that fails in the same deploy counts: the named credential was seen to be reported as well (section 11).
        if name and not context.is_named("ExternalCredential", name):
            yield from context.report(CREDENTIAL, parameter.line, name=name)
        others = parameter.certificate or parameter.outbound_connection
        for field, type_name, value in (
            (
                ("certificate", "Certificate", parameter.certificate),
                ("outboundNetworkConnection", "OutboundNetworkConnection", parameter.outbound_connection),
            )
            if others
            else ()
        ):
            if value and not context.is_named(type_name, value):
                yield from context.report(REFERENCE, parameter.line, field=field, type=type_name, name=value)
    for field, type_name in (("authProvider", "AuthProvider"), ("certificate", "Certificate")):
        value = fact.legacy.get(field)
        if value and not context.is_named(type_name, value):
            yield from context.report(REFERENCE, fact.line_of(field), field=field, type=type_name, name=value)


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
