"""The rules of `validate` over metadata files as rows of the catalogue; the modules `metadata_…` decide them."""

from __future__ import annotations

from typing import Final

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.model import Category, Evidence, Group, Rule

_EC, _NC, _ES, _PS, _FL = (
    "ExternalCredential", "NamedCredential", "ExternalServiceRegistration", "PermissionSet", "Flow",
)  # fmt: skip
_ALL = (_EC, _NC, _ES, _PS, _FL)
_MT = "reference: metadata types"
_GT = "reference: external services"


def _rule(
    rule_id: str,
    title: str,
    applies_to: tuple[str, ...],
    what: str,
    why: str,
    fix: str,
    example: str,
    source: str,
    *,
    severity: Severity = Severity.HIGH,
    certainty: Certainty = Certainty.DOCUMENTED,
    exceptions: str = "",
) -> Rule:
    return Rule(
        id=rule_id,
        title=title,
        severity=severity,
        category=Category.CORRECTNESS,
        applies_to=applies_to,
        what=what,
        why=why,
        fix=fix,
        example=example,
        sources=(source,),
        certainty=certainty,
        evidence=(Evidence.FILES,),
        group=Group.METADATA,
        exceptions=exceptions,
    )


RULES: Final = (
    _rule(
        "MD-001", "A file cannot be read", _ALL,
        "Broken XML, another root element, a manifest or an archive that is none.",
        "A deploy of it would be refused as a whole.", "Mend it, or render it again.",
        "<NamedCredential><label>8x8</NamedCredential>", f"{_MT}, section 1",
    ),
    _rule(
        "MD-002", "The form of a file", _ALL,
        "An element that the type does not have in this API version, one too many or missing, a value of another kind.",
        "The Metadata API refuses it with exactly this message, where it is known.",
        "Write what is named, or choose an API version that has the element.",
        "<externalCredential>A</externalCredential>   below <NamedCredential>", "Metadata API WSDL 47.0 - 68.0",
    ),
    _rule(
        "MD-003", "A file name that is no API name", _ALL,
        "The name of a file is the component's API name, and this one cannot be.",
        "Salesforce refuses the component.", "Letters, digits, single inner underscores, a letter first.",
        "namedCredentials/8x8-SMS.namedCredential-meta.xml", f"{_MT}, section 1 (fullName)",
    ),
    _rule(
        "MD-004", "A component in two files", _ALL,
        "Two files hold the same type and name.", "Which of them is deployed would be chance.",
        "Remove one of them.", "a/flows/X.flow-meta.xml and b/flows/X.flow-meta.xml", f"{_MT}, section 1",
    ),
    _rule(
        "MD-005", "package.xml does not say what is there", _ALL,
        "A member without a file, or a file that no member names.",
        "The first is refused, the second is passed over in silence.",
        "Add the file, or take it out of package.xml.", "<members>Gone</members>", f"{_MT}, section 6",
    ),
    _rule(
        "MD-010", "Parameters that the protocol does not take, or needs", (_EC,),
        "A parameter type that the authentication protocol has no use for, or one that it cannot do without.",
        "Salesforce refuses the external credential.", "Write the protocol's own parameters.",
        "<parameterType>AuthParameter</parameterType>   with Custom", f"{_MT}, section 2", certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-011", "A parameter lacks a field", (_EC, _NC),
        "A header without value, a certificate without its name, a header of a named credential without its order.",
        "Salesforce refuses the credential.", "Add the field.",
        "<parameterType>AuthHeader</parameterType>   without parameterValue", f"{_MT}, sections 2 and 3",
        certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-012", "Principals that do not stand apart", (_EC,),
        "Two principals of one name or sequence number, or a parameter in a group that is no principal's.",
        "A group ties a parameter to the principal of the same name.", "Give each its own name, number and group.",
        "<parameterGroup>Other</parameterGroup>", f"{_MT}, section 2 (parameterGroup)", certainty=Certainty.INFERRED,
    ),
    _rule(
        "MD-013", "A formula reads another credential", (_EC,),
        "`$Credential.X.…` in a header, and X is not this external credential.",
        "The name is not checked at a deploy; at the callout Salesforce raises an error.",
        "Write the external credential's API name, not the principal's.",
        "{!$Credential.My_Principal.Key}", f"{_MT}, section 2 (formula)",
    ),
    _rule(
        "MD-014", "A formula that is not evaluated", (_EC,),
        "Text outside of `{! }` with a reference in it, a formula that is not closed, or text mixed with a formula.",
        "The header goes out as it is written.", "Write one formula for the whole value.",
        "'Bearer '&{!$Credential.EC.Key}", f"{_MT}, section 2 (formula)", certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-015", "A secret stands in the metadata", (_EC, _NC),
        "A header that holds a secret, by its name or its form, has its value written out.",
        "Whoever can read the metadata, or its history, has the secret.",
        "Store it in a principal, send it by a formula, and renew it.",
        "<parameterName>Authorization</parameterName>\n<parameterValue>Bearer abc…</parameterValue>",
        f"{_MT}, section 8",
    ),
    _rule(
        "MD-020", "No external credential", (_NC,),
        "A secured endpoint that names no external credential, or one that is not there.",
        "Salesforce refuses it, or callouts go out without authentication.", "Name the external credential.",
        "<externalCredential>Gone</externalCredential>", f"{_MT}, sections 3 and 7", certainty=Certainty.INFERRED,
    ),
    _rule(
        "MD-021", "No usable URL", (_NC,),
        "The URL is missing, no address, or http://.", "No callout can be made.", "Write an https:// address.",
        "<parameterValue>http://sms.8x8.com</parameterValue>", f"{_MT}, section 3",
    ),
    _rule(
        "MD-022", "Formulas in headers are not allowed", (_NC,),
        "A header holds a formula, and allowMergeFieldsInHeader is false.",
        "The header goes out as the text of its formula.", "Write true.",
        "<allowMergeFieldsInHeader>false</allowMergeFieldsInHeader>", f"{_MT}, section 3", certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-023", "Nothing, or two things, make the Authorization header", (_NC, _EC),
        "generateAuthorizationHeader is on with Custom, off with another protocol, or Custom has no header at all.",
        "With Custom it is not known which header wins; else no header is sent.",
        "false for Custom with a header of its own, true for the others.",
        "<generateAuthorizationHeader>true</generateAuthorizationHeader>", f"{_MT}, section 3",
        severity=Severity.MEDIUM, certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-024", "Callouts are switched off", (_NC,),
        "calloutStatus is Disabled.", "Every callout fails until an administrator turns it on.", "Write Enabled.",
        "<calloutStatus>Disabled</calloutStatus>", f"{_MT}, section 3",
    ),
    _rule(
        "MD-030", "No named credential", (_ES,),
        "A registration that names no named credential, or one that is not there.",
        "Salesforce refuses it, or its actions cannot call out.", "Name the named credential.",
        "<namedCredentialReference>Gone</namedCredentialReference>", f"{_MT}, section 7", certainty=Certainty.INFERRED,
    ),
    _rule(
        "MD-031", "The schema cannot be read", (_ES,),
        "The registration has no schema, or it is no OpenAPI document.", "There would be no operation.",
        "Render it again.", "<schema>{&quot;openapi&quot;:</schema>", f"{_GT}, section 3",
    ),
    _rule(
        "MD-032", "An operation that the schema lacks", (_ES,),
        "`operations` names what the schema does not have.",
        "It would be no action; flows that call it break.", "Write the operation's name, encoded, in lower case.",
        "<name>sendx2dsms</name>", f"{_GT}, section 3",
    ),
    _rule(
        "MD-033", "External Services would refuse the schema", (_ES,),
        "An acceptance rule (OA-…) is broken by the schema.", "The registration is refused.",
        "`sfsetup openapi fit` repairs most of them.", "A schema without a type.", f"{_GT}, section 2",
    ),
    _rule(
        "MD-034", "Nothing of the service can be called", (_ES,),
        "No operation is active, or the provider type is not that of a registered document.",
        "Flow shows no action.", "Activate the operations.", "<active>false</active>", f"{_GT}, section 3",
    ),
    _rule(
        "MD-040", "A grant of a principal that is not there", (_PS,),
        "`externalCredentialPrincipal` is no `<external credential>-<principal>`, or the grant is not enabled.",
        "Salesforce refuses the permission set.", "One hyphen, no spaces around it: `EC-My Principal`.",
        "<externalCredentialPrincipal>EC - My Principal</externalCredentialPrincipal>", f"{_MT}, section 4",
        certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-041", "Nobody may use a principal", (_PS,),
        "No permission set of the integration gives access to one of its principals.",
        "Callouts of its users fail.", "Add the grant.", "No externalCredentialPrincipalAccesses.",
        f"{_MT}, section 4",
    ),
    _rule(
        "MD-042", "No access to User External Credentials", (_PS,),
        "The set gives a principal and not the level on UserExternalCredential that its callers need.",
        "Callers without that access get an error.", "Add objectPermissions.",
        "<allowRead>false</allowRead>\n<object>UserExternalCredential</object>", f"{_MT}, section 4",
        certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-044", "Access to a flow that is not there", (_PS,),
        "`flowAccesses` names a flow that is not part of the integration.", "Salesforce refuses the permission set.",
        "Name the flow.", "<flow>Gone</flow>", f"{_MT}, section 4", certainty=Certainty.INFERRED,
    ),
    _rule(
        "MD-050", "A service that is not there", (_FL,),
        "The first part of an action's name is no registered service.", "Salesforce refuses the flow.",
        "Write the registration's name.", "<actionName>SmsApi.Send-Sms-Single</actionName>", f"{_MT}, section 5",
        certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-051", "An operation that is not there", (_FL,),
        "The second part of an action's name is no operation of the service, or one that is not active.",
        "Salesforce refuses the flow.", "Write the operation as the document does.",
        "<actionName>CPaaSSMS.SendSmsSingle</actionName>", f"{_MT}, section 5", certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-052", "Inputs that do not fit the action", (_FL,),
        "An input that the action does not have, a required one that is not given, one without value.",
        "Salesforce refuses the flow, or the call fails.", "Give each input of the action once.",
        "<inputParameters><name>subAccount</name>", f"{_GT}, section 5", certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-053", "A variable of the wrong class", (_FL,),
        "An Apex-defined variable whose class no service gives, or that is not what the action takes.",
        "Salesforce refuses the flow.", "Write `ExternalService__<Service>_<Schema>`.",
        "<apexClass>ExternalService__SmsApi_SmsRequest</apexClass>", f"{_MT}, section 5", certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-054", "A property that the class lacks", (_FL,),
        "A path such as `smsBody.to` leads to no property of the class.", "The flow cannot be saved.",
        "Write the property's name as flows do: special characters are encoded.", "smsBody.to   # destination",
        f"{_MT}, section 5", certainty=Certainty.INFERRED,
    ),
    _rule(
        "MD-055", "A name that the flow lacks", (_FL,),
        "A reference to a variable or element that does not exist, or two variables of one name.",
        "The flow cannot be saved.", "Write the name of a variable or element.",
        "<elementReference>subAccount</elementReference>", f"{_MT}, section 5", certainty=Certainty.SEEN,
    ),
    _rule(
        "MD-056", "A way that leads nowhere", (_FL,),
        "A connector without its target, an element that nothing leads to, a flow that does not start.",
        "The flow cannot be saved, or a part of it never runs.", "Connect the elements.",
        "<targetReference>Gone</targetReference>", f"{_MT}, section 5",
    ),
    _rule(
        "MD-057", "An output that the action lacks", (_FL,),
        "A flow reads an output that the operation's answers do not give.", "The flow cannot be saved.",
        "Write the response's key, `responseCode`, or a declared error.", "Call_Send.201.umid",
        f"{_GT}, section 5", certainty=Certainty.INFERRED,
    ),
    _rule(
        "MD-058", "A callout without a fault path", (_FL,),
        "An action that calls out has no faultConnector.", "A failed call ends in an unhandled fault.",
        "Add a faultConnector.", "<actionCalls> without <faultConnector>", f"{_MT}, section 5",
        severity=Severity.MEDIUM,
    ),
    _rule(
        "MD-060", "A component of the integration is missing", _ALL,
        "The spec renders a component that the files do not have.", "The chain from flow to vendor is broken.",
        "Render the integration again.", "No permission set among the files.", "sfsetup: comparison with the spec",
    ),
    _rule(
        "MD-061", "A file says something else than the spec", _ALL,
        "An element differs in meaning from what the spec renders.",
        "Either the file or the spec is not what is meant.", "Render again, or change the spec.",
        "<parameterValue>https://sms.8x8.uk</parameterValue>", "sfsetup: comparison with the spec",
        exceptions="A flow that is changed on purpose: `flow.manage: once` leaves it alone.",
    ),
    _rule(
        "MD-062", "A component that is not of this integration", _ALL,
        "The files hold a component that the spec does not render.", "It would be deployed with the others.",
        "Remove it, or name it as the spec does.", "A second named credential.", "sfsetup: comparison with the spec",
        severity=Severity.MEDIUM,
    ),
)  # fmt: skip
