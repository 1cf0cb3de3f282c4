"""Tooling: flows with versions and activation, and the setup objects that tools query."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfsetup.localorg.deploy.options import DeployOptions
from sfsetup.localorg.state import State
from tests.support.rest_client import Client

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
DEFINITION, FLOW = "/tooling/sobjects/FlowDefinition", "/tooling/sobjects/Flow"


def flow_xml(label: str, status: str = "Active") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Flow xmlns="{NAMESPACE}">\n    <apiVersion>66.0</apiVersion>\n'
        "    <interviewLabel>I</interviewLabel>\n"
        f"    <label>{label}</label>\n    <processType>AutoLaunchedFlow</processType>\n"
        "    <start>\n        <locationX>0</locationX>\n        <locationY>0</locationY>\n    </start>\n"
        f"    <status>{status}</status>\n    <variables>\n        <name>ok</name>\n"
        "        <dataType>Boolean</dataType>\n        <isCollection>false</isCollection>\n"
        "        <isInput>false</isInput>\n        <isOutput>true</isOutput>\n    </variables>\n</Flow>\n"
    ).encode()


@pytest.fixture
def flows(state: State) -> State:
    """Send_SMS with three versions, the second of them active."""
    for number, status in enumerate(("Obsolete", "Active", "Draft"), start=1):
        state.flows.add("Send_SMS", flow_xml(f"v{number}", status), status, by=state.admin_id)
    state.components.put("Flow", "Send_SMS", flow_xml("v3", "Draft"), by=state.admin_id)
    return state


def one(rest: Client, query: str) -> dict[str, Any]:
    found = rest.query(query, tooling=True)
    assert len(found) == 1
    return found[0]


def definition(rest: Client) -> dict[str, Any]:
    return one(
        rest,
        "SELECT Id, DeveloperName, ActiveVersionId, LatestVersionId, ActiveVersion.VersionNumber, "
        "LatestVersion.VersionNumber FROM FlowDefinition WHERE DeveloperName = 'Send_SMS'",
    )


def active(rest: Client) -> int | None:
    found = definition(rest)["ActiveVersion"]
    return found["VersionNumber"] if found else None


def version_id(rest: Client, number: int) -> str:
    query = f"SELECT Id FROM Flow WHERE Definition.DeveloperName = 'Send_SMS' AND VersionNumber = {number}"
    return str(one(rest, query)["Id"])


def test_active_and_latest_version(flows: State, rest: Client) -> None:
    found = definition(rest)
    assert (found["ActiveVersion"]["VersionNumber"], found["LatestVersion"]["VersionNumber"]) == (2, 3)
    assert found["Id"].startswith("300")
    assert found["ActiveVersionId"].startswith("301")
    rows = rest.query(
        "SELECT VersionNumber, Status, LastModifiedBy.Name FROM Flow ORDER BY VersionNumber", tooling=True
    )
    assert [(row["VersionNumber"], row["Status"]) for row in rows] == [(1, "Obsolete"), (2, "Active"), (3, "Draft")]
    assert {row["LastModifiedBy"]["Name"] for row in rows} == {"Local Admin"}


def test_the_tooling_answer_has_the_members_that_sf_reads(flows: State, rest: Client) -> None:
    found = rest("GET", "/tooling/query", q="SELECT Id FROM FlowDefinition").json
    assert {"size", "totalSize", "done", "queryLocator", "entityTypeName", "records"} <= set(found)
    assert (found["size"], found["entityTypeName"]) == (1, "FlowDefinition")


@pytest.mark.parametrize(("number", "now"), [(3, 3), (1, 1), (2, 2), (0, None), (None, None)])
def test_activation(flows: State, rest: Client, number: int | None, now: int | None) -> None:
    path = f"{DEFINITION}/{definition(rest)['Id']}"
    assert rest("PATCH", path, {"Metadata": {"activeVersionNumber": number}}).status == 204
    assert active(rest) == now
    assert rest("GET", path).json["Metadata"]["activeVersionNumber"] == now
    assert sum(version.status == "Active" for version in flows.flows.versions("Send_SMS")) == (now is not None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Metadata": {"activeVersionNumber": 9}}, "INVALID_FIELD"),
        ({"Metadata": {"activeVersionNumber": "2"}}, "JSON_PARSER_ERROR"),
        ({"Metadata": {"activeVersionNumber": True}}, "JSON_PARSER_ERROR"),
        ({"Metadata": {}}, "REQUIRED_FIELD_MISSING"),
        ({"Metadata": None}, "REQUIRED_FIELD_MISSING"),
        ({}, "REQUIRED_FIELD_MISSING"),
        ({"DeveloperName": "X"}, "INVALID_FIELD"),
        ([], "JSON_PARSER_ERROR"),
    ],
)
def test_activations_that_are_refused(flows: State, rest: Client, body: Any, code: str) -> None:
    answer = rest("PATCH", f"{DEFINITION}/{definition(rest)['Id']}", body)
    assert answer.verdict == (400, code)
    assert active(rest) == 2


def test_activation_of_a_flow_that_is_not_there(flows: State, rest: Client) -> None:
    body = {"Metadata": {"activeVersionNumber": 1}}
    assert rest("PATCH", f"{DEFINITION}/300000000000000AAA", body).verdict == (404, "NOT_FOUND")


@pytest.mark.parametrize(("org_type", "switch", "status"), [
    ("production", True, 204), ("production", False, 400), ("sandbox", False, 204), ("developer", False, 204),
])  # fmt: skip
def test_the_switch_for_activation_in_production(
    flows: State, rest: Client, org_type: str, switch: bool, status: int
) -> None:
    flows.describe(org_type=org_type)
    flows.switches.set("tooling-activates-in-production", switch)
    path = f"{DEFINITION}/{definition(rest)['Id']}"
    assert rest("PATCH", path, {"Metadata": {"activeVersionNumber": 3}}).status == status
    assert active(rest) == (3 if status == 204 else 2)
    # to switch off is allowed everywhere
    assert rest("PATCH", path, {"Metadata": {"activeVersionNumber": 0}}).status == 204


def test_a_version_is_read_with_its_metadata_and_written_back_the_same(flows: State, rest: Client) -> None:
    path = f"{FLOW}/{version_id(rest, 3)}"
    found = rest("GET", path).json
    assert (found["FullName"], found["Status"], found["Metadata"]["label"]) == ("Send_SMS-3", "Draft", "v3")
    assert found["Metadata"]["variables"][0]["isOutput"] is True
    assert found["Metadata"]["actionCalls"] == []
    before = flows.flows.latest("Send_SMS")
    assert rest("PATCH", path, {"Metadata": found["Metadata"]}).status == 204
    after = flows.flows.latest("Send_SMS")
    assert before
    assert after
    assert after.content == before.content


def test_another_clients_edit_of_a_draft_is_in_the_next_retrieve(flows: State, rest: Client) -> None:
    path = f"{FLOW}/{version_id(rest, 3)}"
    metadata = {**rest("GET", path).json["Metadata"], "label": "edited"}
    assert rest("PATCH", path, {"Metadata": metadata}).status == 204
    assert rest("GET", path).json["MasterLabel"] == "edited"
    assert active(rest) == 2
    assert rest("PATCH", path, {"Metadata": {"status": "Active"}}).status == 204
    assert active(rest) == 3
    stored = flows.components.get("Flow", "Send_SMS")
    assert stored
    assert b"edited" in stored.content


def test_the_active_version_cannot_be_overwritten(flows: State, rest: Client) -> None:
    path = f"{FLOW}/{version_id(rest, 2)}"
    metadata = {**rest("GET", path).json["Metadata"], "label": "edited"}
    answer = rest("PATCH", path, {"Metadata": metadata})
    assert answer.status == 400
    assert answer.message == "The version of the flow you're updating is active and can't be overwritten"
    assert rest("PATCH", path, {"Metadata": {"status": "Obsolete"}}).status == 204
    assert active(rest) is None


@pytest.mark.parametrize(
    ("metadata", "text"),
    [({"status": "Nonsense"}, "no status"), ({"colour": "red"}, "no field colour"), ({"start": "x"}, "must be")],
)
def test_metadata_that_no_flow_has_is_refused(flows: State, rest: Client, metadata: dict[str, Any], text: str) -> None:
    answer = rest("PATCH", f"{FLOW}/{version_id(rest, 3)}", {"Metadata": {"label": "x", **metadata}})
    assert answer.status == 400
    assert text in answer.message


def test_versions_are_deleted_but_not_the_active_one(flows: State, rest: Client) -> None:
    assert rest("DELETE", f"{FLOW}/{version_id(rest, 2)}").verdict == (400, "DELETE_FAILED")
    for number in (3, 1):
        assert rest("DELETE", f"{FLOW}/{version_id(rest, number)}").status == 204
    rest("PATCH", f"{DEFINITION}/{definition(rest)['Id']}", {"Metadata": {"activeVersionNumber": 0}})
    assert rest("DELETE", f"{FLOW}/{version_id(rest, 2)}").status == 204
    assert rest.query("SELECT Id FROM FlowDefinition", tooling=True) == []
    assert not flows.components.exists("Flow", "Send_SMS")
    assert rest("DELETE", f"{FLOW}/301000000000000AAA").verdict == (404, "NOT_FOUND")


def test_changing_flows_needs_its_right(flows: State, rest: Client) -> None:
    found = definition(rest)["Id"]
    plain = rest.of("u@example.com", "ApiEnabled", "ViewSetup")
    body = {"Metadata": {"activeVersionNumber": 3}}
    assert plain("PATCH", f"{DEFINITION}/{found}", body).code == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert (
        rest.of("f@example.com", "ApiEnabled", "ViewSetup", "ManageFlow")("PATCH", f"{DEFINITION}/{found}", body).status
        == 204
    )


def test_metadata_is_selected_for_one_row_only(flows: State, rest: Client) -> None:
    answer = rest("GET", "/tooling/query", q="SELECT Id, Metadata FROM Flow")
    assert answer.verdict == (400, "MALFORMED_QUERY")
    found = one(rest, "SELECT Metadata, FullName FROM Flow WHERE VersionNumber = 1")
    assert (found["FullName"], found["Metadata"]["status"]) == ("Send_SMS-1", "Obsolete")


def test_flows_of_the_standard_api(flows: State, rest: Client) -> None:
    found = rest.query("SELECT ApiName, IsActive, ActiveVersionId FROM FlowDefinitionView")
    assert [(row["ApiName"], row["IsActive"]) for row in found] == [("Send_SMS", True)]
    assert rest("GET", "/query", q="SELECT Id FROM FlowDefinition").verdict == (400, "INVALID_TYPE")


def test_many_records_by_tooling_composite(flows: State, rest: Client) -> None:
    parts = [
        {"method": "GET", "url": f"/services/data/v66.0{FLOW}/{version.id}", "referenceId": f"r{version.number}"}
        for version in flows.flows.versions("Send_SMS")
    ]
    found = rest("POST", "/tooling/composite", {"allOrNone": False, "compositeRequest": parts}).json
    assert [part["body"]["VersionNumber"] for part in found["compositeResponse"]] == [1, 2, 3]


@pytest.fixture
def corpus(state: State, metadata_corpus: Path) -> Callable[[str], int]:
    """Puts every readable file of a type from real orgs into the org; tells how many."""

    def put(type_name: str) -> int:
        from sfsetup.errors import InvalidInput
        from sfsetup.text.xml import parse_xml

        count = 0
        with state.transaction():
            for number, path in enumerate(sorted((metadata_corpus / type_name).glob("*-meta.xml"))):
                try:
                    parse_xml(path.read_bytes(), name=path.name)
                except InvalidInput:
                    continue
                state.components.put(type_name, f"C{number}", path.read_bytes(), by=state.admin_id)
                count += 1
        return count

    return put


QUERIES = {
    "ExternalCredential": "SELECT DeveloperName, MasterLabel, AuthenticationProtocol FROM ExternalCredential",
    "NamedCredential": "SELECT DeveloperName, MasterLabel, PrincipalType, Endpoint, CalloutStatus FROM NamedCredential",
    "ExternalServiceRegistration": "SELECT Id, DeveloperName, MasterLabel, NamespacePrefix, Status FROM "
    "ExternalServiceRegistration",
    "RemoteSiteSetting": "SELECT SiteName, EndpointUrl, IsActive, CreatedBy.Name FROM RemoteProxy",
}


@pytest.mark.parametrize(("type_name", "query"), QUERIES.items(), ids=QUERIES)
def test_setup_objects_over_real_files(corpus: Callable[[str], int], rest: Client, type_name: str, query: str) -> None:
    count = corpus(type_name)
    assert count
    found = rest.query(query, tooling=True)
    assert len(found) == count
    table = query.rpartition(" ")[2]
    whole = one(rest, f"SELECT FullName, Metadata FROM {table} WHERE DeveloperName = 'C0'")
    assert isinstance(whole["Metadata"], dict)


def test_parameters_of_credentials_join_their_owner(corpus: Callable[[str], int], rest: Client) -> None:
    corpus("ExternalCredential")
    corpus("NamedCredential")
    query = (
        "SELECT Id, ExternalCredentialId, ExternalCredential.DeveloperName, ParameterName, ParameterType FROM "
        "ExternalCredentialParameter WHERE ParameterType = 'NamedPrincipal'"
    )
    for tooling in (True, False):
        found = rest.query(query, tooling=tooling)
        assert found
        assert all(row["ExternalCredential"]["DeveloperName"].startswith("C") for row in found)
        assert {row["ParameterType"] for row in found} == {"NamedPrincipal"}
    urls = rest.query("SELECT NamedCredentialId, ParameterValue FROM NamedCredentialParameter WHERE ParameterType = 'Url'",
                      tooling=True)  # fmt: skip
    assert all(row["ParameterValue"].startswith("http") for row in urls)


def test_deploys_are_records_too(state: State, rest: Client) -> None:
    job = state.jobs.add("deploy", by=state.admin_id, options={"checkOnly": True, "testLevel": "NoTestRun"})
    found = one(rest, "SELECT Id, Status, CheckOnly, TestLevel, CreatedBy.Username FROM DeployRequest")
    assert (found["Id"], found["CheckOnly"], found["TestLevel"]) == (job.id, True, "NoTestRun")


def test_a_deploy_under_way_has_the_same_status_everywhere(state: State, rest: Client) -> None:
    state.settings.set("job_seconds", 100)
    state.jobs.add("deploy", by=state.admin_id, options=DeployOptions().stored())
    seen = []
    for seconds in (0, 20, 75):
        state.clock.advance(seconds)
        found = one(rest, "SELECT Id, Status, StartDate FROM DeployRequest")
        shown = rest("GET", f"/metadata/deployRequest/{found['Id']}").json["deployResult"]
        assert (found["Status"], bool(found["StartDate"])) == (shown["status"], bool(shown["startDate"]))
        seen.append(found["Status"])
    assert seen == ["Pending", "InProgress", "Finalizing"]


def test_without_view_setup_nothing_of_it_shows(flows: State, rest: Client) -> None:
    blind = rest.of("u@example.com", "ApiEnabled")
    for name in ("FlowDefinition", "Flow", "NamedCredential", "ExternalServiceRegistration", "DeployRequest"):
        assert blind.query(f"SELECT Id FROM {name}", tooling=True) == [], name


def test_certificates_apps_and_packages_that_audits_ask_for(state: State, rest: Client) -> None:
    certificate = (
        f'<Certificate xmlns="{NAMESPACE}"><caSigned>false</caSigned>'
        "<expirationDate>2027-03-01T00:00:00.000Z</expirationDate><masterLabel>Mine</masterLabel></Certificate>"
    )
    app = (
        f'<ConnectedApp xmlns="{NAMESPACE}"><contactEmail>a@b.c</contactEmail><label>CI app</label><oauthConfig>'
        "<isAdminApproved>true</isAdminApproved></oauthConfig></ConnectedApp>"
    )
    state.components.put("Certificate", "Mine", certificate.encode(), by=state.admin_id)
    state.components.put("ConnectedApp", "CI", app.encode(), by=state.admin_id)
    found = one(rest, "SELECT DeveloperName, NamespacePrefix, ExpirationDate FROM Certificate")
    assert (found["DeveloperName"], found["ExpirationDate"]) == ("Mine", "2027-03-01T00:00:00.000+0000")
    apps = rest.query(
        "SELECT Name, NamespacePrefix, IsUsingAdminAuthorization FROM AppMenuItem WHERE Type = 'ConnectedApp'"
    )
    assert [(row["Name"], row["IsUsingAdminAuthorization"]) for row in apps] == [("CI", True)]
    query = "SELECT SubscriberPackage.NamespacePrefix FROM InstalledSubscriberPackage"
    assert rest.query(query, tooling=True) == []


SITE: dict[str, Any] = {
    "FullName": "Vendor",
    "Metadata": {"url": "https://api.example.com", "isActive": True, "disableProtocolSecurity": False},
}
CREDENTIAL: dict[str, Any] = {
    "FullName": "EC",
    "Metadata": {
        "authenticationProtocol": "Custom",
        "externalCredentialParameters": [
            {"parameterName": "P", "parameterType": "NamedPrincipal", "sequenceNumber": 1, "parameterGroup": None}
        ],
        "label": "EC",
    },
}


@pytest.mark.parametrize(
    ("name", "body", "change", "column", "value"),
    [
        ("RemoteProxy", SITE, {"isActive": False}, "IsActive", False),
        ("ExternalCredential", CREDENTIAL, {"label": "Renamed"}, "MasterLabel", "Renamed"),
    ],
)
def test_setup_objects_are_made_changed_and_deleted(
    state: State, rest: Client, name: str, body: dict[str, Any], change: dict[str, Any], column: str, value: object
) -> None:
    path = f"/tooling/sobjects/{name}"
    made = rest("POST", path, body)
    assert made.status == 201, made
    assert rest("POST", path, body).verdict == (400, "DUPLICATE_DEVELOPER_NAME")
    one_path = f"{path}/{made.json['id']}"
    before = rest("GET", one_path).json["Metadata"]
    assert rest("PATCH", one_path, {"Metadata": change}).status == 204
    found = rest("GET", one_path).json
    assert found[column] == value
    # what the change does not name stays
    assert found["Metadata"] == {**before, **change}
    assert rest("PATCH", one_path, {"Metadata": {"nonsense": 1}}).verdict == (400, "XML_PARSER_ERROR")
    assert rest("PATCH", one_path, {"FullName": "Other", "Metadata": {}}).status == 400
    assert rest("DELETE", one_path).status == 204
    assert rest("GET", one_path).status == 404
    assert rest("POST", f"/sobjects/{name}", body).status == 404


def test_what_a_deploy_would_refuse_is_refused_here_too(rest: Client) -> None:
    wrong = {"parameterName": "S", "parameterType": "AuthParameter", "parameterValue": "x"}
    body = {**CREDENTIAL, "Metadata": {**CREDENTIAL["Metadata"], "externalCredentialParameters": [wrong]}}
    answer = rest("POST", "/tooling/sobjects/ExternalCredential", body)
    assert answer.status == 400
    assert "doesn't support the following external credential parameter type(s): AuthParameter." in answer.message
    assert rest("POST", "/tooling/sobjects/ExternalCredential", {"FullName": "../x", "Metadata": {}}).status == 400
    assert rest.query("SELECT Id FROM ExternalCredential", tooling=True) == []


def test_a_status_alone_is_refused_in_the_orgs_words(state: State, rest: Client, metadata_corpus: Path) -> None:
    path = next((metadata_corpus / "ExternalServiceRegistration").glob("*BankService*-meta.xml"))
    state.components.put("ExternalServiceRegistration", "Bank", path.read_bytes(), by=state.admin_id)
    found = one(rest, "SELECT Id FROM ExternalServiceRegistration")["Id"]
    answer = rest("PATCH", f"/tooling/sobjects/ExternalServiceRegistration/{found}", {})
    assert (answer.code, answer.message) == ("REQUIRED_FIELD_MISSING", "You must provide a valid Metadata field")


def test_setup_objects_need_their_rights(rest: Client) -> None:
    plain = rest.of("u@example.com", "ApiEnabled", "ViewSetup")
    assert plain("POST", "/tooling/sobjects/RemoteProxy", SITE).code == "INSUFFICIENT_ACCESS_OR_READONLY"
    named = rest.of("n@example.com", "ApiEnabled", "ViewSetup", "ManageNamedCredentials")
    assert named("POST", "/tooling/sobjects/RemoteProxy", SITE).code == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert named("POST", "/tooling/sobjects/ExternalCredential", CREDENTIAL).status == 201


def test_a_flow_is_made_and_gets_its_next_version(state: State, rest: Client) -> None:
    from sfsetup.localorg.records.metadata import metadata_json

    metadata = metadata_json("Flow", flow_xml("made"))
    made = rest("POST", FLOW, {"FullName": "Made", "Metadata": metadata})
    assert made.status == 201, made
    second = rest("POST", FLOW, {"FullName": "Made", "Metadata": {**metadata, "label": "again"}})
    assert second.json["id"] != made.json["id"]
    assert [(v.number, v.status) for v in state.flows.versions("Made")] == [(1, "Obsolete"), (2, "Active")]
    assert rest("POST", FLOW, {"Metadata": metadata}).verdict == (400, "REQUIRED_FIELD_MISSING")
    broken = {**metadata, "variables": [{"name": "x", "dataType": "Apex", "apexClass": "ExternalService__No_Thing"}]}
    assert rest("POST", FLOW, {"FullName": "Bad", "Metadata": broken}).verdict == (400, "FLOW_EXCEPTION")
