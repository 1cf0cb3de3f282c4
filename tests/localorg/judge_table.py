"""The cases of every row of the judgement table but those of flows."""

from __future__ import annotations

from sfsetup.localorg.judge.context import Deletion
from tests.localorg.judge_cases import (
    API_NAME,
    FLOW,
    HEADER,
    ORG,
    PRINCIPAL,
    TEXT,
    THING,
    URL,
    WAY,
    Case,
    Piece,
    call,
    credential,
    document,
    endpoint,
    flow,
    grant,
    listed,
    nc_parameter,
    parameter,
    registration,
    rights,
    without,
)

GOOD = credential(HEADER, PRINCIPAL)
EC = (GOOD,)
HTTP = nc_parameter("HttpHeader", "X-Trace", "on", sequence=1)
CLASS: Piece = ("ApexClass", "Local", "<apiVersion>66.0</apiVersion><status>Active</status>")
SITE = (
    "RemoteSiteSetting",
    "Site",
    "<disableProtocolSecurity>false</disableProtocolSecurity><isActive>true</isActive>",
)


def whole(text: str, type_name: str = "ExternalCredential", name: str = "E") -> Piece:
    """A document as it stands."""
    return (type_name, name, f"<?xml version='1.0'?>{text}")


def site(more: str = "<url>https://example.com</url>") -> Piece:
    return (SITE[0], SITE[1], SITE[2] + more)


def oauth(*parameters: str) -> Piece:
    return credential(*parameters, PRINCIPAL, protocol="Oauth")


PROVIDER = parameter("AuthProvider", "AuthProvider", extra="<authProvider>Ap</authProvider>")
PROVIDER_ORG: tuple[Piece, ...] = (("AuthProvider", "Ap", "<friendlyName>Ap</friendlyName>"),)
TOKEN_URL = parameter("AuthProviderUrl", "AuthProviderUrl", "https://example.com/token")
VARIANT = parameter("AuthProtocolVariant", "Oauth", "ClientCredentialsClientSecretBasic")
CERTIFICATE = parameter("SigningCertificate", "Cert", extra="<certificate>Cert</certificate>")
CERTIFICATE_ORG: tuple[Piece, ...] = (("Certificate", "Cert", ""),)
BEARER = parameter("AuthProtocolVariant", "Oauth", "JwtBearer")
AWS_SERVICE = parameter("AuthParameter", "AwsService", "s3")
AWS_REGION = parameter("AuthParameter", "AwsRegion", "eu-west-1")
ACCOUNT = parameter("AuthParameter", "AwsAccountId", "123456789012")
STS = parameter("AuthProtocolVariant", "AwsSv4", "AwsSv4_STS")
STS_PRINCIPAL = parameter("AwsStsPrincipal", "AwsStsPrincipal")
ANYWHERE = parameter("AuthProtocolVariant", "AwsSv4", "RolesAnywhere")
LONG = "a" * 81


def aws(*parameters: str) -> Piece:
    return credential(AWS_SERVICE, AWS_REGION, *parameters, PRINCIPAL, protocol="AwsSv4")


def refresh_on(code: str) -> str:
    return parameter("AdditionalRefreshStatusCode", "AdditionalRefreshStatusCode", code)


NO_LABEL: Piece = ("ExternalCredential", "E", "<authenticationProtocol>Custom</authenticationProtocol>")

