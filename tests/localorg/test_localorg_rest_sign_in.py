"""Signing in to an OAuth provider in a browser, what callouts do with the tokens, and refreshing them by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.runtime import runtime_of
from tests.localorg.callout_bench import PRINCIPAL, SECRET, CalloutBench
from tests.localorg.judge_cases import parameter
from tests.support.rest_client import Client

PATH = "/named-credentials/credential"
SIGN_IN = f"{PATH}/auth-url/o-auth"
WHO = {"externalCredential": "E", "principalType": "NamedPrincipal", "principalName": "P"}
PROVIDER = parameter("AuthProvider", "AuthProvider", extra="<authProvider>Ap</authProvider>")
VARIANT = parameter("AuthProtocolVariant", "Oauth", "ClientCredentialsClientSecret")
TOKEN_URL = parameter("AuthProviderUrl", "AuthProviderUrl", "https://login.example.com/token")
SCHEME = {"type": "oauth2", "flows": {"authorizationCode": {"authorizationUrl": "https://x", "tokenUrl": "https://x"}}}
NOT_CONFIGURED = "The external credential isn't fully configured."


class Desk(CalloutBench):
    """An OAuth credential behind the REST side of its org."""

    def __init__(self, *parameters: str) -> None:
        super().__init__(*parameters, protocol="Oauth", generates=True, security=SCHEME)
        self.server = Embedded(self.state)
        self.rest = Client(self.server, self.server.token)

    def signed_in(self, **more: Any) -> requests.Response:
        """The address for a sign-in, opened and allowed."""
        url = self.rest("POST", SIGN_IN, {**WHO, **more}).json["authenticationUrl"]
        assert requests.get(url, timeout=60).status_code == 200
        return requests.post(url, timeout=60, allow_redirects=False)

    def stored(self) -> dict[str, Any]:
        found: dict[str, Any] = self.rest("GET", PATH, **WHO).json
        return found

    def get_thing(self) -> Any:
        """A callout of the server's own org."""
        self.org = self.server.org
        return self.call()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk(PROVIDER, PRINCIPAL) as made, made.server:
        yield made


def test_a_principal_is_signed_in_and_calls_with_the_token(desk: Desk) -> None:
    assert desk.stored()["authenticationStatus"] == "NotConfigured"
    assert desk.get_thing() == NOT_CONFIGURED
    assert "is signed in" in desk.signed_in().text
    assert desk.stored()["authenticationStatus"] == "Configured"
    assert desk.stored()["credentials"] == {}, "no token is shown"
    assert int(desk.get_thing()["responseCode"]) == 200
    assert desk.sent()[-1]["headers"]["Authorization"].startswith("Bearer ***")


def test_a_401_renews_the_token_and_keeps_the_new_one(desk: Desk) -> None:
    desk.signed_in()
    runtime_of(desk.server.org).stand_in.tokens.expire()
    assert int(desk.get_thing()["responseCode"]) == 200
    assert int(desk.get_thing()["responseCode"]) == 200
    assert [row["status"] for row in desk.sent()] == [401, 200, 200]


def test_everybody_signs_in_alone_where_principals_are_per_user() -> None:
    with Desk(PROVIDER, parameter("PerUserPrincipal", "P", sequence=1)) as desk, desk.server:
        holder = desk.state.permissions.get("S")
        assert holder is not None
        clients = []
        for name in ("one@example.com", "two@example.com"):
            client = desk.rest.of(name, "ApiEnabled", "RunFlow")
            user = desk.state.users.by_username(name)
            assert user is not None
            desk.state.permissions.assign(user.id, holder.id)
            clients.append((client, user))
        who = {**WHO, "principalType": "PerUserPrincipal"}
        desk.org = desk.server.org
        url = clients[0][0]("POST", SIGN_IN, who).json["authenticationUrl"]
        assert requests.post(url, timeout=60).status_code == 200
        assert [client("GET", PATH, **who).json["authenticationStatus"] for client, _ in clients] == [
            "Configured",
            "NotConfigured",
        ]
        first, second = (desk.call(user=user) for _, user in clients)
        assert int(first["responseCode"]) == 200
        assert second == NOT_CONFIGURED
        runtime_of(desk.server.org).stand_in.tokens.expire()
        assert int(desk.call(user=clients[0][1])["responseCode"]) == 200, "renewed for the one who signed in"
        assert desk.call(user=clients[1][1]) == NOT_CONFIGURED


def test_deleting_signs_out(desk: Desk) -> None:
    desk.signed_in()
    assert desk.rest("DELETE", PATH, **WHO).status == 204
    assert desk.stored()["authenticationStatus"] == "NotConfigured"
    assert desk.get_thing() == NOT_CONFIGURED


def test_an_address_is_good_once_and_for_ten_minutes(desk: Desk) -> None:
    url = desk.rest("POST", SIGN_IN, WHO).json["authenticationUrl"]
    assert requests.post(url, timeout=60).status_code == 200
    assert requests.post(url, timeout=60).status_code == 404
    late = desk.rest("POST", SIGN_IN, WHO).json["authenticationUrl"]
    desk.state.clock.advance(601)
    assert requests.get(late, timeout=60).status_code == 404
    assert requests.post(f"{late}x", timeout=60).status_code == 404
    desk.rest("DELETE", PATH, **WHO)
    assert requests.post(late, timeout=60).status_code == 404
    assert desk.stored()["authenticationStatus"] == "NotConfigured"


