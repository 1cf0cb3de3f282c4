"""Users, rights and assignments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sfsetup.errors import OrgRefused, OutcomeUnknown
from sfsetup.model.secret import Secret
from sfsetup.org.connection import OrgConnection
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from sfsetup.org.people import RIGHTS
from sfsetup.org.transport import Limits
from tests.support.cutting_proxy import WAYS, CuttingProxy, When
from tests.support.scripted_org import USER_ID, USERNAME, Asked, Reply, ScriptedOrg, as_json, records, refused

DEPLOYER = {"PermissionsModifyMetadata", "PermissionsCustomizeApplication", "PermissionsViewSetup"}


class Office(ScriptedOrg):
    """One permission set, its assignments, one user and their rights."""

    def __init__(self) -> None:
        super().__init__()
        self.assignments: list[tuple[str, str]] = []
        self.rights = set(DEPLOYER)
        self.users = {USERNAME: USER_ID}
        self.on("GET", "FROM PermissionSet WHERE Name = 'Access'", records({"Id": "0PS1"}))
        self.on("GET", "FROM PermissionSet WHERE Name = 'Missing'", records())
        self.on("GET", "FROM PermissionSetAssignment WHERE AssigneeId = .* AND PermissionSetId", self._find)
        self.on("POST", "/sobjects/PermissionSetAssignment", self._assign)
        self.on("GET", "SELECT PermissionSetId FROM PermissionSetAssignment", records({"PermissionSetId": "0PS9"}))
        self.on("GET", "SELECT PermissionSet.Name", self._names)
        self.on("GET", "FROM PermissionSet WHERE Id IN", self._rights)
        self.on("GET", "FROM User WHERE Username IN", self._users)

    def _find(self, asked: Asked) -> Reply:
        rows = [{"Id": "0Pa1"} for user, name in self.assignments if user in asked.path and name in asked.path]
        return records(*rows)

    def _assign(self, asked: Asked) -> Reply:
        given = json.loads(asked.body)
        pair = (given["AssigneeId"], given["PermissionSetId"])
        if pair in self.assignments:
            return refused(400, "DUPLICATE_VALUE", "duplicate value found")
        self.assignments.append(pair)
        return as_json({"id": "0Pa1", "success": True, "errors": []}, 201)

    def _names(self, _asked: Asked) -> Reply:
        rows = [{"PermissionSet": {"Name": name, "IsOwnedByProfile": False}} for _user, name in self.assignments]
        profile = {"PermissionSet": {"Name": "X00ex", "IsOwnedByProfile": True}}
        return records(profile, {"PermissionSet": None}, *rows)

    def _rights(self, asked: Asked) -> Reply:
        return records({"Id": "0PS9", **{field: field in self.rights for field in RIGHTS if field in asked.path}})

    def _users(self, asked: Asked) -> Reply:
        found = [
            {"Id": user_id, "Username": name, "IsActive": True, "UserPermissionsInteractionUser": False}
            for name, user_id in self.users.items()
            if f"'{name}'" in asked.path
        ]
        return records(*found)


@pytest.fixture
def office() -> Iterator[Office]:
    with Office() as server:
        yield server


def connected(url: str, **info: Any) -> OrgConnection:
    limits = Limits(connect=2, read=5, attempts=2, first_pause=0.01)
    connection = connect(AccessToken(url, Secret("00D000000000001!a.token")), limits=limits, sleep=lambda _s: None)
    if info:
        from dataclasses import replace

        return replace(connection, info=replace(connection.info, **info))
    return connection


def test_an_assignment_is_made_once(office: Office) -> None:
    people = connected(office.url).people
    assert people.assign(USER_ID, "Access") is True
    assert people.assign(USER_ID, "Access") is False
    assert office.assignments == [(USER_ID, "0PS1")]


def test_a_permission_set_that_is_not_there(office: Office) -> None:
    with pytest.raises(OrgRefused, match="no permission set Missing"):
        connected(office.url).people.assign(USER_ID, "Missing")


@pytest.mark.parametrize("when", WAYS)
def test_a_connection_that_breaks_while_assigning(office: Office, when: When) -> None:
    with CuttingProxy(office.port) as proxy:
        people = connected(proxy.url).people
        proxy.cut(when, lambda method, _path, _body: method == "POST")
        assert people.assign(USER_ID, "Access") is True
    assert office.assignments == [(USER_ID, "0PS1")]


def test_a_network_that_stays_broken(office: Office) -> None:
    with CuttingProxy(office.port) as proxy:
        people = connected(proxy.url).people
        proxy.cut("before_send", lambda method, _path, _body: method == "POST", times=9)
        with pytest.raises(OutcomeUnknown) as caught:
            people.assign(USER_ID, "Access")
    assert "Run the command again" in caught.value.actions[0]


def test_unassign(office: Office) -> None:
    office.on("DELETE", "/sobjects/PermissionSetAssignment/0Pa1", Reply(204))
    people = connected(office.url).people
    assert people.unassign(USER_ID, "Access") is False
    office.assignments.append((USER_ID, "0PS1"))
    assert people.unassign(USER_ID, "Access") is True
    assert len(office.of("DELETE", "0Pa1")) == 1


@pytest.mark.parametrize(
    ("lost", "missing"),
    [
        (set(), ()),
        ({"PermissionsViewSetup"}, ("View Setup and Configuration",)),
        (
            {"PermissionsModifyMetadata", "PermissionsCustomizeApplication"},
            (
                "Modify Metadata Through Metadata API Functions or Modify All Data",
                "Manage Named Credentials or Customize Application",
            ),
        ),
    ],
)
def test_rights_for_a_deploy_by_name(office: Office, lost: set[str], missing: tuple[str, ...]) -> None:
    office.rights -= lost
    assert connected(office.url).people.rights().missing_for_deploy == missing


def test_a_right_that_the_org_does_not_have(office: Office) -> None:
    message = "No such column 'PermissionsManageNamedCredentials' on entity 'PermissionSet'."
    office.on("GET", "PermissionsManageNamedCredentials.* FROM PermissionSet", refused(400, "INVALID_FIELD", message))
    rights = connected(office.url).people.rights()
    assert rights.known
    assert rights.missing_for_deploy == ()


def test_rights_that_are_not_told_are_unknown_and_nothing_is_missing(office: Office) -> None:
    office.on("GET", "SELECT PermissionSetId FROM", refused(403, "INSUFFICIENT_ACCESS", "no"))
    rights = connected(office.url).people.rights()
    assert rights.has("PermissionsViewSetup") is None
    assert rights.missing_for_deploy == ()


def test_users_by_name_with_the_suffix_of_a_sandbox(office: Office) -> None:
    office.users["ann@acme.example.uat"] = "005000000000002AAA"
    people = connected(office.url, my_domain="acme--uat").people
    me, ann, nobody = people.users(["me", "ann@acme.example", "nobody@acme.example"])
    assert (me.username, me.id) == (USERNAME, USER_ID)
    assert (ann.username, ann.id) == ("ann@acme.example.uat", "005000000000002AAA")
    assert (nobody.username, nobody.id) == ("nobody@acme.example", None)


def test_a_name_with_a_quote_is_quoted(office: Office) -> None:
    connected(office.url).people.users(["o'hara@acme.example"])
    assert r"'o\'hara@acme.example'" in office.of("GET", "FROM User")[0].path


def test_who_may_run_flows(office: Office) -> None:
    assert connected(office.url).people.users(["me"])[0].can_run_flows is False
    office.rights.add("PermissionsRunFlow")
    assert connected(office.url).people.users(["me"])[0].can_run_flows is True
    office.on("GET", "UserPermissionsInteractionUser", refused(400, "INVALID_FIELD", "no such column"))
    assert connected(office.url).people.users(["me"])[0].id == USER_ID


def test_what_a_user_has(office: Office) -> None:
    office.assignments.append((USER_ID, "Access"))
    assert connected(office.url).people.assigned(USER_ID) == frozenset({"Access"})
