"""/named-credentials/credential behaves as the references say: semantics of each method, what comes back, who may."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from tests.support.rest_client import Client

PATH = "/named-credentials/credential"
NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
PRINCIPAL = "8x8 API Key Principal"
WHO = {"externalCredential": "EC", "principalType": "NamedPrincipal", "principalName": PRINCIPAL}
SECRET = 's€cret "quoted" & <angle> %'


def external_credential(protocol: str, *parameters: tuple[str, str, str | None]) -> bytes:
    rows = "".join(
        f"<externalCredentialParameters><parameterName>{name}</parameterName><parameterType>{kind}</parameterType>"
        + (f"<parameterValue>{value}</parameterValue>" if value else "")
        + "<sequenceNumber>1</sequenceNumber></externalCredentialParameters>"
        for kind, name, value in parameters
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ExternalCredential xmlns="{NAMESPACE}">'
        f"<authenticationProtocol>{protocol}</authenticationProtocol>{rows}<label>EC</label></ExternalCredential>"
    ).encode()


NAMED = ("NamedPrincipal", PRINCIPAL, None)
KINDS = {
    "Custom": external_credential("Custom", NAMED),
    "Basic": external_credential("Basic", NAMED),
    "AwsSv4": external_credential("AwsSv4", NAMED),
    "OAuth": external_credential("Oauth", NAMED, ("AuthProtocolVariant", "Oauth", "ClientCredentialsClientSecret")),
    "Bearer": external_credential("Oauth", NAMED, ("AuthProtocolVariant", "Oauth", "JwtBearer")),
    "Browser": external_credential("Oauth", NAMED, ("AuthProvider", "AuthProvider", None)),
    "PerUser": external_credential("Custom", ("PerUserPrincipal", "Everybody", None)),
}


@pytest.fixture
def org(state: State) -> State:
    state.components.put("ExternalCredential", "EC", KINDS["Custom"], by=state.admin_id)
    return state


def body(protocol: str | None = "Custom", **parameters: Any) -> dict[str, Any]:
    given = {
        name: entry if isinstance(entry, dict) else {"value": entry, "encrypted": True}
        for name, entry in parameters.items()
    }
    return {**WHO, **({"authenticationProtocol": protocol} if protocol else {}), "credentials": given}


def test_a_principal_without_parameters_tells_its_status_and_nothing_else(org: State, rest: Client) -> None:
    answer = rest("GET", PATH, **WHO)
    assert answer.status == 200
    assert "credentials" not in answer.json
    assert answer.json["authenticationStatus"] == "Unknown"
    assert answer.json["principalName"] == PRINCIPAL


def test_the_switch_makes_an_empty_principal_a_404(org: State, rest: Client) -> None:
    org.switches.set("empty-credential-not-found", True)
    assert rest("GET", PATH, **WHO).verdict == (404, "NOT_FOUND")
    rest("POST", PATH, body(key=SECRET))
    assert rest("GET", PATH, **WHO).status == 200


def test_post_creates_once_and_a_second_post_is_a_conflict(org: State, rest: Client) -> None:
    first = rest("POST", PATH, body(key=SECRET))
    assert first.status == 201
    again = rest("POST", PATH, body(key="other"))
    assert again.verdict == (409, "CONFLICT")
    assert again.message == (
        f'Authentication credentials for the principal "{PRINCIPAL}" already exist. '
        "Use the PUT method to overwrite them."
    )
    assert org.credentials.get("EC", PRINCIPAL).parameters["key"].value == SECRET  # type: ignore[union-attr]


def test_the_switch_makes_a_created_credential_a_200(org: State, rest: Client) -> None:
    org.switches.set("created-credential-201", False)
    assert rest("POST", PATH, body(key=SECRET)).status == 200


def test_encrypted_values_never_come_back_plain_ones_do(org: State, rest: Client) -> None:
    made = rest("POST", PATH, body(key=SECRET, account={"value": "me", "encrypted": False}, unset={"value": "x"}))
    for answer in (made, rest("GET", PATH, **WHO)):
        shown = answer.json["credentials"]
        assert set(shown["key"]) == {"encrypted", "id", "revision"}
        assert shown["key"]["id"].startswith("0pw")
        assert shown["account"]["value"] == "me"
        assert shown["unset"]["encrypted"] is False
        assert SECRET not in str(answer.json)


def test_put_replaces_the_whole_set_and_raises_revisions(org: State, rest: Client) -> None:
    rest("POST", PATH, body(one="1", two="2"))
    answer = rest("PUT", PATH, body(one="1"))
    assert answer.status == 200
    assert {name: entry["revision"] for name, entry in answer.json["credentials"].items()} == {"one": 2}


def test_patch_adds_and_changes_and_keeps_the_rest(org: State, rest: Client) -> None:
    rest("POST", PATH, body(one="1", two="2"))
    answer = rest("PATCH", PATH, body(two="b", three="3"))
    assert answer.status == 200
    assert {name: entry["revision"] for name, entry in answer.json["credentials"].items()} == {
        "one": 1,
        "two": 2,
        "three": 1,
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_updating_a_principal_that_has_nothing_is_refused_unless_switched(
    org: State, rest: Client, method: str
) -> None:
    assert rest(method, PATH, body(key="x")).verdict == (404, "NOT_FOUND")
    org.switches.set("update-without-credential-refused", False)
    assert rest(method, PATH, body(key="x")).status == 200


def test_delete_takes_the_named_parameters_or_all(org: State, rest: Client) -> None:
    rest("POST", PATH, body(one="1", two="2", three="3"))
    assert rest("DELETE", PATH, **WHO, authenticationParameters="one,two").status == 204
    assert list(rest("GET", PATH, **WHO).json["credentials"]) == ["three"]
    assert rest("DELETE", PATH, **WHO).status == 204
    assert org.credentials.get("EC", PRINCIPAL) is None
    assert rest("POST", PATH, body(one="1")).status == 201


def test_a_trailing_slash_and_a_body_without_protocol_are_taken(org: State, rest: Client) -> None:
    assert rest("POST", PATH + "/", body(None, key="x")).status == 201


REFUSED = {
    "metadata's spelling of the protocol": ("POST", {"authenticationProtocol": "Oauth"}, 400, "INVALID_API_INPUT"),
    "another protocol than the credential's": ("POST", {"authenticationProtocol": "Basic"}, 400, "INVALID_API_INPUT"),
    "a variant it does not have": ("POST", {"authenticationProtocolVariant": "X"}, 400, "INVALID_API_INPUT"),
    "no external credential": ("POST", {"externalCredential": None}, 400, "INVALID_API_INPUT"),
    "an unknown external credential": ("POST", {"externalCredential": "None"}, 404, "NOT_FOUND"),
    "no principal name": ("POST", {"principalName": None}, 400, "INVALID_API_INPUT"),
    "an unknown principal": ("POST", {"principalName": "Else"}, 404, "NOT_FOUND"),
    "a principal name that is no text": ("POST", {"principalName": 5}, 400, "INVALID_API_INPUT"),
    "an unknown principal type": ("POST", {"principalType": "Somebody"}, 400, "INVALID_API_INPUT"),
    "another principal type": ("POST", {"principalType": "PerUserPrincipal"}, 404, "NOT_FOUND"),
    "no parameters": ("POST", {"credentials": {}}, 400, "INVALID_API_INPUT"),
    "parameters that are a list": ("POST", {"credentials": []}, 400, "INVALID_API_INPUT"),
    "a parameter without value": ("POST", {"credentials": {"k": {"encrypted": True}}}, 400, "INVALID_API_INPUT"),
    "an empty value": ("POST", {"credentials": {"k": {"value": ""}}}, 400, "INVALID_API_INPUT"),
    "a value that is no text": ("POST", {"credentials": {"k": {"value": 5}}}, 400, "INVALID_API_INPUT"),
    "a flag that is no Boolean": (
        "POST",
        {"credentials": {"k": {"value": "x", "encrypted": "yes"}}},
        400,
        "INVALID_API_INPUT",
    ),
    "a value beyond all measure": ("POST", {"credentials": {"k": {"value": "x" * 100_001}}}, 400, "INVALID_API_INPUT"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_and_nothing_is_stored(org: State, rest: Client, case: Any) -> None:
    method, change, status, code = case
    answer = rest(method, PATH, {**body(key="x"), **change})
    assert answer.verdict == (status, code)
    assert org.credentials.of("EC") == []


def test_a_body_that_is_no_object_or_no_json_is_refused(org: State, rest: Client, server: Embedded) -> None:
    assert rest("POST", PATH, ["x"]).verdict == (400, "JSON_PARSER_ERROR")
    headers = {"Authorization": f"Bearer {rest.token}"}
    url = f"{server.url}/services/data/v66.0{PATH}"
    broken = requests.post(url, data="{", headers={**headers, "Content-Type": "application/json"}, timeout=60)
    assert (broken.status_code, broken.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert "file" not in broken.json()[0]["message"]
    assert broken.json()[0]["message"].endswith("[local org's wording]")
    empty = requests.post(url, data="", headers={**headers, "Content-Type": "application/json"}, timeout=60)
    assert empty.json()[0]["message"] == "The body cannot be read: it is empty [local org's wording]"
    wrong = requests.post(url, data="{}", headers={**headers, "Content-Type": "text/xml"}, timeout=60)
    assert (wrong.status_code, wrong.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_patch_and_named_deletes_came_with_59(org: State, server: Embedded) -> None:
    old = Client(server, version="58.0")
    old("POST", PATH, body(key="x"))
    assert old("PATCH", PATH, body(key="y")).verdict == (405, "METHOD_NOT_ALLOWED")
    assert old("DELETE", PATH, **WHO, authenticationParameters="key").verdict == (400, "INVALID_API_INPUT")
    assert Client(server, version="59.0")("PATCH", PATH, body(key="y")).status == 200


FIXED = {
    "Basic": ({"username": ("me", False), "password": ("pw", True)}, {"username": ("me", True)}),
    "OAuth": ({"clientId": ("id", False), "clientSecret": ("s", True)}, {"clientId": ("id", True)}),
    "AwsSv4": (
        {"awsAccessKeyId": ("id", False), "awsSecretAccessKey": ("s", True)},
        {"awsSecretAccessKey": ("s", False)},
    ),
}


@pytest.mark.parametrize(("protocol", "case"), FIXED.items(), ids=FIXED)
def test_fixed_parameters_have_their_names_their_flag_and_a_status(
    state: State, rest: Client, protocol: str, case: Any
) -> None:
    state.components.put("ExternalCredential", "EC", KINDS[protocol], by=state.admin_id)
    good, wrong = (
        {name: {"value": value, "encrypted": flag} for name, (value, flag) in values.items()} for values in case
    )
    before = rest("GET", PATH, **WHO).json
    assert before["authenticationStatus"] == "NotConfigured"
    assert set(good) <= set(before["credentials"])
    assert all(set(entry) == {"encrypted"} for entry in before["credentials"].values())
    assert rest("POST", PATH, body(protocol, **wrong)).verdict == (400, "INVALID_API_INPUT")
    assert rest("POST", PATH, body(protocol, other="x")).verdict == (400, "INVALID_API_INPUT")
    assert rest("POST", PATH, body(protocol, **good)).json["authenticationStatus"] == "Configured"
    assert rest("PATCH", PATH, body(protocol, **good)).verdict == (400, "INVALID_API_INPUT")
    assert rest("DELETE", PATH, **WHO, authenticationParameters="x").verdict == (400, "INVALID_API_INPUT")


def test_half_of_a_fixed_set_is_not_configured(state: State, rest: Client) -> None:
    state.components.put("ExternalCredential", "EC", KINDS["Basic"], by=state.admin_id)
    answer = rest("POST", PATH, body("Basic", password="x"))
    assert answer.json["authenticationStatus"] == "NotConfigured"


def test_a_browser_flow_takes_no_values(state: State, rest: Client) -> None:
    state.components.put("ExternalCredential", "EC", KINDS["Browser"], by=state.admin_id)
    assert rest("POST", PATH, body("OAuth", clientId="x")).verdict == (400, "INVALID_API_INPUT")


WHO_MAY = {
    "Manage Named Credentials": (("ApiEnabled", "ViewSetup", "ManageNamedCredentials"), 200, 201),
    "Customize Application": (("ApiEnabled", "ViewSetup", "CustomizeApplication"), 200, 201),
    "View Setup alone reads": (("ApiEnabled", "ViewSetup"), 200, 403),
    "nothing": (("ApiEnabled",), 403, 403),
}


@pytest.mark.parametrize("case", WHO_MAY.values(), ids=WHO_MAY)
def test_rights_decide_who_reads_and_who_writes(org: State, rest: Client, case: Any) -> None:
    permissions, reads, writes = case
    user = rest.of("u@example.com", *permissions)
    assert user("GET", PATH, **WHO).status == reads
    answer = user("POST", PATH, body(key="x"))
    assert answer.status == writes
    assert writes == 201 or answer.code == "INSUFFICIENT_ACCESS"


def test_without_view_setup_the_telling_properties_are_empty(org: State, rest: Client) -> None:
    rest("POST", PATH, body(key="x"))
    blind = rest.of("u@example.com", "ApiEnabled", "ManageNamedCredentials")
    shown = blind("GET", PATH, **WHO).json
    assert "credentials" not in shown
    assert shown["authenticationStatus"] is None


def test_everybody_has_parameters_of_their_own_under_a_per_user_principal(state: State, rest: Client) -> None:
    state.components.put("ExternalCredential", "EC", KINDS["PerUser"], by=state.admin_id)
    who = {"externalCredential": "EC", "principalType": "PerUserPrincipal"}
    given = {**who, "credentials": {"key": {"value": "mine", "encrypted": True}}}
    user = rest.of("u@example.com", "ApiEnabled", "ViewSetup")
    assert user("POST", PATH, given).verdict == (403, "INSUFFICIENT_ACCESS")
    state.permissions.put("PS", label="PS", entities=[("ExternalCredentialParameter", "EC-Everybody")])
    holder = state.permissions.get("PS")
    whom = state.users.by_username("u@example.com")
    assert holder
    assert whom
    state.permissions.assign(whom.id, holder.id)
    assert user("POST", PATH, given).status == 201
    assert "credentials" not in rest("GET", PATH, **who).json
    assert rest("POST", PATH, given).status == 201


def test_a_session_is_needed(org: State, server: Embedded) -> None:
    for token in ("", "00D000000000000!nonsense"):
        answer = Client(server, token)("GET", PATH, **WHO)
        assert answer.verdict == (401, "INVALID_SESSION_ID")
        assert answer.message == "Session expired or invalid"


@pytest.mark.parametrize("action", ["Refresh", "Renew"])
def test_what_cannot_be_refreshed(org: State, rest: Client, action: str) -> None:
    assert rest("POST", f"{PATH}?action={action}", body()).verdict == (400, "INVALID_API_INPUT")


def test_a_principal_that_signs_has_no_parameters(state: State, rest: Client) -> None:
    state.components.put("ExternalCredential", "EC", KINDS["Bearer"], by=state.admin_id)
    found = rest("GET", PATH, **WHO).json
    assert (found["authenticationStatus"], "credentials" in found) == ("Configured", False)
    assert rest("POST", PATH, body("OAuth", clientId="x")).verdict == (400, "INVALID_API_INPUT")


def test_a_principal_whose_client_is_known_by_an_assertion_needs_no_secret(state: State, rest: Client) -> None:
    content = KINDS["Bearer"].replace(b"JwtBearer", b"ClientCredentialsJwtAssertion")
    assert content != KINDS["Bearer"]
    state.components.put("ExternalCredential", "EC", content, by=state.admin_id)
    assert rest("GET", PATH, **WHO).json["authenticationStatus"] == "Configured"
