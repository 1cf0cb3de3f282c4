"""External and named credentials over Connect: shown, written, judged as in a deploy; who was given a principal."""

from __future__ import annotations

from typing import Any

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from tests.support.rest_client import Client

EXTERNAL = "/named-credentials/external-credentials"
NAMED = "/named-credentials/named-credential-setup"

CUSTOM: dict[str, Any] = {
    "developerName": "EC",
    "masterLabel": "My EC",
    "authenticationProtocol": "Custom",
    "customHeaders": [
        {"headerName": "Authorization", "headerValue": "{!'Bearer ' & $Credential.EC.key}", "sequenceNumber": 1}
    ],
    "principals": [
        {"principalName": "First P", "principalType": "NamedPrincipal", "sequenceNumber": 1},
        {"principalName": "Second", "principalType": "NamedPrincipal", "sequenceNumber": 2},
    ],
}
CLIENT = {
    "developerName": "OA",
    "masterLabel": "OAuth",
    "authenticationProtocol": "OAuth",
    "authenticationProtocolVariant": "ClientCredentialsClientSecret",
    "parameters": [
        {
            "parameterName": "AuthProviderUrl",
            "parameterType": "AuthProviderUrl",
            "parameterValue": "https://id.example.com/token",
        }
    ],
    "principals": [
        {
            "principalName": "P",
            "principalType": "NamedPrincipal",
            "sequenceNumber": 1,
            "parameters": [{"parameterName": "Scope", "parameterType": "AuthParameter", "parameterValue": "read"}],
        }
    ],
}
ENDPOINT: dict[str, Any] = {
    "developerName": "NC",
    "masterLabel": "My NC",
    "type": "SecuredEndpoint",
    "calloutUrl": "https://api.example.com/base",
    "externalCredentials": [{"developerName": "EC"}],
    "calloutOptions": {"allowMergeFieldsInHeader": True, "generateAuthorizationHeader": False},
    "customHeaders": [{"headerName": "X-One", "headerValue": "1", "sequenceNumber": 1}],
    "parameters": [
        {
            "parameterName": "pkg",
            "parameterType": "AllowedManagedPackageNamespaces",
            "parameterValue": "pkg",
            "parameterDescription": "why",
        }
    ],
}


@pytest.fixture
def both(rest: Client) -> Client:
    assert rest("POST", EXTERNAL, CUSTOM).status == 201
    assert rest("POST", NAMED, ENDPOINT).status == 201
    return rest


def test_what_was_created_is_shown_again(both: Client) -> None:
    found = both("GET", f"{EXTERNAL}/EC").json
    assert {key: found[key] for key in ("developerName", "masterLabel", "authenticationProtocol")} == {
        "developerName": "EC",
        "masterLabel": "My EC",
        "authenticationProtocol": "Custom",
    }
    assert found["authenticationStatus"] == "Unknown"
    header = found["customHeaders"][0]
    assert {**CUSTOM["customHeaders"][0], "id": header["id"]} == header
    assert [(p["principalName"], p["principalType"], p["sequenceNumber"]) for p in found["principals"]] == [
        ("First P", "NamedPrincipal", 1),
        ("Second", "NamedPrincipal", 2),
    ]
    related = found["relatedNamedCredentials"][0]
    assert (related["developerName"], related["url"]) == ("NC", "https://api.example.com/base")


def test_a_named_credential_is_shown_with_its_options(both: Client) -> None:
    found = both("GET", f"{NAMED}/NC").json
    assert found["calloutUrl"] == "https://api.example.com/base"
    assert found["calloutOptions"] == {
        "allowMergeFieldsInBody": False,
        "allowMergeFieldsInHeader": True,
        "generateAuthorizationHeader": False,
    }
    assert [entry["developerName"] for entry in found["externalCredentials"]] == ["EC"]
    assert [entry["parameterValue"] for entry in found["parameters"]] == ["pkg"]
    assert [entry["developerName"] for entry in both("GET", NAMED).json["namedCredentials"]] == ["NC"]


def test_a_client_credentials_principal_is_configured_when_both_values_are_there(rest: Client) -> None:
    assert rest("POST", EXTERNAL, CLIENT).status == 201
    assert rest("GET", f"{EXTERNAL}/OA").json["authenticationStatus"] == "NotConfigured"
    stored = rest(
        "POST",
        "/named-credentials/credential",
        {
            "externalCredential": "OA",
            "principalType": "NamedPrincipal",
            "principalName": "P",
            "authenticationProtocol": "OAuth",
            "authenticationProtocolVariant": "ClientCredentialsClientSecret",
            "credentials": {"clientId": {"value": "a"}, "clientSecret": {"value": "b"}},
        },
    )
    assert stored.status == 201
    found = rest("GET", f"{EXTERNAL}/OA").json
    assert found["authenticationStatus"] == "Configured"
    assert found["authenticationProtocolVariant"] == "ClientCredentialsClientSecret"
    assert [p["parameterName"] for p in found["principals"][0]["parameters"]] == ["Scope"]


