"""Semantic breaks of the rendered 8x8 integration: one small, plausible mistake each, and what becomes of it in an org.

The files stay well-formed and (but for two) valid by the WSDL. Whoever judges metadata is held against this list.

    for each in BREAKS:
        texts = each.broken(rendered)     # {"ExternalCredential": "<?xml …", "NamedCredential": …} of specs/8x8-sms
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EC, NC, ES, PS, FL = (
    "ExternalCredential",
    "NamedCredential",
    "ExternalServiceRegistration",
    "PermissionSet",
    "Flow",
)

REFUSED = "refused"
"""The deploy refuses: `check` names the row of the local org's judgement table, `at` the component's type."""
WARNED = "warned"
"""The true effect is not known: the deploy warns, and refuses once `switch` is turned."""
FAILS = "fails"
"""It deploys in silence, as in a real org; running the flow fails, with `message` in what it says."""


@dataclass(frozen=True)
class Break:
    """One mistake. `old` occurs in the text of the component of `type`, and `new` takes its place everywhere."""

    name: str
    type: str
    old: str
    new: str
    effect: str
    check: str = ""
    at: str = ""
    """Type of the component that is refused or warned about, where it is not the broken one."""
    switch: str = ""
    message: str = ""

    @property
    def judged(self) -> str:
        """Type of the component that the judgement is about."""
        return self.at or self.type

    def broken(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The texts by metadata type with the mistake in them."""
        assert self.old in texts[self.type], f"{self.name}: {self.old!r} is not in the {self.type}"
        return {**texts, self.type: texts[self.type].replace(self.old, self.new)}


_PRINCIPAL = "<parameterName>8x8 API Key Principal</parameterName>"
_GRANT = "<externalCredentialPrincipal>X8x8_CPaaS_Authentication-8x8 API Key Principal</externalCredentialPrincipal>"
_AUTHENTICATION = """    <namedCredentialParameters>
        <externalCredential>X8x8_CPaaS_Authentication</externalCredential>
        <parameterName>ExternalCredential</parameterName>
        <parameterType>Authentication</parameterType>
    </namedCredentialParameters>
"""
_PRINCIPAL_END = """        <parameterType>NamedPrincipal</parameterType>
        <sequenceNumber>1</sequenceNumber>
"""
_PRINCIPAL_BLOCK = f"""    <externalCredentialParameters>
        <parameterGroup>8x8 API Key Principal</parameterGroup>
        {_PRINCIPAL}
{_PRINCIPAL_END}    </externalCredentialParameters>
"""
_FORMULA = "{!&apos;Bearer &apos; &amp; $Credential.X8x8_CPaaS_Authentication.api_key}"
_SUB_ACCOUNT = """        <inputParameters>
            <name>subAccountId</name>
            <value>
                <elementReference>subAccountId</elementReference>
            </value>
        </inputParameters>
"""
_SINGLE = "<active>true</active>\n        <name>sendx2dsmsx2dsingle</name>"
_OBJECT = "<object>UserExternalCredential</object>"
_NO_ACCESS = "We couldn't access the credential(s)."