def test_nobody_signs_in_to_what_is_gone(desk: Desk) -> None:
    """Else a credential of the same name that comes later would have tokens from its beginning."""
    url = desk.rest("POST", SIGN_IN, WHO).json["authenticationUrl"]
    desk.state.components.delete("ExternalCredential", "E")
    assert requests.get(url, timeout=60).status_code == 404
    assert requests.post(url, timeout=60).status_code == 404
    assert desk.state.credentials.of("E") == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:1/done", (302, "http://127.0.0.1:1/done")),
        ("https://org.example/done", (200, None)),
        ("http://org.example@127.0.0.1/done", (200, None)),
    ],
)
def test_the_way_back_leads_nowhere_but_to_this_machine(
    desk: Desk, address: str, expected: tuple[int, str | None]
) -> None:
    answer = desk.signed_in(returnUrl=address)
    assert (answer.status_code, answer.headers.get("Location")) == expected
    assert desk.stored()["authenticationStatus"] == "Configured"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"externalCredential": "None"}, "NOT_FOUND"),
        ({"principalName": "Q"}, "NOT_FOUND"),
        ({"principalName": None}, "INVALID_API_INPUT"),
        ({"principalType": "Somebody"}, "INVALID_API_INPUT"),
        ({"returnUrl": "/home"}, "INVALID_API_INPUT"),
        ({"returnUrl": "javascript:alert(1)"}, "INVALID_API_INPUT"),
        ({"returnUrl": 7}, "INVALID_API_INPUT"),
        ({"returnUrl": "http://[::1"}, "INVALID_API_INPUT"),
        ({"returnUrl": "http://localhost/a\r\nSet-Cookie: a=b"}, "INVALID_API_INPUT"),
        ({"returnUrl": "http://localhost/\u20ac"}, "INVALID_API_INPUT"),
        ({"returnUrl": "http://evil.example\\@localhost/"}, "INVALID_API_INPUT"),
    ],
)
def test_sign_ins_that_are_refused(desk: Desk, change: dict[str, Any], code: str) -> None:
    assert desk.rest("POST", SIGN_IN, {**WHO, **change}).code == code


def test_a_user_without_the_right_signs_nobody_in(desk: Desk) -> None:
    other = desk.rest.of("u@example.com", "ApiEnabled", "ViewSetup")
    assert other("POST", SIGN_IN, WHO).verdict == (403, "INSUFFICIENT_ACCESS")


def test_client_credentials_have_nobody_to_sign_in() -> None:
    with Desk(VARIANT, TOKEN_URL, PRINCIPAL) as desk, desk.server:
        assert desk.rest("POST", SIGN_IN, WHO).code == "INVALID_API_INPUT"


# -- action=Refresh --------------------------------------------------------------------------------------------------------


def test_refresh_fetches_a_token_by_client_credentials() -> None:
    with Desk(VARIANT, TOKEN_URL, PRINCIPAL) as desk, desk.server:
        assert desk.rest("POST", f"{PATH}?action=Refresh", WHO).verdict == (400, "INVALID_API_INPUT")
        desk.secret("E", "P", clientId="me", clientSecret=SECRET)
        assert desk.get_thing()["responseCode"] == 200
        runtime_of(desk.server.org).stand_in.tokens.expire()
        assert desk.rest("POST", f"{PATH}?action=Refresh", WHO).json["authenticationStatus"] == "Configured"
        assert desk.get_thing()["responseCode"] == 200
        assert [row["status"] for row in desk.sent()] == [200, 200, 200, 200], "the callout met no 401"
        assert [row["method"] for row in desk.sent()] == ["POST", "GET", "POST", "GET"]


def test_refresh_tells_what_the_token_endpoint_says() -> None:
    with Desk(VARIANT, TOKEN_URL, PRINCIPAL) as desk, desk.server:
        desk.secret("E", "P", clientId="me", clientSecret="wrong")
        runtime_of(desk.server.org).settings.accept(SECRET)
        answer = desk.rest("POST", f"{PATH}?action=Refresh", WHO)
        assert answer.verdict == (400, "INVALID_API_INPUT")
        assert answer.message.startswith("Unable to fetch the OAuth token. Error: invalid_client.")


def test_refresh_of_a_browser_flow_needs_a_sign_in(desk: Desk) -> None:
    assert desk.rest("POST", f"{PATH}?action=Refresh", WHO).message == NOT_CONFIGURED
    desk.signed_in()
    before = desk.state.credentials.get("E", "P")
    assert desk.rest("POST", f"{PATH}?action=Refresh", WHO).status == 200
    after = desk.state.credentials.get("E", "P")
    assert before
    assert after
    assert after.parameters["accessToken"].revision == before.parameters["accessToken"].revision + 1
    assert int(desk.get_thing()["responseCode"]) == 200
