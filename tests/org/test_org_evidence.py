"""One local org with one planted defect for each rule that asks an org, audited by two users.

The administrator's audit finds each defect, or says that the org does not tell, and nothing else; a user without View
Setup and Configuration finds nothing wrong that is right, and every such rule is unknown. The saved evidence says the
same as the org.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sfsetup.errors import UsageError
from sfsetup.facts.reader import read_facts
from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from sfsetup.metadata.layout import deploy_zip, read_tree
from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.secret import Secret
from sfsetup.org import polling
from sfsetup.org.connection import OrgConnection
from sfsetup.org.evidence import Gathered, gather
from sfsetup.org.evidence_files import save
from sfsetup.org.jobs import DeployOptions
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from sfsetup.rules import catalogue
from sfsetup.rules.context import AuditContext
from sfsetup.rules.engine import Outcome, run
from sfsetup.rules.evidence import from_json
from sfsetup.rules.model import Evidence, Group
from sfsetup.rules.settings import AuditSettings

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
TODAY = datetime.date(2026, 6, 1)
SETTINGS = AuditSettings(many_users=3)
ASKING = tuple(
    rule
    for rule in catalogue.rules_of(Group.AUDIT)
    if {Evidence.ORG, Evidence.SECRETS} & set(rule.evidence) and rule.check is not None
)
SCHEMA = json.dumps(
    {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/orders": {"get": {"operationId": "getOrders", "responses": {"200": {"description": "done"}}}},
        },
    }
)


@dataclass(frozen=True)
class Planted:
    """One integration and what is wrong with it."""

    name: str
    rule: str
    element: str | None = None
    stored: tuple[tuple[str, bool], ...] = (("ApiKey", True),)
    """Name of each stored parameter and whether it is encrypted."""
    users: tuple[str, ...] = ("caller@acme.example",)
    profile: str | None = None
    """Profile that is granted the principal."""
    flow: bool = False


INTEGRATIONS = (
    Planted("Sound", ""),
    Planted("NoSecret", "EC-002", "principal Key", stored=()),
    Planted("Renamed", "EC-007", "principal Key parameter ApiKey", stored=(("Api_Key", True),)),
    Planted("Readable", "EC-014", "principal Key parameter ApiKey", stored=(("ApiKey", False),)),
    Planted("Visitors", "PS-001", "profile Guest User principal Key", profile="Guest User"),
    Planted("Everybody", "PS-002", "profile Standard User principal Key", profile="Standard User"),
    Planted("Nobody", "PS-004", "principal Key", users=()),
    Planted("Many", "PS-006", "principal Key", users=tuple(f"seller{number}@acme.example" for number in range(4))),
    Planted("NoObject", "PS-007", "principal Key", users=("noobject@acme.example",)),
    Planted("NoRun", "PS-010", "Run Flows", users=("norun@acme.example",), flow=True),
)
PEOPLE = {"gone@acme.example": False} | dict.fromkeys(
    sorted({user for planted in INTEGRATIONS for user in planted.users} | {"caller@acme.example"}), True
)


def component(kind: str, name: str, body: str, stage: int = 1) -> Component:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{NAMESPACE}">\n{body}</{kind}>\n'
    return Component(kind, name, text.encode(), stage)


def components_of(planted: Planted) -> Iterator[Component]:
    name = planted.name
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
        "<allowMergeFieldsInHeader>true</allowMergeFieldsInHeader><calloutStatus>Enabled</calloutStatus>"
        f"<generateAuthorizationHeader>false</generateAuthorizationHeader><label>{name}</label>"
        "<namedCredentialParameters><parameterName>Url</parameterName><parameterType>Url</parameterType>"
        f"<parameterValue>https://{name.lower()}.acme.com</parameterValue></namedCredentialParameters>"
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
    lacks = planted.name == "NoObject"
    yield component(
        "PermissionSet",
        f"{name}_Callers",
        "<externalCredentialPrincipalAccesses><enabled>true</enabled>"
        f"<externalCredentialPrincipal>{name}-Key</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
        f"<hasActivationRequired>false</hasActivationRequired><label>{name}</label>"
        + ("" if lacks else _object_access())
        + ("" if name == "NoRun" else "<userPermissions><enabled>true</enabled><name>RunFlow</name></userPermissions>"),
    )


def _object_access() -> str:
    return (
        "<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete>"
        "<allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>"
        "<object>UserExternalCredential</object><viewAllRecords>false</viewAllRecords></objectPermissions>"
    )


def flow(name: str, service: str) -> Component:
    return component(
        "Flow",
        name,
        f"<actionCalls><name>Get</name><label>Get</label><locationX>0</locationX><locationY>0</locationY>"
        f"<actionName>{service}.getOrders</actionName><actionType>externalService</actionType>"
        "<flowTransactionModel>CurrentTransaction</flowTransactionModel></actionCalls><apiVersion>66.0</apiVersion>"
        f"<environments>Default</environments><label>{name}</label><processType>AutoLaunchedFlow</processType>"
        "<start><locationX>0</locationX><locationY>0</locationY><connector><targetReference>Get</targetReference>"
        "</connector></start><status>Active</status>",
        stage=2,
    )


def screens(name: str, service: str) -> Component:
    """The same behind a screen that checks nothing."""
    text = flow(name, service).content.decode()
    screen = (
        "<screens><name>Ask</name><label>Ask</label><locationX>0</locationX><locationY>0</locationY>"
        "<allowBack>true</allowBack><allowFinish>true</allowFinish><allowPause>true</allowPause>"
        "<connector><targetReference>Get</targetReference></connector>"
        "<fields><name>Hint</name><fieldText>Order?</fieldText><fieldType>DisplayText</fieldType></fields>"
        "<showFooter>true</showFooter><showHeader>true</showHeader></screens><start>"
    )
    text = text.replace("AutoLaunchedFlow", "Flow").replace("<start>", screen)
    head, _, tail = text.rpartition("<targetReference>Get")
    return Component("Flow", name, f"{head}<targetReference>Ask{tail}".encode(), 2)


def deploy(connection: OrgConnection, components: list[Component]) -> None:
    archive = deploy_zip(ComponentSet("66.0", tuple(components)))
    job = connection.metadata.deploy(archive, DeployOptions())
    result = connection.metadata.wait(job, timeout=60)
    assert result.succeeded, [(message.full_name, message.problem) for message in result.failures]


def by_hand(state: State) -> None:
    """What no deploy of this test brings in: put there as if it had been in the org for years."""
    parts = {
        ("NamedCredential", "Shared"): (
            "<label>Shared</label><namedCredentialParameters><parameterName>AllowedNamespace_uXdFfOe1681307594560"
            "</parameterName><parameterType>AllowedManagedPackageNamespaces</parameterType>"
            "<parameterValue>oldpkg</parameterValue></namedCredentialParameters>"
            "<namedCredentialType>SecuredEndpoint</namedCredentialType>"
        ),
        ("ExternalCredential", "Signed"): (
            "<authenticationProtocol>Oauth</authenticationProtocol><externalCredentialParameters>"
            "<certificate>Gone</certificate><parameterName>SigningCertificate</parameterName>"
            "<parameterType>SigningCertificate</parameterType></externalCredentialParameters><label>Signed</label>"
        ),
        ("ExternalCredential", "Open"): (
            "<authenticationProtocol>Custom</authenticationProtocol><externalCredentialParameters>"
            "<parameterName>Custom</parameterName><parameterType>AuthProtocolVariant</parameterType>"
            "<parameterValue>NoAuthentication</parameterValue></externalCredentialParameters>"
            "<externalCredentialParameters><parameterName>Anybody</parameterName>"
            "<parameterType>NamedPrincipal</parameterType><sequenceNumber>1</sequenceNumber>"
            "</externalCredentialParameters><label>Open</label>"
        ),
        ("ConnectedApp", "Portal"): (
            "<contactEmail>a@acme.example</contactEmail><label>Portal</label><oauthConfig>"
            "<callbackUrl>https://portal.acme.com</callbackUrl><scopes>Api</scopes></oauthConfig>"
        ),
    }
    for (kind, name), body in parts.items():
        state.components.put(kind, name, component(kind, name, body).content, by=state.admin_id)
    state.permissions.grant("profile:Guest User", "ExternalCredentialParameter", "Open-Anybody")


def plant(connection: OrgConnection, state: State) -> None:
    deploy(connection, [each for planted in INTEGRATIONS for each in components_of(planted)])
    deploy(connection, [flow("Order", "Sound"), flow("Restock", "NoRun"), screens("Form", "Sound")])
    by_hand(state)
    for username, is_active in PEOPLE.items():
        state.users.add(username, profile="Minimum Access", is_active=is_active)
    for planted in INTEGRATIONS:
        values = {name: ("k8f7d6s5a4q2w3e4", encrypted) for name, encrypted in planted.stored}
        if values:
            state.credentials.write(planted.name, "Key", values, replace=True)
        holder = state.permissions.get(f"{planted.name}_Callers")
        assert holder is not None
        for username in planted.users:
            user = state.users.by_username(username)
            assert user is not None
            state.permissions.assign(user.id, holder.id)
        if planted.profile:
            state.permissions.grant(f"profile:{planted.profile}", "ExternalCredentialParameter", f"{planted.name}-Key")
    sound, gone = state.permissions.get("Sound_Callers"), state.users.by_username("gone@acme.example")
    assert sound is not None
    assert gone is not None
    state.permissions.assign(gone.id, sound.id)
    state.permissions.grant("profile:Guest User", "FlowDefinition", "Form")
    # a later version that nobody activated
    state.flows.add(
        "Restock", flow("Restock", "NoRun").content.replace(b"Active", b"Draft"), "Draft", by=state.admin_id
    )


EXPECTED = {
    *(
        (planted.rule, f"ExternalCredential/{planted.name}", planted.element)
        for planted in INTEGRATIONS
        if planted.rule
    ),
    ("PS-005", "PermissionSet/Sound_Callers", "assignments inactive"),
    ("FL-009", "Flow/Restock", "status"),
    ("EC-004", "ExternalCredential/Open", "profile Guest User"),
    ("PS-001", "ExternalCredential/Open", "profile Guest User principal Anybody"),
    ("EC-012", "ExternalCredential/Signed", "certificate Gone"),
    ("NC-013", "NamedCredential/Shared", "namespace oldpkg"),
    ("CA-006", "ConnectedApp/Portal", "permitted users"),
    ("FL-014", "Flow/Form", "access of Guest User"),
}


@pytest.fixture(scope="module")
def org() -> Iterator[tuple[Gathered, Gathered, str]]:
    """What the administrator and a user without View Setup are told."""
    state = State.open(None)
    with pytest.MonkeyPatch.context() as patch, Embedded(state) as server:
        # jobs of the local org are done at once; the pauses of polling have tests of their own
        patch.setattr(polling, "FIRST_PAUSE", 0.005)
        patch.setattr(polling, "ALLOWANCE", 0.01)
        connection = connect(AccessToken(server.url, Secret(server.token)))
        plant(connection, state)
        token = limited(state)
        other = connect(AccessToken(server.url, Secret(token)))
        yield gather(connection), gather(other), connection.info.id
        connection.close()
        other.close()


def limited(state: State) -> str:
    """A token of a user who may use the Metadata API and see no Setup."""
    state.permissions.put(
        "Deployer", label="Deployer", user_permissions=("ApiEnabled", "ModifyMetadata", "RunFlow"), profile=True
    )
    user = state.users.add("deployer@acme.example", profile="Deployer")
    return state.sessions.issue(user.id)


def outcome_of(gathered: Gathered) -> Outcome:
    context = AuditContext.of(gathered.facts, evidence=gathered.evidence, settings=SETTINGS, today=TODAY)
    return run(context, ASKING)


def told(outcome: Outcome) -> set[tuple[str, str, str | None]]:
    return {
        (finding.rule, f"{finding.component.type}/{finding.component.full_name}", finding.element)
        for finding in outcome.findings
        if finding.component is not None
    }


def test_the_administrator_finds_each_defect_and_nothing_else(org: tuple[Gathered, Gathered, str]) -> None:
    outcome = outcome_of(org[0])
    assert outcome.not_judged == ()
    assert told(outcome) == EXPECTED
    assert outcome.unknown == ()
    assert org[0].evidence.missing_rights == ()


def test_every_rule_that_asks_an_org_is_planted() -> None:
    assert {rule for rule, _, _ in EXPECTED} == {rule.id for rule in ASKING}


def test_without_view_setup_nothing_is_passed(org: tuple[Gathered, Gathered, str]) -> None:
    gathered = org[1]
    assert gathered.evidence.missing_rights == ("View Setup and Configuration",)
    assert "NamedCredential" in gathered.evidence.unread
    assert "NamedCredential" not in gathered.evidence.retrieved
    outcome = outcome_of(gathered)
    assert outcome.not_judged == ()
    assert told(outcome) <= EXPECTED
    undecided = {verdict.rule for verdict in outcome.unknown}
    found = {finding.rule for finding in outcome.findings}
    assert {rule for rule, _, _ in EXPECTED} <= undecided | found


def test_saved_evidence_says_the_same(org: tuple[Gathered, Gathered, str], tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    save(org[0], folder, evidence_name="evidence.json")
    facts = read_facts(read_tree(folder))
    evidence = from_json(json.loads((folder / "evidence.json").read_text(encoding="utf-8")))
    context = AuditContext.of(facts, evidence=evidence, settings=SETTINGS, today=TODAY)
    again, first = run(context, ASKING), outcome_of(org[0])
    assert {finding.fingerprint for finding in again.findings} == {finding.fingerprint for finding in first.findings}
    assert again.unknown == first.unknown
    assert (folder / "package.xml").is_file()
    assert folder.stat().st_mode & 0o077 == 0


def test_evidence_goes_into_no_folder_of_somebody_else(org: tuple[Gathered, Gathered, str], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something else"):
        save(org[0], tmp_path, evidence_name="evidence.json")


def test_the_same_as_files_says_the_same_where_both_can_tell(
    org: tuple[Gathered, Gathered, str], tmp_path: Path
) -> None:
    save(org[0], tmp_path / "files", evidence_name="evidence.json")
    facts = read_facts(read_tree(tmp_path / "files"))
    rules = [rule for rule in catalogue.rules_of(Group.AUDIT) if rule.check is not None]
    of_files = run(AuditContext.of(facts, settings=SETTINGS, today=TODAY), rules)
    of_org = run(AuditContext.of(org[0].facts, evidence=org[0].evidence, settings=SETTINGS, today=TODAY), rules)
    both = {rule.id for rule in rules if set(rule.evidence) == {Evidence.FILES}}
    both -= {verdict.rule for verdict in (*of_files.unknown, *of_org.unknown)}
    both -= {*of_files.not_applicable, *of_org.not_applicable}
    marks = [
        {finding.fingerprint for finding in outcome.findings if finding.rule in both} for outcome in (of_files, of_org)
    ]
    assert marks[0] == marks[1]
    assert marks[0]
