"""One case for each row of the judgement table: a deploy that earns it, and its twin that earns nothing at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfsetup.localorg.judge.context import Deletion

Piece = tuple[str, str, str]
"""Metadata type, fullName, the inside of its root element (a whole document where it begins with `<?xml`)."""


@dataclass(frozen=True)
class Case:
    """`says` is the whole message where its wording is Salesforce's, else a part of it."""

    check: str
    says: str
    bad: tuple[Piece, ...]
    good: tuple[Piece, ...]
    org: tuple[Piece, ...] = ()
    """What the org has before."""
    bad_deletions: tuple[Deletion, ...] = ()
    good_deletions: tuple[Deletion, ...] = ()
    version: str = "66.0"
    switches: Mapping[str, bool] = field(default_factory=dict)
    """Besides the row's own, which is turned on."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Limits of `judge.registration` or `openapi.check_document` that stand lower than in an org."""
    assigned: str = ""
    """Permission set that a user of the org has."""


# -- pieces --------------------------------------------------------------------------------------------------------


def parameter(kind: str, name: str, value: str = "", *, sequence: object = "", group: str = "", extra: str = "") -> str:
    """One externalCredentialParameters."""
    inner = extra
    inner += f"<parameterGroup>{group}</parameterGroup>" if group else ""
    inner += f"<parameterName>{name}</parameterName><parameterType>{kind}</parameterType>"
    inner += f"<parameterValue>{value}</parameterValue>" if value else ""
    inner += f"<sequenceNumber>{sequence}</sequenceNumber>" if sequence != "" else ""
    return f"<externalCredentialParameters>{inner}</externalCredentialParameters>"


PRINCIPAL = parameter("NamedPrincipal", "P", sequence=1)
HEADER = parameter("AuthHeader", "X-Key", "{!$Credential.E.key}", sequence=1)


def credential(*parameters: str, protocol: str = "Custom", name: str = "E") -> Piece:
    inner = f"<authenticationProtocol>{protocol}</authenticationProtocol>{''.join(parameters)}<label>E</label>"
    return ("ExternalCredential", name, inner)


def nc_parameter(kind: str, name: str, value: str = "", extra: str = "", sequence: object = "") -> str:
    """One namedCredentialParameters."""
    inner = f"{extra}<parameterName>{name}</parameterName><parameterType>{kind}</parameterType>"
    inner += f"<parameterValue>{value}</parameterValue>" if value else ""
    inner += f"<sequenceNumber>{sequence}</sequenceNumber>" if sequence != "" else ""
    return f"<namedCredentialParameters>{inner}</namedCredentialParameters>"


URL = nc_parameter("Url", "Url", "https://api.example.com")
WAY = nc_parameter("Authentication", "EC", extra="<externalCredential>E</externalCredential>")


def endpoint(*parameters: str, kind: str = "SecuredEndpoint", before: str = "", label: str = "N") -> Piece:
    inner = f"{before}<label>{label}</label>{''.join(parameters)}<namedCredentialType>{kind}</namedCredentialType>"
    return ("NamedCredential", "N", inner)


def document(**changes: Any) -> dict[str, Any]:
    """A small OpenAPI document: POST /things takes and gives a Thing, GET /things/{id} gives one."""
    thing = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "size": {"type": "integer", "format": "int32"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "part": {"$ref": "#/components/schemas/Part"},
            "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
        },
    }
    part = {"type": "object", "properties": {"code": {"type": "string"}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    made: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": {
            "/things": {
                "post": {
                    "operationId": "addThing",
                    "requestBody": {**body, "required": True},
                    "responses": {"200": {"description": "ok", **body}},
                }
            },
            "/things/{id}": {
                "get": {
                    "operationId": "getThing",
                    "parameters": [one],
                    "responses": {"200": {"description": "ok", **body}},
                }
            },
        },
        "components": {"schemas": {"Thing": thing, "Part": part}},
    }
    return {**made, **changes}


