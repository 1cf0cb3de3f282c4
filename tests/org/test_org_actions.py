"""Running flows, describing operations, versions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from sfsetup.errors import OrgRefused, OutcomeUnknown
from sfsetup.model.secret import Secret
from sfsetup.org.connection import OrgConnection
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from sfsetup.org.transport import Limits
from tests.support.cutting_proxy import WAYS, CuttingProxy, When
from tests.support.scripted_org import Asked, Reply, ScriptedOrg, as_json, records, refused

FINISHED = {
    "actionName": "Send_SMS",
    "errors": None,
    "isSuccess": True,
    "outputValues": {"ok": True, "responseCode": 200, "Flow__InterviewStatus": "Finished", "Flow__InterviewGuid": "g"},
    "version": 3,
}


@pytest.fixture
def org() -> Iterator[ScriptedOrg]:
    with ScriptedOrg() as server:
        yield server


def connected(url: str) -> OrgConnection:
    limits = Limits(connect=2, read=5, attempts=2, first_pause=0.01)
    return connect(AccessToken(url, Secret("00D000000000001!a.token")), limits=limits, sleep=lambda _s: None)


def test_a_run(org: ScriptedOrg) -> None:
    org.on("POST", "/actions/custom/flow/Send_SMS", as_json([FINISHED]))
    run = connected(org.url).actions.run_flow("Send_SMS", {"text": "hällo", "n": 1})
    assert run.ok
    assert dict(run.outputs) == {"ok": True, "responseCode": 200}
    assert (run.version, run.status, run.interview) == (3, "Finished", "g")
    assert json.loads(org.asked[-1].body) == {"inputs": [{"text": "hällo", "n": 1}]}
    assert org.asked[-1].headers["Content-Type"] == "application/json"


def test_a_run_that_fails_is_a_run(org: ScriptedOrg) -> None:
    failed = {
        **FINISHED,
        "isSuccess": False,
        "outputValues": None,
        "errors": [{"statusCode": "UNKNOWN_EXCEPTION", "message": "An unhandled fault has occurred", "fields": []}],
    }
    org.on("POST", "/actions/custom/flow/Send_SMS", as_json([failed], 400))
    run = connected(org.url).actions.run_flow("Send_SMS", {})
    assert not run.ok
    assert run.errors == ("UNKNOWN_EXCEPTION: An unhandled fault has occurred",)


def test_a_flow_that_is_not_there(org: ScriptedOrg) -> None:
    with pytest.raises(OrgRefused, match="does not exist") as caught:
        connected(org.url).actions.run_flow("Nope", {})
    assert caught.value.status == 404


@pytest.mark.parametrize("when", WAYS)
def test_a_flow_is_never_run_twice(org: ScriptedOrg, when: When) -> None:
    org.on("POST", "/actions/custom/flow/Send_SMS", as_json([FINISHED]))
    with CuttingProxy(org.port) as proxy:
        actions = connected(proxy.url).actions
        proxy.cut(when, lambda method, _path, _body: method == "POST")
        with pytest.raises(OutcomeUnknown, match="Send_SMS was started") as caught:
            actions.run_flow("Send_SMS", {})
    assert "vendor" in caught.value.actions[0]
    assert len(org.of("POST", "Send_SMS")) <= 1


def test_an_operation_as_the_org_tells_it(org: ScriptedOrg) -> None:
    told = {
        "name": "Send-Sms-Single",
        "inputs": [
            {"name": "subAccountId", "type": "STRING"},
            {"name": "body", "apexClass": "ExternalService__S_body"},
        ],
        "outputs": [{"name": "200", "apexClass": "ExternalService__S_result"}, {"name": "responseCode"}],
    }
    org.on("GET", "/actions/custom/externalService/CPaaSSMS.Send-Sms-Single", as_json(told))
    actions = connected(org.url).actions
    operation = actions.operation("CPaaSSMS", "Send-Sms-Single")
    assert operation is not None
    assert operation.action_name == "CPaaSSMS.Send-Sms-Single"
    assert operation.inputs == {"subAccountId": None, "body": "ExternalService__S_body"}
    assert operation.outputs == {"200": "ExternalService__S_result", "responseCode": None}
    assert operation.source == "org"
    assert actions.operation("CPaaSSMS", "Other") is None


def test_names_of_operations(org: ScriptedOrg) -> None:
    actions = connected(org.url).actions
    assert actions.operation_names() is None
    org.on("GET", "/actions/custom/externalService$", as_json({"actions": [{"name": "A.b"}, {"label": "?"}]}))
    assert actions.operation_names() == frozenset({"A.b"})


def test_versions(org: ScriptedOrg) -> None:
    definition = {"Id": "300", "DeveloperName": "F", "ActiveVersionId": "301A", "LatestVersionId": "301B"}
    org.on(
        "GET", "FROM FlowDefinition", records(definition, {**definition, "DeveloperName": "G", "ActiveVersionId": None})
    )
    newest = {
        "Id": "301B",
        "VersionNumber": 2,
        "Status": "Draft",
        "LastModifiedDate": "2026-11-01T10:00:00.000+0000",
        "LastModifiedBy": {"Name": "Ann"},
    }
    org.on("GET", "FROM Flow WHERE", records({"Id": "301A", "VersionNumber": 1, "Status": "Active"}, newest))
    found = connected(org.url).actions.flow_versions(["F", "G", "H"])
    assert sorted(found) == ["F", "G"]
    assert (found["F"].active, found["F"].latest, found["F"].latest_status) == (1, 2, "Draft")
    assert (found["F"].last_modified_by, found["F"].last_modified_date) == ("Ann", "2026-11-01T10:00:00.000+0000")
    assert found["G"].active is None


def test_versions_of_many_flows_are_asked_in_addresses_that_an_org_takes(org: ScriptedOrg) -> None:
    names = [f"F{number:03}{'x' * 76}" for number in range(250)]
    asked: list[str] = []

    def definitions(request: Asked) -> Reply:
        found = re.findall(r"'(F[^']*)'", request.path)
        asked.extend(found)
        return records(*({"Id": "300", "DeveloperName": name, "LatestVersionId": f"301{name[1:4]}"} for name in found))

    org.on("GET", "FROM FlowDefinition", definitions)
    org.on("GET", "FROM Flow WHERE", records({"Id": "301007", "VersionNumber": 7, "Status": "Draft"}))
    found = connected(org.url).actions.flow_versions(names)
    assert sorted(asked) == sorted(found) == names
    assert found[names[7]].latest == 7
    assert max(len(quote(each.path)) for each in org.asked) < 16_384
    assert len(org.asked) < 10


def test_activation(org: ScriptedOrg) -> None:
    org.on("GET", "FROM FlowDefinition", records({"Id": "300000000000001"}))
    org.on("PATCH", "/tooling/sobjects/FlowDefinition/300000000000001", Reply(204))
    connected(org.url).actions.activate("F", 4)
    assert json.loads(org.asked[-1].body) == {"Metadata": {"activeVersionNumber": 4}}
    org.on("GET", "FROM FlowDefinition", records())
    with pytest.raises(OrgRefused, match="no flow F"):
        connected(org.url).actions.activate("F", None)


@pytest.mark.parametrize("when", WAYS)
def test_a_lost_answer_to_an_activation_is_settled_by_activating_again(org: ScriptedOrg, when: When) -> None:
    org.on("GET", "FROM FlowDefinition", records({"Id": "300000000000001"}))
    org.on("PATCH", "/tooling/sobjects/FlowDefinition/300000000000001", Reply(204))
    with CuttingProxy(org.port) as proxy:
        actions = connected(proxy.url).actions
        proxy.cut(when, lambda method, _path, _body: method == "PATCH")
        actions.activate("F", 4)
    assert json.loads(org.asked[-1].body) == {"Metadata": {"activeVersionNumber": 4}}


def test_queries_page_through(org: ScriptedOrg) -> None:
    more = {
        "totalSize": 3,
        "done": False,
        "nextRecordsUrl": "/services/data/v66.0/tooling/query/01g-2",
        "records": [{"Id": 1}],
    }
    org.on("GET", "tooling/query\\?q=SELECT Id FROM ApexClass", as_json(more))
    org.on("GET", "tooling/query/01g-2", records({"Id": 2}, {"Id": 3}))
    rest = connected(org.url).rest
    assert [row["Id"] for row in rest.tooling_query("SELECT Id FROM ApexClass")] == [1, 2, 3]
    org.on(
        "GET",
        "/query/\\?q=SELECT Id FROM Account",
        as_json({**more, "nextRecordsUrl": "/services/data/v66.0/query/01g-2"}),
    )
    org.on("GET", "v66.0/query/01g-2", records({"Id": 2}))
    assert [row["Id"] for row in rest.query("SELECT Id FROM Account")] == [1, 2]


def test_refusals_keep_the_orgs_words_and_code(org: ScriptedOrg) -> None:
    org.on("GET", "FROM Nonsense", refused(400, "INVALID_TYPE", "sObject type 'Nonsense' is not supported."))
    with pytest.raises(OrgRefused, match="'Nonsense' is not supported") as caught:
        connected(org.url).rest.query("SELECT Id FROM Nonsense")
    assert (caught.value.code, caught.value.status) == ("INVALID_TYPE", 400)
