"""A local org with two thousand components and the same components as a folder: the audit finds the same in both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsetup.facts.reader import read_facts
from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from sfsetup.metadata.layout import deploy_zip, read_tree, source_tree
from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.secret import Secret
from sfsetup.org.evidence import gather
from sfsetup.org.jobs import DeployOptions
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from sfsetup.rules.catalogue import rules_of
from sfsetup.rules.context import AuditContext
from sfsetup.rules.engine import Outcome, run
from sfsetup.rules.model import Evidence, Group
from sfsetup.rules.secrets import may_hold_secret

pytestmark = pytest.mark.slow
INTEGRATIONS = 250
SITES = 750
NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
SCHEMA = json.dumps(
    {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/orders": {"get": {"operationId": "getOrders", "responses": {"200": {"description": "done"}}}}},
    }
)


def component(kind: str, name: str, body: str, stage: int = 1) -> Component:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{NAMESPACE}">\n{body}\n</{kind}>\n'
    return Component(kind, name, text.encode(), stage)


def integration(number: int) -> Iterator[Component]:
    """Sound, or with one of a handful of defects, in turn."""
    name = f"Shop{number}"
    host = ("https://shop.acme.com", "http://shop.acme.com", "https://shop.ngrok.io", "https://shop.example.com/")[
        number % 4
    ]
    body = "true" if number % 3 == 0 else "false"
    yield component(
        "ExternalCredential",
        name,
        "<authenticationProtocol>Custom</authenticationProtocol><externalCredentialParameters>"
        "<parameterGroup>DefaultGroup</parameterGroup><parameterName>x-api-key</parameterName>"
        "<parameterType>AuthHeader</parameterType>"
        f"<parameterValue>{{!$Credential.{name}.ApiKey}}</parameterValue><sequenceNumber>1</sequenceNumber>"
        "</externalCredentialParameters><externalCredentialParameters><parameterGroup>Key</parameterGroup>"
        "<parameterName>Key</parameterName><parameterType>NamedPrincipal</parameterType>"
        f"<sequenceNumber>1</sequenceNumber></externalCredentialParameters><label>{name}</label>",
    )
    yield component(
        "NamedCredential",
        name,
        f"<allowMergeFieldsInBody>{body}</allowMergeFieldsInBody>"
        "<allowMergeFieldsInHeader>true</allowMergeFieldsInHeader><calloutStatus>Enabled</calloutStatus>"
        f"<generateAuthorizationHeader>{body}</generateAuthorizationHeader><label>{name}</label>"
        "<namedCredentialParameters><parameterName>Url</parameterName><parameterType>Url</parameterType>"
        f"<parameterValue>{host}</parameterValue></namedCredentialParameters>"
        f"<namedCredentialParameters><externalCredential>{name}</externalCredential>"
        "<parameterName>ExternalCredential</parameterName><parameterType>Authentication</parameterType>"
        "</namedCredentialParameters><namedCredentialType>SecuredEndpoint</namedCredentialType>",
    )
    yield component(
        "ExternalServiceRegistration",
        name,
        f"<label>{name}</label><namedCredentialReference>{name}</namedCredentialReference>"
        "<operations><active>true</active><name>getorders</name></operations>"
        f"<registrationProviderType>Custom</registrationProviderType><schema>{SCHEMA}</schema>"
        "<schemaType>OpenApi3</schemaType><status>Complete</status>",
    )
    yield component(
        "PermissionSet",
        f"{name}_Callers",
        "<externalCredentialPrincipalAccesses><enabled>true</enabled>"
        f"<externalCredentialPrincipal>{name}-Key</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
        f"<label>{name} callers</label>",
    )
    fault = "<faultConnector><targetReference>Note</targetReference></faultConnector>" if number % 2 else ""
    value = ("text", "+12025550123", "xoxb-2468013579-abcdefGHIJKL", "ops@acme.com")[number % 4]
    yield component(
        "Flow",
        f"{name}_Order",
        f"<actionCalls><name>Get</name><label>Get</label><locationX>0</locationX><locationY>0</locationY>"
        f"<actionName>{name}.getOrders</actionName><actionType>externalService</actionType>{fault}"
        "<flowTransactionModel>Automatic</flowTransactionModel>"
        "<storeOutputAutomatically>true</storeOutputAutomatically></actionCalls>"
        f"<apiVersion>{62 if number % 5 else 49}.0</apiVersion><assignments><name>Note</name><label>Note</label>"
        "<locationX>0</locationX><locationY>0</locationY><assignmentItems><assignToReference>note</assignToReference>"
        f"<operator>Assign</operator><value><stringValue>{value}</stringValue></value></assignmentItems></assignments>"
        f"<interviewLabel>Order</interviewLabel><label>{name}</label><processType>AutoLaunchedFlow</processType>"
        "<start><locationX>0</locationX><locationY>0</locationY><connector><targetReference>Get</targetReference>"
        "</connector></start><status>Active</status><variables><name>note</name><dataType>String</dataType>"
        "<isCollection>false</isCollection><isInput>false</isInput><isOutput>false</isOutput></variables>",
        2,
    )


def site(number: int) -> Component:
    scheme = "http" if number % 7 == 0 else "https"
    unsafe = "true" if number % 11 == 0 else "false"
    return component(
        "RemoteSiteSetting",
        f"Site{number}",
        f"<disableProtocolSecurity>{unsafe}</disableProtocolSecurity><isActive>true</isActive>"
        f"<url>{scheme}://s{number}.acme.com</url>",
    )


def deploy(connection: object, components: list[Component]) -> None:
    archive = deploy_zip(ComponentSet("66.0", tuple(components)))
    metadata = connection.metadata  # type: ignore[attr-defined]
    result = metadata.wait(metadata.deploy(archive, DeployOptions()), timeout=150)
    assert result.succeeded, [(message.full_name, message.problem) for message in result.failures][:5]


def marks(outcome: Outcome, decided: set[str]) -> set[tuple[str, str, str | None]]:
    return {(one.rule, str(one.component), one.element) for one in outcome.findings if one.rule in decided}


@pytest.mark.timeout(600)
def test_an_org_and_a_folder_agree(tmp_path: Path) -> None:
    components = [each for number in range(INTEGRATIONS) for each in integration(number)]
    components += [site(number) for number in range(SITES)]
    assert len(components) == 2000
    for name, data in source_tree(components).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    rules = [rule for rule in rules_of(Group.AUDIT) if rule.check is not None]
    with Embedded(State.open(None)) as server:
        connection = connect(AccessToken(server.url, Secret(server.token)))
        deploy(connection, [each for each in components if each.stage == 1])
        deploy(connection, [each for each in components if each.stage == 2])
        gathered = gather(connection)
        connection.close()
    assert gathered.evidence.missing_rights == ()
    org = run(AuditContext.of(gathered.facts, evidence=gathered.evidence), rules)
    folder = run(AuditContext.of(read_facts(read_tree(tmp_path), may_hold_secret=may_hold_secret)), rules)
    assert org.not_judged == folder.not_judged == ()

    undecided = {verdict.rule for verdict in (*org.unknown, *folder.unknown)}
    undecided |= set(org.not_applicable) | set(folder.not_applicable)
    decided = {rule.id for rule in rules if rule.evidence == (Evidence.FILES,)} - undecided
    print(f"compared: {', '.join(sorted(decided))}; undecided in one of them: {', '.join(sorted(undecided))}")
    assert marks(org, decided) == marks(folder, decided)
    found = {one.rule for one in folder.findings}
    assert {"NC-002", "NC-003", "NC-011", "FL-001", "FL-007", "FL-010", "RS-001", "RS-002"} <= found & decided
    assert len(marks(folder, decided)) > 1500