def without(*path: str, **changes: Any) -> dict[str, Any]:
    """The document without what a path leads to."""
    made = json.loads(json.dumps(document(**changes)))
    node = made
    for step in path[:-1]:
        node = node[step]
    if isinstance(node, list):
        node.remove(path[-1])
    else:
        del node[path[-1]]
    return made


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def registration(
    schema: Any = None,
    *,
    active: Mapping[str, bool] | None = None,
    address: str = "<namedCredentialReference>N</namedCredentialReference>",
    kind: str = "OpenApi3",
    status: str = "<status>Complete</status>",
    binding: str = "",
    name: str = "Things",
) -> Piece:
    entries = "".join(
        f"<operations><active>{str(on).lower()}</active><name>{each}</name></operations>"
        for each, on in (active or {"addthing": True, "getthing": True}).items()
    )
    text = schema if isinstance(schema, str) else json.dumps(schema or document())
    binding = f"<serviceBinding>{binding}</serviceBinding>" if binding else ""
    inner = f"<label>Things</label>{address}{entries}<registrationProviderType>Custom</registrationProviderType>"
    inner += f"<schema>{escape(text)}</schema><schemaType>{kind}</schemaType>{binding}{status}"
    return ("ExternalServiceRegistration", name, inner)


def grant(value: str = "E-P", *, more: str = "", label: str = "S", description: str = "", name: str = "S") -> Piece:
    inner = f"<description>{description}</description>" if description else ""
    if value:
        inner += "<externalCredentialPrincipalAccesses><enabled>true</enabled><externalCredentialPrincipal>"
        inner += f"{value}</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
    return ("PermissionSet", name, f"{inner}{more}<label>{label}</label>")


def rights(name: str, *, without: str = "") -> str:
    """One objectPermissions, read only."""
    fields = ("allowCreate", "allowDelete", "allowEdit", "allowRead", "modifyAllRecords", "object", "viewAllRecords")
    texts = {"allowRead": "true", "object": name}
    inner = "".join(f"<{each}>{texts.get(each, 'false')}</{each}>" for each in fields if each != without)
    return f"<objectPermissions>{inner}</objectPermissions>"


def listed(element: str, **fields: str) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<{element}>{inner}</{element}>"


NODE = "<locationX>0</locationX><locationY>0</locationY>"


def reference(text: str) -> str:
    return f"<value><elementReference>{text}</elementReference></value>"


def call(
    action: str = "Things.addThing",
    *,
    inputs: str | None = None,
    outputs: str = "",
    kind: str = "externalService",
    connector: str = "",
) -> str:
    """One actionCalls named Call."""
    given = listed_input("body", reference("thing")) if inputs is None else inputs
    stored = outputs or "<storeOutputAutomatically>true</storeOutputAutomatically>"
    inner = (
        f"<name>Call</name><label>Call</label>{NODE}<actionName>{action}</actionName><actionType>{kind}</actionType>"
    )
    return f"<actionCalls>{inner}{connector}{given}{stored}</actionCalls>"


def listed_input(name: str, value: str) -> str:
    return f"<inputParameters><name>{name}</name>{value}</inputParameters>"


def variable(name: str, kind: str = "String", *, of: str = "", many: bool = False) -> str:
    of = f"<apexClass>{of}</apexClass>" if of else ""
    inner = f"<name>{name}</name>{of}<dataType>{kind}</dataType><isCollection>{str(many).lower()}</isCollection>"
    return f"<variables>{inner}<isInput>false</isInput><isOutput>false</isOutput></variables>"


def assign(target: str, value: str, operator: str = "Assign", *, name: str = "Set", next_: str = "Call") -> str:
    """One assignments."""
    item = f"<assignToReference>{target}</assignToReference><operator>{operator}</operator>{value}"
    way = f"<connector><targetReference>{next_}</targetReference></connector>" if next_ else ""
    inner = f"<name>{name}</name><label>{name}</label>{NODE}<assignmentItems>{item}</assignmentItems>{way}"
    return f"<assignments>{inner}</assignments>"


THING = variable("thing", "Apex", of="ExternalService__Things_Thing")
TEXT = variable("text")


def flow(*parts: str, first: str = "Call", status: str = "Active", name: str = "F") -> Piece:
    """A flow; its parts are put in the order that keeps elements of one name together."""
    start = f"<start>{NODE}<connector><targetReference>{first}</targetReference></connector></start>" if first else ""
    inner = "".join(sorted(parts)) + "<label>F</label><processType>AutoLaunchedFlow</processType>"
    return ("Flow", name, f"{inner}{start}<status>{status}</status>")


FLOW = flow(call(), THING, TEXT)
ORG = (credential(HEADER, PRINCIPAL), endpoint(URL, WAY), registration())
CLASS_MESSAGE = (
    'thing (Variable) - "apexClass" is invalid. Provide the API name of an Apex class that includes an Apex data type '
    "supported in flows."
)
ACTION_MESSAGE = "Call (Action) - We can't find an action with the name and action type that you specified."
API_NAME = (
    "API Name can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not "
    "include spaces, not end with an underscore, and not contain two consecutive underscores."
)