FORM = (
    Case("FORM-01", "Error parsing file: not well-formed XML", (whole("<ExternalCredential>"),), EC),
    Case("FORM-02", "is not in the namespace", (whole("<ExternalCredential/>"),), EC),
    Case("FORM-03", "principals invalid at this location in type ExternalCredential",
         (credential(HEADER, PRINCIPAL, "<principals/>"),), EC),
    Case("FORM-04", "Property 'description' not valid in version 63.0", (endpoint(URL, WAY, before="<description>d</description>"),),
         (endpoint(URL, WAY),), org=EC, version="63.0"),
    Case("FORM-05", "came with API version", EC, (site(),), version="47.0"),
    Case("FORM-06", "Error parsing file: Element externalCredentialParameters is duplicated at this location in type "
         "ExternalCredential", (credential(PRINCIPAL, "<description>d</description>", HEADER),), EC),
    Case("FORM-07", "Required field is missing: label", (NO_LABEL,), EC),
    Case("FORM-08", "Required field is missing: url", (site(""),), (site(),)),
    Case("FORM-09", "Required field is missing: status", (registration(status=""),), (registration(),), org=ORG[:2]),
    Case("FORM-10", "Required field is missing: modifyAllRecords",
         (("PermissionSet", "T", "<label>T</label>" + rights("Account", without="modifyAllRecords")),),
         (("PermissionSet", "T", "<label>T</label>" + rights("Account")),)),
    Case("FORM-11", "'OAuth' is not a valid value for the enum 'AuthenticationProtocol'",
         (credential(PRINCIPAL, protocol="OAuth"),), EC),
    Case("FORM-12", "'one' is not a valid value for the type int",
         (credential(parameter("NamedPrincipal", "P", sequence="one")),), EC),
    Case("FORM-13", "text stands beside elements", (credential(HEADER, "stray", PRINCIPAL),), EC),
    Case("FORM-14", "the attribute id has no meaning here",
         (credential(HEADER, PRINCIPAL.replace("<externalCredentialParameters>", "<externalCredentialParameters id='1'>")),),
         EC),
)  # fmt: skip

NAMES = (
    Case("NAME-01", f"Name: The External Credential {API_NAME}", (credential(PRINCIPAL, name="8E"),), EC),
    Case("NAME-02", "Value too long for field: label maximum length is:80", (endpoint(URL, WAY, label=LONG),),
         (endpoint(URL, WAY, label=LONG[1:]),), org=EC),
)  # fmt: skip