def test_it_tells_sets_groups_and_profiles_that_were_given_a_principal(both: Client, state: State) -> None:
    entity = ("ExternalCredentialParameter", "EC-First P")
    state.permissions.put("PS", label="PS", entities=[entity])
    state.permissions.put("Grp", label="Grp", entities=[entity], group=True)
    state.permissions.grant("profile:Standard User", *entity)
    first, second = both("GET", f"{EXTERNAL}/EC").json["principals"]
    assert sorted((a["developerName"], a["type"], a["id"][:3]) for a in first["principalAccess"]) == [
        ("Grp", "PermissionSetGroup", "0PG"),
        ("PS", "PermissionSet", "0PS"),
        ("Standard User", "Profile", "00e"),
    ]
    assert second["principalAccess"] == []
    ids = both.query("SELECT Id FROM ExternalCredentialParameter WHERE ParameterName = 'First P'")
    assert ids[0]["Id"] == first["id"]
    parents = both.query(f"SELECT Parent.Name FROM SetupEntityAccess WHERE SetupEntityId IN ('{first['id']}')")
    assert len(parents) == 3


def test_the_list_holds_what_the_user_can_authenticate_to(both: Client, state: State) -> None:
    assert both("GET", EXTERNAL).json == {"externalCredentials": []}
    state.permissions.grant("profile:System Administrator", "ExternalCredentialParameter", "EC-Second")
    assert [entry["developerName"] for entry in both("GET", EXTERNAL).json["externalCredentials"]] == ["EC"]


def test_put_replaces_and_takes_secrets_of_dropped_principals_with_it(both: Client, state: State) -> None:
    for name in ("First P", "Second"):
        state.credentials.write("EC", name, {"key": ("secret", True)}, replace=True)
    answer = both("PUT", f"{EXTERNAL}/EC", {**CUSTOM, "principals": CUSTOM["principals"][1:]})
    assert answer.status == 200
    assert state.credentials.get("EC", "First P") is None
    assert state.credentials.get("EC", "Second") is not None
    changed = both("PUT", f"{NAMED}/NC", {**ENDPOINT, "calloutUrl": "https://other.example.com"})
    assert changed.json["calloutUrl"] == "https://other.example.com"


def test_what_is_still_needed_cannot_be_deleted(both: Client) -> None:
    assert both("DELETE", f"{EXTERNAL}/EC").status == 400
    assert both("DELETE", f"{NAMED}/NC").status == 204
    assert both("DELETE", f"{EXTERNAL}/EC").status == 204
    assert both("GET", f"{EXTERNAL}/EC").verdict == (404, "NOT_FOUND")


