"""Records: created, changed, deleted, described; many in one request; who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sfsetup.localorg.state import ObjectPermission, State
from tests.support.rest_client import Client

SET = "/sobjects/PermissionSetAssignment"


@pytest.fixture
def org(state: State) -> State:
    state.permissions.put("PS", label="PS")
    state.permissions.put("Grp", label="Grp", user_permissions=["RunFlow"], group=True)
    state.users.add("ann@example.com", profile="Minimum Access")
    return state


def ids(state: State) -> dict[str, str]:
    ann, holder, group = (
        state.users.by_username("ann@example.com"),
        state.permissions.get("PS"),
        state.permissions.get("Grp"),
    )
    profile = state.permissions.of_profile("Standard User")
    assert ann
    assert holder
    assert group
    assert group.group_id
    assert profile
    assert profile.profile_id
    return {
        "ann": ann.id,
        "set": holder.id,
        "group": group.group_id,
        "aggregate": group.id,
        "behind": profile.id,
        "profile": profile.profile_id,
    }


def test_an_assignment_is_made_once_and_deleted(org: State, rest: Client) -> None:
    known = ids(org)
    body = {"AssigneeId": known["ann"], "PermissionSetId": known["set"]}
    made = rest("POST", SET + "/", body)
    assert made.status == 201
    assert made.json == {"id": made.json["id"], "success": True, "errors": []}
    assert made.json["id"].startswith("0Pa")
    assert rest("POST", SET, body).verdict == (400, "DUPLICATE_VALUE")
    assert rest("DELETE", f"{SET}/{made.json['id']}").status == 204
    assert rest("DELETE", f"{SET}/{made.json['id']}").status == 404
    assert rest("POST", SET, body).status == 201


def test_an_assignment_that_has_expired_gives_nothing_any_more(org: State, rest: Client) -> None:
    org.permissions.put("Runs", label="Runs", user_permissions=["RunFlow"])
    holder, known = org.permissions.get("Runs"), ids(org)
    assert holder
    until = (org.clock.now() + timedelta(hours=1)).isoformat()
    body = {"AssigneeId": known["ann"], "PermissionSetId": holder.id, "ExpirationDate": until}
    assert rest("POST", SET, {**body, "ExpirationDate": "soon"}).verdict == (400, "JSON_PARSER_ERROR")
    assert rest("POST", SET, body).status == 201
    query = "SELECT IsActive, ExpirationDate FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Runs'"
    assert org.permissions.of_user(known["ann"]).may("RunFlow")
    assert rest.query(query)[0]["IsActive"] is True
    org.clock.advance(3601)
    assert not org.permissions.of_user(known["ann"]).may("RunFlow")
    assert rest.query(query)[0]["IsActive"] is False


def test_a_group_is_assigned_as_a_whole(org: State, rest: Client) -> None:
    known = ids(org)
    assert rest("POST", SET, {"AssigneeId": known["ann"], "PermissionSetGroupId": known["group"]}).status == 201
    assert org.permissions.of_user(known["ann"]).may("RunFlow")
    found = rest.query(
        "SELECT PermissionSetGroup.DeveloperName, PermissionSetId FROM PermissionSetAssignment "
        "WHERE PermissionSetGroupId <> null"
    )
    assert [record["PermissionSetId"] for record in found] == [known["aggregate"]]


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "nobody": ({"PermissionSetId": "set"}, 400, "REQUIRED_FIELD_MISSING"),
    "nothing": ({"AssigneeId": "ann"}, 400, "REQUIRED_FIELD_MISSING"),
    "a set and a group": (
        {"AssigneeId": "ann", "PermissionSetId": "set", "PermissionSetGroupId": "group"},
        400,
        "FIELD_INTEGRITY_EXCEPTION",
    ),
    "an unknown field": ({"AssigneeId": "ann", "PermissionSetId": "set", "Colour": "red"}, 400, "INVALID_FIELD"),
    "no id": ({"AssigneeId": "ann@example.com", "PermissionSetId": "set"}, 400, "MALFORMED_ID"),
    "an unknown user": (
        {"AssigneeId": "005000000000000AAA", "PermissionSetId": "set"},
        400,
        "INVALID_CROSS_REFERENCE_KEY",
    ),
    "an unknown set": (
        {"AssigneeId": "ann", "PermissionSetId": "0PS000000000000AAA"},
        400,
        "INVALID_CROSS_REFERENCE_KEY",
    ),
    "a set that a profile owns": ({"AssigneeId": "ann", "PermissionSetId": "behind"}, 400, "FIELD_INTEGRITY_EXCEPTION"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_assignments_that_are_refused(org: State, rest: Client, case: tuple[dict[str, Any], int, str]) -> None:
    body, status, code = case
    known = ids(org)
    before = org.permissions.assignments()
    answer = rest("POST", SET, {key: known.get(value, value) for key, value in body.items()})
    assert answer.verdict == (status, code), answer
    assert org.permissions.assignments() == before


def test_an_inactive_user_gets_nothing(org: State, rest: Client) -> None:
    known = ids(org)
    rest("PATCH", f"/sobjects/User/{known['ann']}", {"IsActive": False})
    answer = rest("POST", SET, {"AssigneeId": known["ann"], "PermissionSetId": known["set"]})
    assert answer.verdict == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_assigning_needs_its_right(org: State, rest: Client) -> None:
    known = ids(org)
    body = {"AssigneeId": known["ann"], "PermissionSetId": known["set"]}
    plain = rest.of("u@example.com", "ApiEnabled", "ViewSetup")
    assert plain("POST", SET, body).code == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert rest.of("m@example.com", "ApiEnabled", "AssignPermissionSets")("POST", SET, body).status == 201


def test_principal_access_is_given_and_taken_by_setup_entity_access(org: State, rest: Client) -> None:
    known = ids(org)
    entity = org.ids.of("ExternalCredentialParameter", "EC-P")
    made = rest("POST", "/sobjects/SetupEntityAccess", {"ParentId": known["set"], "SetupEntityId": entity})
    assert made.status == 201
    holder = org.permissions.get("PS")
    assert holder
    assert [(row.type, row.name) for row in holder.entities] == [("ExternalCredentialParameter", "EC-P")]
    assert rest("DELETE", f"/sobjects/SetupEntityAccess/{made.json['id']}").status == 204
    holder = org.permissions.get("PS")
    assert holder
    assert not holder.entities
    wrong = {"ParentId": known["set"], "SetupEntityId": "0zz000000000000AAA"}
    assert rest("POST", "/sobjects/SetupEntityAccess", wrong).verdict == (400, "INVALID_CROSS_REFERENCE_KEY")


def test_grants_that_come_as_records_are_in_the_sets_metadata(org: State, rest: Client) -> None:
    content = (
        b'<?xml version="1.0" encoding="UTF-8"?><PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">'
        b"<externalCredentialPrincipalAccesses><enabled>false</enabled>"
        b"<externalCredentialPrincipal>EC-Off</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
        b"<hasActivationRequired>false</hasActivationRequired><label>PS</label>"
        b"<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete>"
        b"<allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords>"
        b"<object>Thing__c</object><viewAllFields>true</viewAllFields><viewAllRecords>false</viewAllRecords>"
        b"</objectPermissions></PermissionSet>"
    )
    org.components.put("PermissionSet", "PS", content, by=org.admin_id)
    org.permissions.put("PS", label="PS", objects=[ObjectPermission("Thing__c", read=True)])
    known = ids(org)
    entity = org.ids.of("ExternalCredentialParameter", "EC-On")
    made = rest("POST", "/sobjects/SetupEntityAccess", {"ParentId": known["set"], "SetupEntityId": entity})
    rest(
        "POST",
        "/sobjects/ObjectPermissions",
        {"ParentId": known["set"], "SobjectType": "A__c", "PermissionsRead": True},
    )

    def text() -> str:
        stored = org.components.get("PermissionSet", "PS")
        assert stored
        return stored.content.decode()

    assert text().index("EC-Off") < text().index("EC-On")
    assert text().index("<object>A__c</object>") < text().index("<object>Thing__c</object>")
    assert "<viewAllFields>true</viewAllFields>" in text()
    rest("DELETE", f"/sobjects/SetupEntityAccess/{made.json['id']}")
    assert "EC-On" not in text()
    assert "EC-Off" in text()


@pytest.mark.parametrize("parent", ["set", "behind"])
def test_object_permissions_are_made_changed_and_deleted(org: State, rest: Client, parent: str) -> None:
    path = "/sobjects/ObjectPermissions"
    body = {"ParentId": ids(org)[parent], "SobjectType": "Thing__c", "PermissionsRead": True}
    made = rest("POST", path, body)
    assert made.status == 201
    assert rest("POST", path, body).verdict == (400, "DUPLICATE_VALUE")
    assert rest("PATCH", f"{path}/{made.json['id']}", {"PermissionsEdit": True}).status == 204
    query = "SELECT PermissionsRead, PermissionsEdit FROM ObjectPermissions WHERE SobjectType = 'Thing__c'"
    assert [(r["PermissionsRead"], r["PermissionsEdit"]) for r in rest.query(query)] == [(True, True)]
    assert rest("DELETE", f"{path}/{made.json['id']}").status == 204
    assert rest.query(query) == []
    assert rest("DELETE", f"{path}/{made.json['id']}").status == 404


def test_users_are_made_and_changed(org: State, rest: Client) -> None:
    body = {
        "Username": "new@example.com",
        "LastName": "New",
        "Email": "new@example.com",
        "Alias": "new",
        "ProfileId": ids(org)["profile"],
        "EmailEncodingKey": "UTF-8",
    }
    made = rest("POST", "/sobjects/User", body)
    assert made.status == 201
    assert rest("POST", "/sobjects/User", body).verdict == (400, "DUPLICATE_USERNAME")
    assert rest("PATCH", f"/sobjects/User/{made.json['id']}", {"UserPermissionsInteractionUser": True}).status == 204
    found = rest("GET", f"/sobjects/User/{made.json['id']}", fields="Username,UserPermissionsInteractionUser").json
    assert (found["Username"], found["UserPermissionsInteractionUser"]) == ("new@example.com", True)
    assert "LastName" not in found
    assert rest("POST", "/sobjects/User", {**body, "Username": "no"}).code == "INVALID_EMAIL_ADDRESS"
    assert rest("POST", "/sobjects/User", {"Username": "x@y.z"}).code == "REQUIRED_FIELD_MISSING"


def test_what_cannot_be_written_says_so(org: State, rest: Client) -> None:
    known = ids(org)
    assert rest("POST", "/sobjects/Organization", {"Name": "x"}).status == 400
    assert rest("DELETE", f"/sobjects/User/{known['ann']}").status == 403
    assert rest("PATCH", f"{SET}/{known['set']}", {}).status == 400
    assert rest("DELETE", f"{SET}/nonsense").verdict == (404, "NOT_FOUND")
    assert rest("POST", SET, ["x"]).verdict == (400, "JSON_PARSER_ERROR")
    assert rest("GET", "/sobjects/Nothing").verdict == (404, "NOT_FOUND")
    assert rest("GET", f"/sobjects/User/{known['set']}").verdict == (404, "NOT_FOUND")
    assert rest("GET", f"/sobjects/User/{known['ann']}", fields="Nothing").verdict == (400, "INVALID_FIELD")


def test_source_tracking_is_told_to_be_missing_in_the_words_that_sf_looks_for(rest: Client) -> None:
    answer = rest("GET", "/tooling/sobjects/SourceMember/describe")
    assert (answer.status, answer.message) == (404, "The requested resource does not exist")


def test_objects_are_listed_and_described(rest: Client) -> None:
    names = [entry["name"] for entry in rest("GET", "/sobjects").json["sobjects"]]
    assert {"User", "PermissionSet", "Organization", "SetupEntityAccess"} <= set(names)
    assert "FlowDefinition" not in names
    tooling = {entry["name"]: entry for entry in rest("GET", "/tooling/sobjects").json["sobjects"]}
    assert {"FlowDefinition", "Flow", "ExternalServiceRegistration", "DeployRequest"} <= set(tooling)
    assert (tooling["Flow"]["updateable"], tooling["DeployRequest"]["createable"]) == (True, False)
    found = rest("GET", f"{SET}/describe").json
    fields = {field["name"]: field for field in found["fields"]}
    assert (fields["AssigneeId"]["relationshipName"], fields["AssigneeId"]["referenceTo"]) == ("Assignee", ["User"])
    assert rest("GET", SET).json["objectDescribe"]["keyPrefix"] == "0Pa"


def test_collections_tell_the_outcome_of_each_record(org: State, rest: Client) -> None:
    known = ids(org)
    good = {
        "attributes": {"type": "PermissionSetAssignment"},
        "AssigneeId": known["ann"],
        "PermissionSetId": known["set"],
    }
    bad = {**good, "PermissionSetId": "0PS000000000000AAA"}
    mixed = rest("POST", "/composite/sobjects", {"records": [good, bad, {"x": 1}]})
    assert [entry["success"] for entry in mixed.json] == [True, False, False]
    assert mixed.json[1]["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    made = mixed.json[0]["id"]
    gone = rest("DELETE", "/composite/sobjects", ids=made)
    assert gone.json == [{"id": made, "success": True, "errors": []}]
    joined = rest("POST", "/composite/sobjects", {"allOrNone": True, "records": [good, bad]})
    assert [entry["errors"][0]["statusCode"] for entry in joined.json] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "INVALID_CROSS_REFERENCE_KEY",
    ]
    assert [a for a in org.permissions.assignments() if a.permission_set_id == known["set"]] == []


def test_composite_parts_use_what_others_answered(org: State, rest: Client) -> None:
    base = "/services/data/v66.0"
    known = ids(org)
    parts = [
        {"method": "GET", "url": f"{base}/query?q=SELECT+Id+FROM+PermissionSet+WHERE+Name='PS'", "referenceId": "ps"},
        {
            "method": "POST",
            "url": f"{base}/sobjects/PermissionSetAssignment",
            "referenceId": "made",
            "body": {"AssigneeId": known["ann"], "PermissionSetId": "@{ps.records[0].Id}"},
        },
        {"method": "GET", "url": f"{base}/sobjects/PermissionSetAssignment/@{{made.id}}", "referenceId": "read"},
        {"method": "GET", "url": f"{base}/sobjects/User/@{{nothing.id}}", "referenceId": "lost"},
    ]
    found = rest("POST", "/composite", {"compositeRequest": parts}).json["compositeResponse"]
    assert [entry["httpStatusCode"] for entry in found] == [200, 201, 200, 400]
    assert found[2]["body"]["AssigneeId"] == known["ann"]
    assert [entry["referenceId"] for entry in found] == ["ps", "made", "read", "lost"]


def test_an_all_or_none_composite_leaves_nothing_behind(org: State, rest: Client) -> None:
    known = ids(org)
    good = {
        "method": "POST",
        "url": "/services/data/v66.0/sobjects/PermissionSetAssignment",
        "referenceId": "a",
        "body": {"AssigneeId": known["ann"], "PermissionSetId": known["set"]},
    }
    bad = {"method": "GET", "url": "/services/data/v66.0/nothing", "referenceId": "b"}
    body = {"allOrNone": True, "compositeRequest": [good, bad, {**good, "referenceId": "c"}]}
    found = rest("POST", "/composite", body).json["compositeResponse"]
    assert [entry["httpStatusCode"] for entry in found] == [400, 404, 400]
    assert found[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert [a for a in org.permissions.assignments() if a.permission_set_id == known["set"]] == []


@pytest.mark.parametrize(
    "body",
    [None, {}, {"compositeRequest": []}, {"compositeRequest": [{"method": "GET", "url": "/x"}]},
     {"compositeRequest": [{"referenceId": "r", "method": "GET", "url": "/x"}] * 26},
     {"allOrNone": True, "compositeRequest": [
         {"referenceId": "r", "method": "POST", "url": "/services/data/v66.0/actions/custom/flow/F"}]}],
)  # fmt: skip
def test_broken_composites_are_refused(rest: Client, body: Any) -> None:
    assert rest("POST", "/tooling/composite", body if body is not None else []).status == 400


def test_batches_run_each_part_by_itself(org: State, rest: Client) -> None:
    parts = [{"method": "GET", "url": "v66.0/limits"}, {"method": "GET", "url": "v66.0/nothing"}]
    found = rest("POST", "/composite/batch", {"batchRequests": parts}).json
    assert found["hasErrors"] is True
    assert [entry["statusCode"] for entry in found["results"]] == [200, 404]
    nested = {"compositeRequest": [{"method": "POST", "url": "/services/data/v66.0/composite", "referenceId": "r"}]}
    assert rest("POST", "/composite", nested).json["compositeResponse"][0]["httpStatusCode"] == 404


def test_limits_count_the_calls(rest: Client) -> None:
    first = rest("GET", "/limits").json["DailyApiRequests"]
    second = rest("GET", "/limits/")
    assert second.json["DailyApiRequests"]["Remaining"] == first["Remaining"] - 1
    assert second.headers["Sforce-Limit-Info"].startswith("api-usage=2/")


def test_a_user_without_api_enabled_is_told_so_everywhere(rest: Client) -> None:
    locked_out = rest.of("u@example.com", "RunFlow", "ViewSetup")
    for path in ("/limits", "/query?q=SELECT+Id+FROM+User", "/actions/custom/flow", "/tooling/sobjects"):
        assert locked_out("GET", path).verdict == (403, "API_DISABLED_FOR_ORG"), path
    assert locked_out("GET", "//services/oauth2/userinfo").status == 200


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("30.0", (410, "GONE")), ("31.0", (200, "")), ("68.0", (200, "")), ("69.0", (404, "NOT_FOUND")),
     ("66", (404, "NOT_FOUND")), ("66.1", (404, "NOT_FOUND")), ("x", (404, "NOT_FOUND"))],
)  # fmt: skip
def test_versions_that_the_org_has(rest: Client, version: str, verdict: tuple[int, str]) -> None:
    assert Client(rest.server, version=version)("GET", "/limits").verdict == verdict


def test_an_inactive_user_has_no_session(rest: Client) -> None:
    user = rest.of("u@example.com", "ApiEnabled")
    assert user("GET", "/limits").status == 200
    rest.of("u@example.com", "ApiEnabled", isActive=False)
    assert user("GET", "/limits").verdict == (401, "INVALID_SESSION_ID")
