"""The rules of `validate` over integration.yaml as rows of the catalogue; spec/ decides them."""

from __future__ import annotations

from typing import Final

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.model import Category, Evidence, Group, Rule

_SPEC = "sfsetup: the table of keys (integration.yaml)"
_ES = "reference: external services"
_MT = "reference: metadata types"


def _rule(
    rule_id: str,
    title: str,
    category: Category,
    what: str,
    why: str,
    fix: str,
    example: str,
    source: str = _SPEC,
    *,
    severity: Severity = Severity.HIGH,
    certainty: Certainty = Certainty.DOCUMENTED,
    exceptions: str = "",
) -> Rule:
    return Rule(
        id=rule_id,
        title=title,
        severity=severity,
        category=category,
        applies_to=(),
        what=what,
        why=why,
        fix=fix,
        example=example,
        sources=(source,),
        certainty=certainty,
        evidence=(Evidence.SPEC,),
        group=Group.SPEC,
        exceptions=exceptions,
    )


_C = Category

RULES: Final = (
    _rule(
        "SP-001", "integration.yaml cannot be read", _C.CORRECTNESS,
        "The file is broken YAML or JSON, empty, or no map of keys.",
        "Nothing of it can be used.", "Mend the syntax at the line that is named.",
        "service: {name: CPaaSSMS",
    ),
    _rule(
        "SP-002", "Unknown key", _C.CORRECTNESS,
        "A key that no part of sfsetup reads.",
        "It would be passed over in silence, and what it was meant to say would not happen.",
        "Write the key that is suggested, or remove it.", "named_credentials: {url: https://api.acme.com}",
    ),
    _rule(
        "SP-003", "A key stands twice", _C.CORRECTNESS,
        "One map has the same key twice.",
        "YAML and JSON keep the last one without a word.", "Remove one of the two.",
        "service: {name: A}\nservice: {name: B}",
    ),
    _rule(
        "SP-004", "A value of the wrong kind", _C.CORRECTNESS,
        "A list where a map is wanted, a word that is none of the choices, an empty value.",
        "The value cannot be used.", "Write a value of the kind that is named.", "operations: Send-Sms-Single",
    ),
    _rule(
        "SP-005", "A key is missing", _C.CORRECTNESS,
        "`openapi`, `service` or another key without a default is not there.",
        "There is nothing to take the value from.", "Add the key.", "openapi: openapi.json   # and no service",
    ),
    _rule(
        "SP-006", "A name that Salesforce does not take", _C.CORRECTNESS,
        "An API name with other characters than letters, digits and single inner underscores, not beginning with a "
        "letter, or longer than 80 characters; a service name with `_`.",
        "Salesforce refuses the component.", "Write the name that is suggested.",
        "named_credential: {name: 8x8 SMS API}", f"{_MT}, section 1 (fullName)",
    ),
    _rule(
        "SP-007", "A secret stands in the file", _C.SECRET,
        "A parameter, a header or any text holds a value that is a secret by its name or its form.",
        "The file is kept in version control: everybody who can read it has the secret.",
        "Write the source of the secret (env, file, keyring, command, prompt), and renew the secret.",
        "parameters: {api_key: sk-live-…}", severity=Severity.HIGH,
    ),
    _rule(
        "SP-008", "http:// endpoint", _C.TRANSPORT,
        "The URL begins with http://.",
        "Key and data would go in clear text, and a secured endpoint takes https only.", "Write https://.",
        "named_credential: {url: http://sms.8x8.com}", f"{_MT}, section 3",
    ),
    _rule(
        "SP-009", "No usable URL", _C.CORRECTNESS,
        "The URL is missing, holds a placeholder, a query or a fragment, or is no address.",
        "No callout can be made.", "Write the https:// address in front of every path.",
        "named_credential: {url: https://YOUR-ACCOUNT.example.com}",
    ),
    _rule(
        "SP-010", "The OpenAPI document cannot be used", _C.CORRECTNESS,
        "The file is missing, cut off, too big, or no OpenAPI document.",
        "Operations, names and defaults come from it.", "Mend the document, or write the right path.",
        "openapi: opnapi.json",
    ),
    _rule(
        "SP-011", "An operation that the document lacks", _C.CORRECTNESS,
        "`operations` names an operation that is not in the document.",
        "There would be no such action.", "Write its operationId, or `METHOD /path` where it has none.",
        "operations: [Send-SMS-Single]",
    ),
    _rule(
        "SP-012", "The flow calls an operation that is not registered", _C.CORRECTNESS,
        "`flow.operation` is not among `operations`.",
        "The flow would name an action that does not exist, and its deploy would be refused.",
        "Add it to `operations`, or call another one.", "operations: [A]\nflow: {operation: B}",
    ),
    _rule(
        "SP-013", "The flow calls another service", _C.CORRECTNESS,
        "`flow.service` is not the name of the service.",
        "An action's name begins with the name of its service: another name finds no action.",
        "Leave `service` out.", "service: {name: CPaaSSMS}\nflow: {service: SmsApi}",
        f"{_MT}, section 9",
    ),
    _rule(
        "SP-014", "An input that the operation lacks", _C.CORRECTNESS,
        "`verify.inputs` has a parameter or a property of the body that the document does not have.",
        "The generated class has no such property: a flow that sets it cannot be saved.",
        "Write the name that is suggested.", "inputs: {body: {to: \"+12025550123\"}}   # destination",
        f"{_MT}, section 9",
    ),
    _rule(
        "SP-015", "A required input is missing", _C.CORRECTNESS,
        "`verify.inputs` gives some inputs and not one that the document requires.",
        "The service would refuse the call.", "Add the input.", "inputs: {body: {text: Hello}}",
    ),
    _rule(
        "SP-016", "A parameter that no header carries", _C.CORRECTNESS,
        "A principal of the protocol custom stores a parameter, and no header names it.",
        "A stored parameter reaches the wire through a header's formula only: the call goes out without the key.",
        "Add the header.", "principals: [{parameters: {Authorization: {secret: {env: KEY}}}}]",
        f"{_MT}, section 9", certainty=Certainty.SEEN,
    ),
    _rule(
        "SP-017", "A header and its parameters do not fit", _C.CORRECTNESS,
        "A header's template cannot be read, names a parameter that the principal lacks, or another credential.",
        "At the callout Salesforce raises an error: the field does not exist.", "Name a parameter of the principal.",
        'headers: {Authorization: "Bearer {apikey}"}   # api_key', f"{_MT}, section 2 (formula in a header value)",
    ),
    _rule(
        "SP-018", "A header that cannot be sent", _C.CORRECTNESS,
        "A header's name is not one, stands twice, or its value is too long or has a line break.",
        "The request would be malformed, or the value cut.", "Write a plain name and a value on one line.",
        'headers: {"X Key": "{api_key}"}', f"{_MT}, section 2",
    ),
    _rule(
        "SP-019", "The base path stands in both places", _C.CORRECTNESS,
        "The URL has a path, and the document's first server has one, or all of its paths begin with it.",
        "Salesforce joins URL, base path and path: the base path would be sent twice.",
        "Take it out of the URL, or write `base_path: both`.",
        "url: https://api.acme.com/v1   # and servers: [{url: https://api.acme.com/v1}]",
        f"{_ES}, section 7", certainty=Certainty.INFERRED,
    ),
    _rule(
        "SP-020", "Generate Authorization Header is set the wrong way", _C.CORRECTNESS,
        "The switch is on for the protocol custom, or off for one whose header the platform makes.",
        "With custom it is not known which header wins; with the others no Authorization header is sent.",
        "Leave the key out.", "named_credential: {generate_authorization_header: true}",
        f"{_MT}, section 3", severity=Severity.MEDIUM, certainty=Certainty.SEEN,
    ),
    _rule(
        "SP-021", "Formulas in headers are not allowed", _C.CORRECTNESS,
        "A header holds a placeholder, and allow_formulas_in_header is false.",
        "The header goes out as the text of its formula, and the vendor answers 401.", "Leave the key out.",
        "named_credential: {allow_formulas_in_header: false}", f"{_MT}, section 3", certainty=Certainty.SEEN,
    ),
    _rule(
        "SP-022", "Something that the protocol does not have, or needs", _C.CORRECTNESS,
        "A key of another protocol, or one that this protocol cannot do without.",
        "Salesforce refuses the external credential, or cannot get a token.",
        "Remove or add what is named.", "protocol: basic\ntoken_url: https://…", f"{_MT}, section 2",
    ),
    _rule(
        "SP-023", "Two environments match one org", _C.CORRECTNESS,
        "Two environments have the same My Domain name or organization id.",
        "Which values an org gets would be chance.", "Let each org match one environment.",
        "environments: {a: {match: {my_domain: acme}}, b: {match: {my_domain: acme}}}",
    ),
    _rule(
        "SP-024", "An environment calls the wrong kind of host", _C.CORRECTNESS,
        "Production points at a host with sandbox, test or demo in it, or a sandbox at the production host.",
        "Test data would reach customers, or real data a test system.", "Write the vendor's address of that kind.",
        "production: {named_credential: {url: https://sandbox.acme.com}}", "sfsetup: words in host names",
        severity=Severity.MEDIUM, certainty=Certainty.INFERRED,
        exceptions="A vendor whose only host has such a word in its name.",
    ),
    _rule(
        "SP-025", "API version", _C.CORRECTNESS,
        "api_version is too old for what is used, or newer than what sfsetup is tested with.",
        "Elements that a version does not know are refused.", "Write the version that is named.",
        'api_version: "58.0"', f"{_MT}, version facts",
    ),
    _rule(
        "SP-026", "How callouts authenticate is not said", _C.CORRECTNESS,
        "There is no `protocol`, and the document's security schemes give no usable answer.",
        "The default would send no key.", "Write `protocol:`.", "external_credential: {}",
    ),
    _rule(
        "SP-027", "An input of the wrong type", _C.CORRECTNESS,
        "A value under `verify.inputs` is not of its schema's type, or none of its values.",
        "The flow or the service would refuse it.", "Write a value of the type that is named.",
        "inputs: {body: {includeMessagesInResponse: maybe}}",
    ),
    _rule(
        "SP-028", "Two principals are alike", _C.CORRECTNESS,
        "Two principals share a name or a sequence.",
        "Permission sets grant a principal by its name; by the sequence the platform chooses among several.",
        "Give each its own.", "principals: [{name: A, sequence: 1}, {name: B, sequence: 1}]",
        f"{_MT}, section 2", certainty=Certainty.INFERRED,
    ),
    _rule(
        "SP-029", "An expected value that cannot come", _C.CORRECTNESS,
        "A key of `verify.expect` is no output of the flow and no path in the result, or its value can never be.",
        "`verify` would always fail.", "Write an output, or a path in the answer's schema.",
        "expect: {status.cod: QUEUED}",
    ),
    _rule(
        "SP-030", "The source of a secret cannot be one", _C.SECRET,
        "`env` is not followed by the name of a variable, or `keyring` not by `service/user`.",
        "Often it is the secret itself that was pasted.", "Write the name of the source.",
        "secret: {env: my-secret-value!}",
    ),
    _rule(
        "SP-031", "No source for a stored value", _C.CORRECTNESS,
        "A header or the protocol needs a parameter, and no principal says where it can be had.",
        "A deploy cannot set it: callouts fail until somebody does.",
        "Add its source, or set it later with `sfsetup secret set`.",
        'headers: {Authorization: "Bearer {api_key}"}   # and no parameters', severity=Severity.MEDIUM,
    ),
    _rule(
        "SP-032", "A control character", _C.CORRECTNESS,
        "A text holds a character that no XML document can hold, or a name or label has a line break.",
        "The metadata could not be written, or would not be what it seems.", "Remove the character.",
        'label: "8x8\\u0007SMS"',
    ),
    _rule(
        "SP-033", "An operation that External Services cannot take", _C.CORRECTNESS,
        "A chosen operation gives no action, or one that flows cannot call.",
        "The registration would be refused, or the action would be missing from Flow.",
        "Take it out, or `sfsetup openapi check` for the reason.", "operations: [upload-image]   # image/png",
        f"{_ES}, section 2",
    ),
    _rule(
        "SP-034", "An input that the sample flow cannot give", _C.CORRECTNESS,
        "A required part of the body lies too deep, or has a type that Flow cannot hold.",
        "The sample flow takes flat inputs alone.", "Call another operation, or build that part by hand.",
        "flow: {operation: create-nested}", f"{_ES}, section 5", severity=Severity.MEDIUM,
        certainty=Certainty.INFERRED,
    ),
    _rule(
        "SP-035", "A part of the document is left out", _C.CORRECTNESS,
        "To make the document fit, a part of an operation is not registered.",
        "Callers cannot send it or read it.", "Nothing, if they do without it.",
        "A second media type that External Services does not know.", f"{_ES}, section 2", severity=Severity.LOW,
    ),
    _rule(
        "SP-036", "No user name", _C.CORRECTNESS,
        "An entry of `assign` has not the form of a Salesforce user name.",
        "A deploy stops when it finds no such user.", "Write the user name, or `me`.", "assign: [Integration User]",
        severity=Severity.MEDIUM,
    ),
    _rule(
        "SP-037", "Generated names clash or are too long", _C.CORRECTNESS,
        "Two generated classes, properties or inputs are equal but for letter case, or a class name is too long.",
        "Only one of them can be used; beyond the limit the registration fails.",
        "Shorten the service's name, or rename one of them.", "service: {name: A…}   # 80 letters",
        f"{_ES}, section 4",
    ),
    _rule(
        "SP-038", "The metadata cannot be rendered", _C.CORRECTNESS,
        "A text of the document holds what XML cannot hold, or no operation is left.",
        "There would be nothing to deploy.", "Change the text at the place that is named.",
        '"description": "\\u0000"',
    ),
)  # fmt: skip