REFUSED: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "the same name twice": ("POST", EXTERNAL, CUSTOM, "CONFLICT", "already"),
    "an unknown one": ("PUT", f"{EXTERNAL}/No", {**CUSTOM, "developerName": "No"}, "NOT_FOUND", "does not exist"),
    "another name than the address's": ("PUT", f"{EXTERNAL}/EC", {**CUSTOM, "developerName": "X"}, "INVALID_API_INPUT", "cannot be changed"),
    "an unknown member": ("POST", EXTERNAL, {**CUSTOM, "developerName": "X", "secret": "x"}, "JSON_PARSER_ERROR", "Unrecognized field"),
    "metadata's spelling": ("POST", EXTERNAL, {**CUSTOM, "developerName": "X", "authenticationProtocol": "Oauth"}, "INVALID_API_INPUT", "Oauth"),
    "a parameter that Custom refuses": (
        "POST",
        EXTERNAL,
        {**CUSTOM, "developerName": "X", "parameters": [{"parameterName": "Scope", "parameterType": "AuthParameter", "parameterValue": "a"}]},
        "INVALID_API_INPUT",
        'The authentication protocol "Custom" doesn\'t support the following external credential parameter type(s): AuthParameter.',
    ),
    "a name that cannot be": ("POST", EXTERNAL, {**CUSTOM, "developerName": "1 x"}, "INVALID_API_INPUT", "API Name can only contain"),
    "principals that are no list": ("POST", EXTERNAL, {**CUSTOM, "developerName": "X", "principals": {}}, "JSON_PARSER_ERROR", ""),
    "no name": ("POST", EXTERNAL, {"authenticationProtocol": "Custom"}, "INVALID_API_INPUT", "developerName"),
    "a named credential of the old type": ("POST", NAMED, {**ENDPOINT, "developerName": "X", "type": "Legacy"}, "INVALID_API_INPUT", "SecuredEndpoint"),
    "two external credentials": ("POST", NAMED, {**ENDPOINT, "developerName": "X", "externalCredentials": [{}, {}]}, "INVALID_API_INPUT", "one external"),
    "an unknown external credential": ("POST", NAMED, {**ENDPOINT, "developerName": "X", "externalCredentials": [{"developerName": "No"}]}, "INVALID_API_INPUT", "No"),
    "a header without order": ("POST", NAMED, {**ENDPOINT, "developerName": "X", "customHeaders": [{"headerName": "A", "headerValue": "1"}]}, "INVALID_API_INPUT", "SequenceNumber"),
    "options that are no Booleans": ("POST", NAMED, {**ENDPOINT, "developerName": "X", "calloutOptions": {"allowMergeFieldsInBody": "yes"}}, "JSON_PARSER_ERROR", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_and_changes_nothing(both: Client, state: State, case: Any) -> None:
    method, path, body, code, text = case
    before = state.database.all("SELECT type, full_name, content FROM component ORDER BY 1, 2")
    answer = both(method, path, body)
    assert answer.code == code, answer
    assert answer.status in (400, 404, 409)
    assert text in answer.message
    assert state.database.all("SELECT type, full_name, content FROM component ORDER BY 1, 2") == before


def test_without_view_setup_properties_are_empty(both: Client) -> None:
    blind = both.of("u@example.com", "ApiEnabled", "ManageNamedCredentials")
    found = blind("GET", f"{EXTERNAL}/EC").json
    assert (found["customHeaders"], found["relatedNamedCredentials"]) == ([], [])
    assert [p["principalAccess"] for p in found["principals"]] == [[], []]
    assert blind("GET", NAMED).json == {"namedCredentials": []}
    assert blind("GET", f"{NAMED}/NC").verdict == (404, "NOT_FOUND")


def test_rights_decide_who_writes_and_who_looks(both: Client) -> None:
    reader = both.of("reader@example.com", "ApiEnabled", "ViewSetup")
    assert reader("GET", f"{EXTERNAL}/EC").status == 200
    for method, path, body in (
        ("POST", EXTERNAL, {**CUSTOM, "developerName": "X"}),
        ("PUT", f"{EXTERNAL}/EC", CUSTOM),
        ("DELETE", f"{NAMED}/NC", None),
        ("POST", NAMED, {**ENDPOINT, "developerName": "X"}),
    ):
        assert reader(method, path, body).verdict == (403, "INSUFFICIENT_ACCESS"), path
    nobody = both.of("nobody@example.com", "ApiEnabled")
    assert nobody("GET", f"{EXTERNAL}/EC").verdict == (403, "INSUFFICIENT_ACCESS")


def test_writing_came_with_58(server: Embedded, both: Client) -> None:
    old = Client(server, version="57.0")
    assert old("GET", f"{EXTERNAL}/EC").status == 200
    assert old("POST", EXTERNAL, CUSTOM).verdict == (404, "NOT_FOUND")
    assert old("GET", NAMED).verdict == (404, "NOT_FOUND")


def test_guessed_paths_below_a_credential_are_not_found(both: Client) -> None:
    for path in (f"{EXTERNAL}/EC/principals", "/connect/named-credentials/credential"):
        answer = both("GET", path)
        assert (answer.verdict, answer.message) == ((404, "NOT_FOUND"), "The requested resource does not exist")


@pytest.mark.parametrize(
    "path", ["external-credentials", "external-credentials/EC", "credential", "named-credential-setup"]
)
def test_before_56_there_is_nothing_of_it(both: Client, server: Embedded, path: str) -> None:
    who = {"externalCredential": "EC", "principalType": "NamedPrincipal", "principalName": "P"}
    for version, found in (("55.0", False), ("58.0", True)):
        answer = Client(server, version=version)("GET", f"/named-credentials/{path}", **who)
        assert (
            answer.verdict != (404, "NOT_FOUND") or answer.message != "The requested resource does not exist"
        ) is found


@pytest.mark.parametrize(("version", "told"), [("57.0", False), ("58.0", True)])
def test_who_may_use_a_principal_is_told_from_58(both: Client, server: Embedded, version: str, told: bool) -> None:
    principals = Client(server, version=version)("GET", f"{EXTERNAL}/EC").json["principals"]
    assert ["principalAccess" in principal for principal in principals] == [told, told]