BREAKS = (
    # -- external credential ---------------------------------------------------------------------------------------
    Break("formula names the named credential", EC, "$Credential.X8x8_CPaaS_Authentication.",
          "$Credential.X8x8_SMS_API.",
          WARNED, "EC-16", switch="header-formula-checked", message="does not exist. Check spelling."),
    Break("formula names another parameter", EC, ".api_key}", ".ApiToken}", FAILS,
          message="Field X8x8_CPaaS_Authentication.ApiToken does not exist. Check spelling."),
    Break("formula with an open quote", EC, "&apos;Bearer &apos; &amp;", "&apos;Bearer &amp;", WARNED, "EC-17",
          switch="header-formula-checked"),
    Break("formula outside its braces", EC, _FORMULA,
          "&apos;Bearer &apos; &amp; $Credential.X8x8_CPaaS_Authentication.api_key",
          FAILS, message="401"),
    Break("principal in a group of another name", EC, "<parameterGroup>8x8 API Key Principal<",
          "<parameterGroup>API Key Principal<", WARNED, "EC-12", switch="parameter-group-checked"),
    Break("header in a group that is none", EC, "<parameterGroup>DefaultGroup<", "<parameterGroup>Defaults<", WARNED,
          "EC-12", switch="parameter-group-checked"),
    Break("sequence number 0", EC, _PRINCIPAL_END, _PRINCIPAL_END.replace(">1<", ">0<"), WARNED, "EC-11",
          switch="principal-sequence-checked"),
    Break("no sequence number", EC, _PRINCIPAL_END, _PRINCIPAL_END.partition("        <sequence")[0], WARNED, "EC-11",
          switch="principal-sequence-checked"),
    Break("protocol Password", EC, ">Custom<", ">Password<", REFUSED, "EC-01"),
    Break("protocol in small letters", EC, ">Custom<", ">custom<", REFUSED, "FORM-11"),
    Break("header as AuthParameter", EC, ">AuthHeader<", ">AuthParameter<", REFUSED, "EC-04"),
    Break("header without a value", EC, f"        <parameterValue>{_FORMULA}</parameterValue>\n", "", REFUSED, "EC-06"),
    Break("principal renamed", EC, ">8x8 API Key Principal<", ">8x8 Key Principal<", REFUSED, "PS-01", at=PS),
    Break("principal twice", EC, _PRINCIPAL_BLOCK, _PRINCIPAL_BLOCK * 2, REFUSED, "EC-09"),
    Break("principal per user", EC, ">NamedPrincipal<", ">PerUserPrincipal<", WARNED, "EC-13",
          switch="custom-per-user-refused"),
    # -- named credential ------------------------------------------------------------------------------------------
    Break("external credential misspelt", NC, ">X8x8_CPaaS_Authentication<", ">X8x8_CPaas_Authentification<", REFUSED,
          "NC-06"),
    Break("no authentication", NC, _AUTHENTICATION, "", WARNED, "NC-04", switch="missing-authentication-refused"),
    Break("no URL", NC, "        <parameterValue>https://sms.8x8.com</parameterValue>\n", "", REFUSED, "NC-03"),
    Break("URL without a scheme", NC, ">https://sms.8x8.com<", ">sms.8x8.com<", REFUSED, "NC-09"),
    Break("formulas in headers off", NC, "<allowMergeFieldsInHeader>true<", "<allowMergeFieldsInHeader>false<", FAILS,
          message="401"),
    Break("callouts off", NC, "<calloutStatus>Enabled<", "<calloutStatus>Disabled<", FAILS),
    Break("authentication as a header", NC, ">Authentication<", ">HttpHeader<", REFUSED, "NC-01"),
    Break("external credential outside the parameter", NC, _AUTHENTICATION,
          "    <externalCredential>X8x8_CPaaS_Authentication</externalCredential>\n", REFUSED, "FORM-03"),
    # -- registration ----------------------------------------------------------------------------------------------
    Break("named credential misspelt", ES, ">X8x8_SMS_API<", ">X8X8_SMS_Api<", REFUSED, "ES-01"),
    Break("operation unencoded and joined", ES, ">sendx2dsmsx2dsingle<", ">sendsmssingle<", WARNED, "ES-07",
          switch="registered-operations-checked"),
    Break("operation inactive", ES, _SINGLE, _SINGLE.replace("true", "false"), REFUSED, "FL-02", at=FL),
    Break("operationId renamed", ES, "Send-Sms-Single", "Send-One-Sms", REFUSED, "FL-02", at=FL),
    Break("property renamed in the schema", ES, "&quot;destination&quot;", "&quot;to&quot;", REFUSED, "FL-10", at=FL),
    Break("property without a type", ES, "&quot;text&quot;:{&quot;type&quot;:&quot;string&quot;,", "&quot;text&quot;:{",
          REFUSED, "ES-03"),
    Break("OpenAPI 3.1", ES, "&quot;openapi&quot;:&quot;3.0.1&quot;", "&quot;openapi&quot;:&quot;3.1.0&quot;", REFUSED,
          "ES-05"),
    Break("schemaType of 2.0", ES, ">OpenApi3<", ">OpenApi<", WARNED, "ES-08", switch="schema-type-checked"),
    Break("binding that is no JSON", ES, "    <status>Complete",
          "    <serviceBinding>host: sms</serviceBinding>\n    <status>Complete",
          REFUSED, "ES-06"),
    # -- permission set --------------------------------------------------------------------------------------------
    Break("spaces round the hyphen", PS, "Authentication-8x8", "Authentication - 8x8", REFUSED, "PS-01"),
    Break("underscore for the hyphen", PS, "Authentication-8x8", "Authentication_8x8", REFUSED, "PS-01"),
    Break("colon as in Setup", PS, "Authentication-8x8", "Authentication : 8x8", REFUSED, "PS-01"),
    Break("grant of the named credential", PS, ">X8x8_CPaaS_Authentication-", ">X8x8_SMS_API-", REFUSED, "PS-01"),
    Break("grant not enabled", PS, f"<enabled>true</enabled>\n        {_GRANT}",
          f"<enabled>false</enabled>\n        {_GRANT}",
          FAILS, message=_NO_ACCESS),
    Break("no read on User External Credentials", PS, "<allowRead>true<", "<allowRead>false<", FAILS,
          message=_NO_ACCESS),
    Break("rights on another object", PS, _OBJECT, "<object>Account</object>", FAILS, message=_NO_ACCESS),
    Break("permission misspelt", PS, ">RunFlow<", ">RunFlows<", REFUSED, "PS-03"),
    Break("another permission instead of RunFlow", PS, ">RunFlow<", ">ApiEnabled<", FAILS,
          message="Insufficient Privileges"),
    # -- flow ------------------------------------------------------------------------------------------------------
    Break("class misspelt", FL, ">ExternalService__CPaaSSMS_SmsRequest<", ">ExternalService__CPaaSSMS_SMSRequests<",
          REFUSED,
          "FL-01"),
    Break("class of another service", FL, ">ExternalService__CPaaSSMS_SmsRequest<",
          ">ExternalService__SmsApi_SmsRequest<",
          REFUSED, "FL-01"),
    Break("class as in Apex", FL, ">ExternalService__CPaaSSMS_SmsRequest<", ">ExternalService.CPaaSSMS_SmsRequest<",
          REFUSED,
          "FL-01"),
    Break("action of another service", FL, ">CPaaSSMS.Send-Sms-Single<", ">SmsApi.Send-Sms-Single<", REFUSED, "FL-02"),
    Break("operation encoded", FL, ">CPaaSSMS.Send-Sms-Single<", ">CPaaSSMS.Sendx2dSmsx2dSingle<", REFUSED, "FL-02"),
    Break("operation as its label", FL, ">CPaaSSMS.Send-Sms-Single<", ">CPaaSSMS.Send Sms Single<", REFUSED, "FL-02"),
    Break("action of type apex", FL, ">externalService<", ">apex<", REFUSED, "FL-02"),
    Break("input that the operation lacks", FL, "<name>subAccountId</name>\n            <value>",
          "<name>accountId</name>\n            <value>", REFUSED, "FL-05"),
    Break("required input left out", FL, _SUB_ACCOUNT, "", REFUSED, "FL-06"),
    Break("to instead of destination", FL, ">body.destination<", ">body.to<", REFUSED, "FL-10"),
    Break("from instead of source", FL, ">body.source<", ">body.from<", REFUSED, "FL-10"),
    Break("output that the operation lacks", FL, ">Call_Send_Sms_Single.200<", ">Call_Send_Sms_Single.201<", REFUSED,
          "FL-10"),
    Break("path that the answer lacks", FL, ">result.status.code<", ">result.status.state<", REFUSED, "FL-10"),
    Break("body of another type", FL, ">ExternalService__CPaaSSMS_SmsRequest<",
          ">ExternalService__CPaaSSMS_SmsStatus<", REFUSED,
          "FL-08"),
    Break("variable that is not there", FL, "<elementReference>destination<", "<elementReference>recipient<", REFUSED,
          "FL-09"),
    Break("connector into nothing", FL, "<targetReference>Is_it_200<", "<targetReference>Is_it_OK<", REFUSED, "FL-12"),
    Break("flow as a draft", FL, "<status>Active<", "<status>Draft<", FAILS, message="no active version"),
)  # fmt: skip
"""In the order of the components."""