CREDENTIALS = (
    Case("EC-01", 'External Credentials don\'t support the "Password" authentication protocol.',
         (credential(PRINCIPAL, protocol="Password"),), (credential(PRINCIPAL, protocol="Basic"),)),
    Case("EC-02", 'The authentication protocol "Jwt" requires the following external credential parameter types: '
         "SigningCertificate", (credential(PRINCIPAL, protocol="Jwt"),),
         (credential(PRINCIPAL, CERTIFICATE, protocol="Jwt"),), org=CERTIFICATE_ORG),
    Case("EC-03", 'The authentication protocol "Oauth ClientCredentialsClientSecretBasic" requires the following external '
         "credential parameter types: AuthProtocolVariant, AuthProviderUrl.", (oauth(VARIANT),), (oauth(VARIANT, TOKEN_URL),)),
    Case("EC-04", 'The authentication protocol "Custom" doesn\'t support the following external credential parameter '
         "type(s): AuthParameter.", (credential(PRINCIPAL, parameter("AuthParameter", "Scope", "x")),), EC),
    Case("EC-05", "The authentication protocol 'Oauth' doesn't support the following external credential parameter "
         "type(s): AuthProviderUrl.", (oauth(TOKEN_URL),), (oauth(PROVIDER),), org=PROVIDER_ORG),
    Case("EC-06", 'The parameter type "AuthHeader" requires these fields: ParameterValue.',
         (credential(PRINCIPAL, parameter("AuthHeader", "X-Key", sequence=1)),), EC),
    Case("EC-07", "The JWT aud claim has invalid JSON syntax",
         (credential(PRINCIPAL, CERTIFICATE, parameter("JwtBodyClaim", "aud", "https://example.com"), protocol="Jwt"),),
         (credential(PRINCIPAL, CERTIFICATE, parameter("JwtBodyClaim", "aud", '"https://example.com"'), protocol="Jwt"),),
         org=CERTIFICATE_ORG),
    Case("EC-08", "In field: authProvider - no AuthProvider named Ap found", (oauth(PROVIDER),),
         (oauth(PROVIDER), ("AuthProvider", "Ap", "<friendlyName>Ap</friendlyName><providerType>Custom</providerType>"))),
    Case("EC-09", "The principal P occurs more than once.", (credential(PRINCIPAL, parameter("NamedPrincipal", "P", sequence=2)),),
         (credential(PRINCIPAL, parameter("NamedPrincipal", "Q", sequence=2)),)),
    Case("EC-10", "The sequence number 1 occurs more than once among the principals.",
         (credential(PRINCIPAL, parameter("NamedPrincipal", "Q", sequence=1)),),
         (credential(PRINCIPAL, parameter("NamedPrincipal", "Q", sequence=2)),)),
    Case("EC-11", 'The parameter "P" of type NamedPrincipal has no sequenceNumber of 1 or above.',
         (credential(parameter("NamedPrincipal", "P", sequence=0)),), (credential(PRINCIPAL),)),
    Case("EC-12", 'The parameterGroup "Q" of the parameter "P" is neither DefaultGroup nor a principal.',
         (credential(parameter("NamedPrincipal", "P", sequence=1, group="Q")),),
         (credential(parameter("NamedPrincipal", "P", sequence=1, group="P")),)),
    Case("EC-13", 'The authentication protocol "Custom" supports named principals only.',
         (credential(parameter("PerUserPrincipal", "P", sequence=1)),), (credential(PRINCIPAL),)),
    Case("EC-14", "The principal P is left out; the permission set S grants it.",
         (credential(parameter("NamedPrincipal", "Q", sequence=1)),), EC, org=(*EC, grant())),
    Case("EC-15", 'The authentication protocol "Oauth" has neither an AuthProvider nor a variant with a token endpoint.',
         (oauth(),), (oauth(PROVIDER),), org=PROVIDER_ORG),
    Case("EC-16", "The header formula names $Credential.Other, the header is sent for E.",
         (credential(PRINCIPAL, parameter("AuthHeader", "X", "{!$Credential.Other.key}", sequence=1)),), EC),
    Case("EC-17", "The header formula cannot be read: Syntax error in the formula",
         (credential(PRINCIPAL, parameter("AuthHeader", "X", "{!'a' &amp;}", sequence=1)),),
         (credential(PRINCIPAL, parameter("AuthHeader", "X", "{!'a' &amp; 'b'}", sequence=1)),)),
    Case("EC-18", 'The authentication protocol "Oauth JwtBearer" requires the following external credential parameter types: '
         "AuthProtocolVariant, AuthProviderUrl, SigningCertificate.", (oauth(BEARER, TOKEN_URL),),
         (oauth(BEARER, TOKEN_URL, CERTIFICATE),), org=CERTIFICATE_ORG),
    Case("EC-18", 'The authentication protocol "AwsSv4 RolesAnywhere" requires the following external credential parameter '
         "types: AuthProtocolVariant, SigningCertificate.", (aws(ANYWHERE),), (aws(ANYWHERE, CERTIFICATE),),
         org=CERTIFICATE_ORG),
    Case("EC-18", "types: AuthProtocolVariant, AwsStsPrincipal.", (aws(STS, ACCOUNT),), (aws(STS, ACCOUNT, STS_PRINCIPAL),)),
    Case("EC-19", 'The authentication protocol "AwsSv4" needs the AuthParameter AwsService, AwsRegion.',
         (credential(PRINCIPAL, protocol="AwsSv4"),), (aws(),)),
    Case("EC-19", 'The authentication protocol "AwsSv4 AwsSv4_STS" needs the AuthParameter AwsAccountId.',
         (aws(STS, STS_PRINCIPAL),), (aws(STS, STS_PRINCIPAL, ACCOUNT),)),
    Case("EC-20", 'The parameter type "SigningCertificate" requires these fields: Certificate.',
         (credential(PRINCIPAL, parameter("SigningCertificate", "Cert"), protocol="Jwt"),),
         (credential(PRINCIPAL, CERTIFICATE, protocol="Jwt"),), org=CERTIFICATE_ORG),
    Case("EC-20", 'The parameter type "AuthProvider" requires these fields: AuthProvider.',
         (oauth(parameter("AuthProvider", "AuthProvider")),), (oauth(PROVIDER),), org=PROVIDER_ORG),
    Case("EC-20", 'The parameter type "AuthProviderUrl" requires these fields: ParameterValue.',
         (oauth(VARIANT, parameter("AuthProviderUrl", "AuthProviderUrl")),), (oauth(VARIANT, TOKEN_URL),)),
    Case("EC-21", 'The authentication protocol "Oauth" has no variant "ClientCredentials".',
         (oauth(TOKEN_URL, parameter("AuthProtocolVariant", "Oauth", "ClientCredentials")),), (oauth(TOKEN_URL, VARIANT),)),
    Case("EC-21", 'The authentication protocol "Basic" has no variant "NoAuthentication".',
         (credential(PRINCIPAL, parameter("AuthProtocolVariant", "Basic", "NoAuthentication"), protocol="Basic"),),
         (credential(PRINCIPAL, parameter("AuthProtocolVariant", "Custom", "NoAuthentication")),)),
    Case("EC-22", 'The AuthProtocolVariant is called "Variant", not "Custom" as the protocol.',
         (credential(PRINCIPAL, parameter("AuthProtocolVariant", "Variant", "NoAuthentication")),),
         (credential(PRINCIPAL, parameter("AuthProtocolVariant", "Custom", "NoAuthentication")),)),
    Case("EC-23", 'The AdditionalRefreshStatusCode "500" is no HTTP status code of 400 to 499 or 600 to 999.',
         (oauth(VARIANT, TOKEN_URL, refresh_on("500")),), (oauth(VARIANT, TOKEN_URL, refresh_on("403"), refresh_on("600")),)),
    Case("EC-24", 'The authentication protocol "Custom" doesn\'t support the following external credential parameter '
         "type(s): AuthProviderUrl, JwtBodyClaim.",
         (credential(parameter("JwtBodyClaim", "iss", "me"), PRINCIPAL, TOKEN_URL),), EC),
    Case("EC-24", 'The authentication protocol "Basic" doesn\'t support the following external credential parameter '
         "type(s): AuthParameter.", (credential(PRINCIPAL, parameter("AuthParameter", "Scope", "x"), protocol="Basic"),), EC),
    Case("EC-13", 'The authentication protocol "AwsSv4" supports named principals only.',
         (credential(AWS_SERVICE, AWS_REGION, parameter("PerUserPrincipal", "P", sequence=1), protocol="AwsSv4"),), (aws(),)),
)  # fmt: skip

