"""A local org of 2,000 components says the same as the folder of its files, finding by finding."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from sfsetup.facts.reader import read_facts
from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from sfsetup.metadata.layout import read_tree
from sfsetup.model.secret import Secret
from sfsetup.org.evidence import gather
from sfsetup.org.evidence_files import save
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from sfsetup.rules import catalogue
from sfsetup.rules.context import AuditContext
from sfsetup.rules.engine import Outcome, run
from sfsetup.rules.model import Evidence, Group
from tests.support.metadata_files import call, document

COMPONENTS = 2_000
TODAY = datetime.date(2026, 6, 1)


def fill(state: State) -> None:
    """Five kinds of components in turn, each with something to find now and then."""
    by = state.admin_id
    with state.transaction():
        for number in range(COMPONENTS // 5):
            name = f"C{number:04d}"
            scheme = "http" if number % 7 == 0 else "https"
            put = state.components.put
            put("NamedCredential", name, document("NamedCredential", _named(name, scheme, number % 3 == 0)), by=by)
            put("ExternalCredential", name, document("ExternalCredential", _external(name, number)), by=by)
            put("PermissionSet", name, document("PermissionSet", _callers(name, number)), by=by)
            put("RemoteSiteSetting", name, document("RemoteSiteSetting", _site(scheme, number)), by=by)
            flow = document("Flow", call("Send", f"{name}.send") + "<status>Active</status>")
            put("Flow", name, flow, by=by)
            state.flows.add(name, flow, "Active", by=by)


def _named(name: str, scheme: str, legacy: bool) -> str:
    if legacy:
        return f"<endpoint>{scheme}://{name}.acme.com</endpoint><label>{name}</label><protocol>Password</protocol>"
    return (
        f"<label>{name}</label><namedCredentialParameters><parameterName>Url</parameterName>"
        f"<parameterType>Url</parameterType><parameterValue>{scheme}://{name}.acme.com</parameterValue>"
        f"</namedCredentialParameters><namedCredentialParameters><externalCredential>{name}</externalCredential>"
        "<parameterName>ExternalCredential</parameterName><parameterType>Authentication</parameterType>"
        "</namedCredentialParameters><namedCredentialType>SecuredEndpoint</namedCredentialType>"
    )


def _external(name: str, number: int) -> str:
    value = "k8f7d6s5a4q2w3e4r5" if number % 11 == 0 else f"{{!$Credential.{name}.Key}}"
    return (
        "<authenticationProtocol>Custom</authenticationProtocol><externalCredentialParameters>"
        f"<parameterName>x-api-key</parameterName><parameterType>AuthHeader</parameterType>"
        f"<parameterValue>{value}</parameterValue><sequenceNumber>1</sequenceNumber></externalCredentialParameters>"
        "<externalCredentialParameters><parameterName>Key</parameterName><parameterType>NamedPrincipal</parameterType>"
        f"<sequenceNumber>1</sequenceNumber></externalCredentialParameters><label>{name}</label>"
    )


def _callers(name: str, number: int) -> str:
    power = "<userPermissions><enabled>true</enabled><name>ModifyAllData</name></userPermissions>"
    return (
        "<externalCredentialPrincipalAccesses><enabled>true</enabled>"
        f"<externalCredentialPrincipal>{name}-Key</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
        f"<label>{name}</label>{power if number % 5 == 0 else ''}"
    )


def _site(scheme: str, number: int) -> str:
    return (
        f"<disableProtocolSecurity>{str(number % 13 == 0).lower()}</disableProtocolSecurity>"
        f"<isActive>true</isActive><url>{scheme}://site{number}.acme.com</url>"
    )


def marks(outcome: Outcome, rules: set[str]) -> set[str]:
    return {finding.fingerprint for finding in outcome.findings if finding.rule in rules}


@pytest.mark.slow
def test_a_large_org_and_its_files_agree(tmp_path: Path) -> None:
    state = State.open(None)
    fill(state)
    with Embedded(state) as server:
        connection = connect(AccessToken(server.url, Secret(server.token)))
        gathered = gather(connection)
        connection.close()
    assert gathered.evidence.unread == {}
    assert sum(1 for _ in gathered.facts) >= COMPONENTS
    save(gathered, tmp_path / "files", evidence_name="evidence.json")
    facts = read_facts(read_tree(tmp_path / "files"))
    rules = [rule for rule in catalogue.rules_of(Group.AUDIT) if rule.check is not None]
    of_org = run(AuditContext.of(gathered.facts, evidence=gathered.evidence, today=TODAY), rules)
    of_files = run(AuditContext.of(facts, today=TODAY), rules)
    assert of_org.not_judged == of_files.not_judged == ()
    both = {rule.id for rule in rules if set(rule.evidence) == {Evidence.FILES}}
    both -= {verdict.rule for verdict in (*of_org.unknown, *of_files.unknown)}
    both -= {*of_org.not_applicable, *of_files.not_applicable}
    assert marks(of_org, both) == marks(of_files, both)
    assert len(marks(of_org, both)) > COMPONENTS // 10
