"""Links: flow -> operation -> registration -> named -> external credential, whatever the namespace and letter case."""

from __future__ import annotations

import pytest

from sfsetup.facts.graph import Graph, same_name, without_namespace
from tests.support.metadata_files import call, facts_of, node, tree

EXTERNAL = (
    "<authenticationProtocol>Custom</authenticationProtocol>"
    "<externalCredentialParameters><parameterName>Authorization</parameterName>"
    "<parameterType>AuthHeader</parameterType><parameterValue>{!'Bearer ' &amp; $Credential.Acme.Key}</parameterValue>"
    "<sequenceNumber>2</sequenceNumber></externalCredentialParameters>"
    "<externalCredentialParameters><parameterName>Accept</parameterName><parameterType>AuthHeader</parameterType>"
    "<parameterValue>application/json</parameterValue><sequenceNumber>1</sequenceNumber></externalCredentialParameters>"
)
NAMED = (
    "<namedCredentialParameters><externalCredential>{external}</externalCredential>"
    "<parameterName>ExternalCredential</parameterName><parameterType>Authentication</parameterType>"
    "</namedCredentialParameters><namedCredentialParameters><parameterName>authorization</parameterName>"
    "<parameterType>HttpHeader</parameterType><parameterValue>Basic x</parameterValue>"
    "<sequenceNumber>1</sequenceNumber></namedCredentialParameters>"
    "<namedCredentialType>SecuredEndpoint</namedCredentialType>"
)
SERVICE = (
    "<label>Shop</label><namedCredentialReference>{named}</namedCredentialReference><operations>"
    "<active>true</active><name>sendx2dsms</name></operations><operations><active>false</active>"
    "<name>z0limit</name></operations><status>Complete</status>"
)


def chain(*, external: str = "Acme", named: str = "Acme", action: str = "Shop.Send-Sms") -> Graph:
    return Graph(
        facts_of(
            tree(
                externalCredentials__Acme__externalCredential=EXTERNAL,
                namedCredentials__Acme__namedCredential=NAMED.format(external=external),
                externalServiceRegistrations__Shop__externalServiceRegistration=SERVICE.format(named=named),
                flows__Send__flow=call("Send", action),
            )
        )
    )


@pytest.mark.parametrize(
    ("external", "named", "action"),
    [
        ("Acme", "Acme", "Shop.Send-Sms"),
        ("ACME", "acme", "shop.send-sms"),
        ("ns__Acme", "ns__Acme", "ns::Shop.Send-Sms"),
        ("Acme", "Acme", "Shop.sendx2dsms"),
    ],
)
def test_the_chain_is_found(external: str, named: str, action: str) -> None:
    graph = chain(external=external, named=named, action=action)
    (found,) = graph.calls
    assert found.registration is graph.registration("Shop")
    assert found.operation is not None
    assert found.operation.name == "sendx2dsms"
    assert found.named_credential is graph.named_credential("acme")
    assert found.external_credential is graph.external_credential("Acme")
    assert graph.calls_of(graph.facts.registrations[0]) == (found,)
    assert graph.calls_of_flow(graph.facts.flows[0]) == (found,)
    assert graph.is_used(graph.facts.named_credentials[0])
    assert graph.named_credentials_of(graph.facts.external_credentials[0]) == graph.facts.named_credentials


def test_what_is_not_there_is_none() -> None:
    (found,) = chain(external="Other", named="Other", action="Elsewhere.x").calls
    assert (found.registration, found.operation, found.named_credential, found.external_credential) == (None,) * 4
    (other,) = chain(action="Shop.unknown").calls
    assert (other.registration is not None, other.operation) == (True, None)


def test_headers_of_the_named_credential_hide_those_of_the_other() -> None:
    graph = chain()
    headers = graph.headers_of(graph.facts.named_credentials[0])
    assert [(header.name, header.source.metadata_type) for header in headers] == [
        ("authorization", "NamedCredential"),
        ("Accept", "ExternalCredential"),
    ]
    assert headers[0].overrides is graph.external_credential("Acme")
    assert headers[1].overrides is None


def test_operations_are_known_by_the_names_that_flows_write() -> None:
    (shop,) = chain().facts.registrations
    assert shop.is_active("Send-Sms") is True
    assert shop.is_active("SENDX2DSMS") is True
    assert shop.is_active("limit") is False
    assert shop.is_active("other") is None


def test_flows_call_out_by_subflows_and_by_apex() -> None:
    graph = Graph(
        facts_of(
            tree(
                flows__Outer__flow=node("subflows", "Sub", "<flowName>Middle</flowName>"),
                flows__Middle__flow=node("subflows", "Sub", "<flowName>Inner</flowName>"),
                flows__Inner__flow=call("Send", "Shop.send"),
                flows__ByApex__flow=call("Send", "Caller", kind="apex"),
                flows__Quiet__flow=call("Send", "Plain", kind="apex"),
                flows__Round__flow=node("subflows", "Sub", "<flowName>Round</flowName>"),
                classes__Caller__cls="public class Caller { HttpRequest r; }",
                classes__Plain__cls="public class Plain {}",
            )
        )
    )
    assert {flow.full_name for flow in graph.integration_flows} == {"Outer", "Middle", "Inner", "ByApex"}
    inner = graph.flow("inner")
    assert inner is not None
    assert [flow.full_name for flow in graph.callers_of(inner)] == ["Middle"]


def test_uses_in_apex_are_found_with_and_without_a_namespace() -> None:
    graph = Graph(
        facts_of(
            tree(
                namedCredentials__Acme__namedCredential="<label>Acme</label>",
                externalServiceRegistrations__Shop__externalServiceRegistration="<status>Complete</status>",
                classes__A__cls="class A { String u = 'callout:ns__ACME/x'; ExternalService.Shop s; }",
                classes__B__cls="class B { String u = 'callout:Acme_Other/x'; }",
            )
        )
    )
    assert [use.source.full_name for use in graph.apex_uses_of_credential(graph.facts.named_credentials[0])] == ["A"]
    assert [use.source.full_name for use in graph.apex_uses_of_service(graph.facts.registrations[0])] == ["A"]


def test_a_component_with_its_namespace_is_found_by_its_short_name() -> None:
    graph = Graph(
        facts_of({"namedCredentials/ns__Acme.namedCredential": b"", **_named("Acme"), **_named("ns2__Other")})
    )
    found = graph.named_credential("Other")
    assert found is not None
    assert found.full_name == "ns2__Other"
    own = graph.named_credential("Acme")
    assert own is not None
    assert own.full_name == "Acme"


def _named(name: str) -> dict[str, bytes]:
    from tests.support.metadata_files import document

    return {f"namedCredentials/{name}.namedCredential": document("NamedCredential", "<label>x</label>")}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Acme", "acme", True),
        ("ns__Acme", "Acme", True),
        ("ns__Acme", "NS__acme", True),
        ("a__Acme", "b__Acme", False),
        ("Acme", "Acme_2", False),
    ],
)
def test_names_compare(left: str, right: str, same: bool) -> None:
    assert same_name(left, right) is same
    assert same_name(right, left) is same


def test_namespaces_come_off() -> None:
    assert [without_namespace(name) for name in ("ns__A", "A", "__A", "A__", "a__b__c")] == [
        "A", "A", "__A", "A__", "b__c",
    ]  # fmt: skip