ENDPOINTS = (
    Case("NC-01", 'The parameter type "HttpHeader" requires the following Named Credential Parameter fields: SequenceNumber.',
         (endpoint(URL, WAY, nc_parameter("HttpHeader", "X", "v")),), (endpoint(URL, WAY, HTTP),), org=EC),
    Case("NC-02", 'The parameter type "HttpHeader" requires the following Named Credential Parameter fields: ParameterValue.',
         (endpoint(URL, WAY, nc_parameter("HttpHeader", "X", sequence=1)),), (endpoint(URL, WAY, HTTP),), org=EC),
    Case("NC-03", "A named credential of type SecuredEndpoint needs a parameter of type Url.", (endpoint(WAY),),
         (endpoint(URL, WAY),), org=EC),
    Case("NC-04", "needs a parameter of type Authentication.", (endpoint(URL),), (endpoint(URL, WAY),), org=EC),
    Case("NC-05", "A named credential has one parameter of type Authentication, this has 2.", (endpoint(URL, WAY, WAY),),
         (endpoint(URL, WAY),), org=EC),
    Case("NC-06", "In field: externalCredential - no ExternalCredential named E found", (endpoint(URL, WAY),),
         (endpoint(URL, WAY), GOOD)),
    Case("NC-07", "In field: certificate - no Certificate named Cert found",
         (endpoint(URL, WAY, nc_parameter("ClientCertificate", "C", extra="<certificate>Cert</certificate>")),),
         (endpoint(URL, WAY),), org=EC),
    Case("NC-08", "The field endpoint belongs to legacy named credentials and has no meaning in a SecuredEndpoint.",
         (endpoint(URL, WAY, before="<endpoint>https://api.example.com</endpoint>"),), (endpoint(URL, WAY),), org=EC),
    Case("NC-09", "The URL api.example.com is not an absolute http or https URL.",
         (endpoint(nc_parameter("Url", "Url", "api.example.com"), WAY),), (endpoint(URL, WAY),), org=EC),
    Case("NC-10", "The header formula names $Credential.F, the header is sent for E.",
         (endpoint(URL, WAY, nc_parameter("HttpHeader", "X", "{!$Credential.F.key}", sequence=1)),),
         (endpoint(URL, WAY, nc_parameter("HttpHeader", "X", "{!$Credential.E.key}", sequence=1)),), org=EC),
    Case("NC-11", "The header formula cannot be read", (endpoint(URL, WAY, nc_parameter("HttpHeader", "X", "{!(}", sequence=1)),),
         (endpoint(URL, WAY, nc_parameter("HttpHeader", "X", "{!1 + 1}", sequence=1)),), org=EC),
)  # fmt: skip

