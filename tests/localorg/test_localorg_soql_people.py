"""SOQL that tools send about users, organization, permission sets and grants, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import ObjectPermission, State
from tests.support.rest_client import Client

ADMIN = "admin@default.sfsetup.local"
GROUP = (
    b'<?xml version="1.0" encoding="UTF-8"?><PermissionSetGroup xmlns="http://soap.sforce.com/2006/04/metadata">'
    b"<label>Grp</label><permissionSets>Api</permissionSets></PermissionSetGroup>"
)


@pytest.fixture
def org(state: State) -> State:
    """Two permission sets, a group with one of them, a user who has the other."""
    state.users.add("ann.o'hara@example.com", name="Ann O'Hara")
    state.permissions.put(
        "Api",
        label="Api",
        user_permissions=["RunFlow"],
        objects=[ObjectPermission("UserExternalCredential", read=True)],
        entities=[("ExternalCredentialParameter", "EC-P")],
    )
    state.permissions.put("Other", label="Other")
    state.components.put("PermissionSetGroup", "Grp", GROUP, by=state.admin_id)
    state.permissions.put("Grp", label="Grp", user_permissions=["RunFlow"], group=True)
    other, ann = state.permissions.get("Other"), state.users.by_username("ann.o'hara@example.com")
    assert other
    assert ann
    state.permissions.assign(ann.id, other.id)
    return state


def plain(record: Any) -> Any:
    """A record without its attributes, its children as lists."""
    if isinstance(record, dict):
        if "records" in record:
            return [plain(entry) for entry in record["records"]]
        return {key: plain(value) for key, value in record.items() if key != "attributes"}
    return record


ONE_OF_EACH = {
    "sf org login": (
        "SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType FROM Organization",
        [
            {
                "Name": "default",
                "InstanceName": "LOCAL1",
                "IsSandbox": False,
                "TrialExpirationDate": None,
                "NamespacePrefix": None,
                "OrganizationType": "Developer Edition",
            }
        ],
    ),
    "a limit": ("SELECT IsSandbox FROM Organization LIMIT 1", [{"IsSandbox": False}]),
    "by username": (f"SELECT Username FROM User WHERE Username='{ADMIN}'", [{"Username": ADMIN}]),
    "letter case aside": (f"select username from user where username = '{ADMIN.upper()}'", [{"Username": ADMIN}]),
    "an escaped quote": (
        r"SELECT Name FROM User WHERE Username = 'ann.o\'hara@example.com'",
        [{"Name": "Ann O'Hara"}],
    ),
    "nothing found": ("SELECT Id FROM User WHERE Username = 'no@example.com'", []),
    "by a set's name": ("SELECT Name FROM PermissionSet WHERE Name='Api'", [{"Name": "Api"}]),
    "sub-select": (
        ("SELECT Username,(SELECT PermissionSet.Name FROM PermissionSetAssignments "
        r"WHERE PermissionSet.IsOwnedByProfile = false) FROM User WHERE Username = 'ann.o\'hara@example.com'"),
        [
            {
                "Username": "ann.o'hara@example.com",
                "PermissionSetAssignments": [{"PermissionSet": {"Name": "Other"}}],
            }
        ],
    ),
    "a sub-select without rows is null": (
        ("SELECT Username, (SELECT Id FROM PermissionSetAssignments WHERE PermissionSet.Name = 'Api') "
        f"FROM User WHERE Username = '{ADMIN}'"),
        [{"Username": ADMIN, "PermissionSetAssignments": None}],
    ),
    "joins": (
        ("SELECT Assignee.Username, Assignee.Profile.Name, PermissionSet.Name FROM PermissionSetAssignment "
        "WHERE PermissionSet.Name = 'Other'"),
        [
            {
                "Assignee": {"Username": "ann.o'hara@example.com", "Profile": {"Name": "Standard User"}},
                "PermissionSet": {"Name": "Other"},
            }
        ],
    ),
    "IN with a query": (
        ("SELECT Name FROM PermissionSet WHERE Id IN "
        r"(SELECT PermissionSetId FROM PermissionSetAssignment WHERE Assignee.Username = 'ann.o\'hara@example.com') "
        "AND IsOwnedByProfile = false"),
        [{"Name": "Other"}],
    ),
    "NOT IN and an order": (
        "SELECT Name FROM PermissionSet WHERE IsOwnedByProfile = false AND Name NOT IN ('Api') ORDER BY Name DESC",
        [{"Name": "Other"}, {"Name": "Grp"}],
    ),
    "who has principal access": (
        ("SELECT Parent.Name, Parent.IsOwnedByProfile, SetupEntityType FROM SetupEntityAccess "
        "WHERE SetupEntityType = 'ExternalCredentialParameter'"),
        [{"Parent": {"Name": "Api", "IsOwnedByProfile": False}, "SetupEntityType": "ExternalCredentialParameter"}],
    ),
    "who reads the credentials object": (
        ("SELECT Parent.Name, PermissionsRead, PermissionsModifyAllRecords FROM ObjectPermissions "
        "WHERE SobjectType='UserExternalCredential' AND Parent.IsOwnedByProfile = false"),
        [{"Parent": {"Name": "Api"}, "PermissionsRead": True, "PermissionsModifyAllRecords": False}],
    ),
    "group components": (
        "SELECT PermissionSetGroup.DeveloperName, PermissionSet.Name FROM PermissionSetGroupComponent",
        [{"PermissionSetGroup": {"DeveloperName": "Grp"}, "PermissionSet": {"Name": "Api"}}],
    ),
    "components of a group as children": (
        "SELECT DeveloperName, (SELECT PermissionSet.Name FROM PermissionSetGroupComponents) FROM PermissionSetGroup",
        [{"DeveloperName": "Grp", "PermissionSetGroupComponents": [{"PermissionSet": {"Name": "Api"}}]}],
    ),
    "rights of a profile": (
        "SELECT Name, PermissionsModifyMetadata, PermissionsViewSetup FROM Profile WHERE Name LIKE 'System%'",
        [{"Name": "System Administrator", "PermissionsModifyMetadata": True, "PermissionsViewSetup": True}],
    ),
    "an alias for the object": ("SELECT u.Username FROM User u WHERE u.Username LIKE 'auto%'", [
        {"Username": "autoproc@default.sfsetup.local"}
    ]),
    "sf org display user": (
        ("SELECT Username, LastName, Alias, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, LanguageLocaleKey, Email "
        f"FROM User WHERE Username = '{ADMIN}'"),
        [
            {
                "Username": ADMIN,
                "LastName": "Admin",
                "Alias": "Local Ad",
                "TimeZoneSidKey": "GMT",
                "LocaleSidKey": "en_US",
                "EmailEncodingKey": "UTF-8",
                "LanguageLocaleKey": "en_US",
                "Email": ADMIN,
            }
        ],
    ),
    "grouping": (
        "SELECT UserType, COUNT(Id) howMany FROM User GROUP BY UserType ORDER BY UserType",
        [
            {"UserType": "AutomatedProcess", "howMany": 1},
            {"UserType": "Guest", "howMany": 1},
            {"UserType": "Standard", "howMany": 2},
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_queries_that_tools_send(org: State, rest: Client, case: tuple[str, list[dict[str, Any]]]) -> None:
    text, expected = case
    assert [plain(record) for record in rest.query(text)] == expected


def test_a_count_alone_has_no_records(org: State, rest: Client) -> None:
    answer = rest("GET", "/query", q="SELECT COUNT() FROM User").json
    assert (answer["totalSize"], answer["records"]) == (4, [])


def test_records_carry_their_type_and_address(org: State, rest: Client) -> None:
    record = rest.query("SELECT Id FROM PermissionSet WHERE Name = 'Api'")[0]
    assert record["attributes"] == {
        "type": "PermissionSet",
        "url": f"/services/data/v66.0/sobjects/PermissionSet/{record['Id']}",
    }
    assert rest("GET", record["attributes"]["url"].removeprefix("/services/data/v66.0")).json["Name"] == "Api"


REFUSED = {
    "an object that is not there": ("SELECT Id FROM ScratchOrgInfo limit 1", "INVALID_TYPE"),
    "a Tooling object": ("SELECT Id FROM ExternalServiceRegistration", "INVALID_TYPE"),
    "a field that is not there": ("SELECT Nothing FROM User", "INVALID_FIELD"),
    "a field of a parent that is not there": ("SELECT Profile.Nothing FROM User", "INVALID_FIELD"),
    "a parent that is not there": ("SELECT Boss.Name FROM User", "INVALID_FIELD"),
    "a child that is not there": ("SELECT Id, (SELECT Id FROM Things) FROM User", "INVALID_TYPE"),
    "a field of the filter": ("SELECT Id FROM User WHERE Nothing = 1", "INVALID_FIELD"),
    "a field of the order": ("SELECT Id FROM User ORDER BY Nothing", "INVALID_FIELD"),
    "a number for text": ("SELECT Id FROM User WHERE Username = 5", "INVALID_FIELD"),
    "text for a Boolean": ("SELECT Id FROM User WHERE IsActive = 'true'", "INVALID_FIELD"),
    "half a query": ("SELECT Id FROM", "MALFORMED_QUERY"),
    "no query": ("  ", "MALFORMED_QUERY"),
    "SQL": ("SELECT * FROM User", "MALFORMED_QUERY"),
    "another statement": ("DELETE FROM User", "MALFORMED_QUERY"),
    "an open quote": ("SELECT Id FROM User WHERE Username = 'x", "MALFORMED_QUERY"),
    "too many brackets": ("SELECT Id FROM User WHERE " + "(" * 300 + "Id = null" + ")" * 300, "MALFORMED_QUERY"),
    "a negative limit": ("SELECT Id FROM User LIMIT -1", "MALFORMED_QUERY"),
    "clauses in the wrong order": ("SELECT Id FROM User LIMIT 5 ORDER BY Id", "MALFORMED_QUERY"),
    "a clause twice": ("SELECT Id FROM User LIMIT 5 LIMIT 6", "MALFORMED_QUERY"),
    "an ungrouped field": ("SELECT Username, COUNT(Id) FROM User GROUP BY UserType", "MALFORMED_QUERY"),
    "IN over two fields": ("SELECT Id FROM User WHERE Id IN (SELECT Id, Name FROM Profile)", "MALFORMED_QUERY"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_queries_that_are_refused(org: State, rest: Client, case: tuple[str, str]) -> None:
    text, code = case
    answer = rest("GET", "/query", q=text)
    assert answer.verdict == (400, code), answer
    assert answer.message


def test_a_long_answer_comes_in_pages(org: State, server: Embedded, rest: Client) -> None:
    import requests

    with org.transaction():
        for number in range(450):
            org.users.add(f"user{number:03d}@example.com", name=f"U{number:03d}")
    url = f"{server.url}/services/data/v66.0/query"
    headers = {"Authorization": f"Bearer {server.token}", "Sforce-Query-Options": "batchSize=200"}
    page = requests.get(url, params={"q": "SELECT Username FROM User"}, headers=headers, timeout=60).json()
    names = [record["Username"] for record in page["records"]]
    sizes = [len(page["records"])]
    while not page["done"]:
        assert page["totalSize"] == 454
        page = rest("GET", page["nextRecordsUrl"].removeprefix("/services/data/v66.0")).json
        sizes.append(len(page["records"]))
        names += [record["Username"] for record in page["records"]]
    assert sizes == [200, 200, 54]
    assert len(set(names)) == 454
    assert rest("GET", "/query", q="SELECT Username FROM User").json["done"] is True


def test_a_page_belongs_to_who_asked(org: State, rest: Client) -> None:
    assert rest("GET", "/query/01gLo0000000000AAA-2000").verdict == (400, "INVALID_QUERY_LOCATOR")


def test_the_columns_of_a_query_as_sf_asks_for_them(org: State, rest: Client) -> None:
    found = rest("GET", "/query", q="SELECT Id, Name, Profile.Name, (SELECT Id FROM PermissionSetAssignments) FROM User",
                 columns="true").json  # fmt: skip
    assert found["entityName"] == "User"
    assert found["idSelected"] is True
    assert [column["columnName"] for column in found["columnMetadata"]] == [
        "Id",
        "Name",
        "Profile",
        "PermissionSetAssignments",
    ]
    assert [inner["columnName"] for inner in found["columnMetadata"][2]["joinColumns"]] == ["Name"]
    assert [inner["columnName"] for inner in found["columnMetadata"][3]["joinColumns"]] == ["Id"]
    # a sub-select is told from a parent by this flag
    assert [column["aggregate"] for column in found["columnMetadata"]] == [False, False, False, True]
    counted = rest("GET", "/query", q="SELECT COUNT(Id), MAX(Name) last, MIN(Name) FROM User", columns="true").json
    assert [(c["columnName"], c["displayName"], c["aggregate"]) for c in counted["columnMetadata"]] == [
        ("expr0", "COUNT(Id)", True),
        ("last", "last", True),
        ("expr1", "MIN(Name)", True),
    ]


def test_the_columns_of_a_grouped_query_are_called_as_in_its_records(org: State, rest: Client) -> None:
    query = "SELECT Profile.Name, UserType kind, COUNT(Id) FROM User GROUP BY Profile.Name, UserType LIMIT 1"
    found = rest("GET", "/query", q=query, columns="true").json
    assert found["groupBy"] is True
    assert [(column["columnName"], column["joinColumns"]) for column in found["columnMetadata"]] == [
        ("Name", []),
        ("kind", []),
        ("expr0", []),
    ]
    assert list(rest.query(query)[0]) == ["attributes", "Name", "kind", "expr0"]


def test_ids_of_15_and_18_characters_find_the_same(org: State, rest: Client) -> None:
    whole = str(rest.query(f"SELECT Id FROM User WHERE Username = '{ADMIN}'")[0]["Id"])
    for text in (whole, whole[:15]):
        assert rest.query(f"SELECT Username FROM User WHERE Id = '{text}'")[0]["Username"] == ADMIN
        assert rest("GET", f"/sobjects/User/{text}").json["Username"] == ADMIN


def test_without_view_setup_setup_objects_are_empty_not_refused(org: State, rest: Client) -> None:
    text = "SELECT Id FROM ExternalCredentialParameter"
    org.components.put(
        "ExternalCredential",
        "EC",
        b'<?xml version="1.0"?><ExternalCredential xmlns="http://soap.sforce.com/2006/04/metadata">'
        b"<authenticationProtocol>Custom</authenticationProtocol><externalCredentialParameters>"
        b"<parameterName>P</parameterName><parameterType>NamedPrincipal</parameterType>"
        b"</externalCredentialParameters><label>EC</label></ExternalCredential>",
        by=org.admin_id,
    )
    assert len(rest.query(text)) == 1
    assert rest.of("u@example.com", "ApiEnabled").query(text) == []