UNTYPED = document(components={"schemas": {**document()["components"]["schemas"],
                                           "Part": {"type": "object", "properties": {"code": {"description": "?"}}}}})  # fmt: skip
NEGATED = document(components={"schemas": {**document()["components"]["schemas"],
                                           "Part": {"type": "object", "not": {"type": "string"}}}})  # fmt: skip
DEEP = document()
DEEP["components"]["schemas"]["Part"]["properties"] = {
    "p" * 60: {"type": "object", "properties": {"q" * 90: {"type": "object", "properties": {
        "r" * 100: {"type": "object", "properties": {"s": {"type": "string"}}}}}}}
}  # fmt: skip
STILL = {"addthing": True, "getthing": True}
BASE = ORG[:2]

REGISTRATIONS = (
    Case("ES-01", "In field: namedCredentialReference - no NamedCredential named N found", (registration(),),
         (registration(), *BASE)),
    Case("ES-02", "The schema cannot be read", (registration("{"),), (registration(),), org=BASE),
    Case("ES-03", 'Cannot invoke "String.toLowerCase()" because "swaggerDataType" is null', (registration(UNTYPED),),
         (registration(),), org=BASE),
    Case("ES-04", "The schema is not supported (OA-A06)", (registration(NEGATED),), (registration(),), org=BASE),
    Case("ES-05", "OpenAPI 3.1.0 is not supported", (registration(document(openapi="3.1.0")),), (registration(),), org=BASE),
    Case("ES-06", "serviceBinding is no JSON object.", (registration(binding="[]"),), (registration(binding="{}"),), org=BASE),
    Case("ES-07", "The schema has no operation addthings.", (registration(active={"addthings": True}),),
         (registration(active={"addThing": True}),), org=BASE),
    Case("ES-08", "schemaType is OpenApi, the schema is OpenApi3.", (registration(kind="OpenApi"),), (registration(),), org=BASE),
    Case("ES-09", "has more than 255 characters.", (registration(DEEP),), (registration(),), org=BASE),
    Case("ES-10", "The registration names no named credential", (registration(address=""),), (registration(),), org=BASE),
    Case("ES-11", "The org has 2 registrations with this one; 1 is the most.", (registration(name="More"),),
         (registration(),), org=ORG, limits={"MAX_REGISTRATIONS": 1}),
    Case("ES-12", "The org has 3 active operations with this registration; 2 is the most.",
         (registration(name="More", active={"addthing": True}),), (registration(name="More", active={"addthing": False}),),
         org=ORG, limits={"MAX_ACTIVE_OPERATIONS": 2}),
    Case("ES-20", "The active operation Things.getThing cannot be removed.",
         (registration(without("paths", "/things/{id}"), active={"addthing": True}),),
         (registration(active={"addthing": True, "getthing": False}),), org=ORG),
    Case("ES-21", "The required input id of the active operation Things.getThing cannot be removed.",
         (registration(without("paths", "/things/{id}", "get", "parameters")),), (registration(),), org=ORG),
    Case("ES-22", "The object ExternalService__Things_Part, which active operations use, cannot be removed.",
         (registration(document(components={"schemas": {"Thing": {"type": "object", "properties": {"name": {"type": "string"}}}}})),),
         (registration(without("components", "schemas", "Part", "properties", "code")),), org=ORG),
    Case("ES-23", "The required property name of the active object ExternalService__Things_Thing cannot be removed.",
         (registration(without("components", "schemas", "Thing", "properties", "name")),),
         (registration(without("components", "schemas", "Thing", "properties", "size")),), org=ORG),
    Case("ES-24", "The operation Things.addThing cannot be deactivated: the flow F uses it.",
         (registration(active={"addthing": False, "getthing": True}),),
         (registration(active={"addthing": True, "getthing": False}),), org=(*ORG, FLOW)),
)  # fmt: skip

RUN_FLOW = listed("userPermissions", enabled="true", name="RunFlow")
CLASS_ACCESS = listed("classAccesses", apexClass="Local", enabled="true")

GRANTS = (
    Case("PS-01", "The Q parameter value doesn't exist or you may not have permission to access it.", (grant("E-Q"),),
         (grant("E-P"),), org=EC),
    Case("PS-02", "invalid cross reference id", (grant(), GOOD), (grant(),), org=EC),
    Case("PS-03", "Unknown user permission: RunFlows", (grant("", more=RUN_FLOW.replace("RunFlow", "RunFlows")),),
         (grant("", more=RUN_FLOW),)),
    Case("PS-04", "In field: flow - no Flow named F found", (grant("", more=listed("flowAccesses", enabled="true", flow="F")),),
         (grant("", more=listed("flowAccesses", enabled="true", flow="F")), FLOW), org=ORG),
    Case("PS-05", "In field: apexClass - no ApexClass named Local found", (grant("", more=CLASS_ACCESS),),
         (grant("", more=CLASS_ACCESS), CLASS)),
    Case("PS-06", "RunFlow is listed more than once in userPermissions.", (grant("", more=RUN_FLOW * 2),),
         (grant("", more=RUN_FLOW),)),
)  # fmt: skip

MEMBER = "<label>G</label><permissionSets>S</permissionSets>"

OTHERS = (
    Case("REF-01", "In field: permissionSets - no PermissionSet named S found", (("PermissionSetGroup", "G", MEMBER),),
         (("PermissionSetGroup", "G", MEMBER), grant("")), ),
    Case("REF-02", "Invalid version number: 2", (("FlowDefinition", "F", "<activeVersionNumber>2</activeVersionNumber>"),),
         (("FlowDefinition", "F", "<activeVersionNumber>1</activeVersionNumber>"),), org=(*ORG, FLOW)),
    Case("REF-03", "You can't create a flow definition directly through the API",
         (("FlowDefinition", "F", "<activeVersionNumber>0</activeVersionNumber>"),),
         (("FlowDefinition", "F", "<activeVersionNumber>1</activeVersionNumber>"), FLOW), org=ORG),
)  # fmt: skip

DELETIONS = (
    Case("DEL-01", "E cannot be deleted: NamedCredential N uses it.", (), (), org=ORG[:2],
         bad_deletions=(Deletion("ExternalCredential", "E"),),
         good_deletions=(Deletion("ExternalCredential", "E"), Deletion("NamedCredential", "N"))),
    Case("DEL-02", "The flow F cannot be deleted: its version 1 is active.", (), (),
         org=(*ORG, FLOW, flow(call(), THING, TEXT, status="Draft", name="D")),
         bad_deletions=(Deletion("Flow", "F"),), good_deletions=(Deletion("Flow", "D"),)),
    Case("DEL-03", "The permission set S cannot be deleted: it is assigned to 1 users.", (), (), org=(grant(""), grant("", name="T")),
         bad_deletions=(Deletion("PermissionSet", "S"),), good_deletions=(Deletion("PermissionSet", "T"),), assigned="S"),
)  # fmt: skip

CASES = (*FORM, *NAMES, *CREDENTIALS, *ENDPOINTS, *REGISTRATIONS, *GRANTS, *OTHERS, *DELETIONS)
