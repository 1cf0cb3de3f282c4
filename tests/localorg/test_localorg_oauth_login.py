"""Every way to log in by OAuth, and how each fails; who a token is; tokens that end."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sfsetup.localorg import control
from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from tests.support.rest_client import Client

SECRET = "app-secret-4711"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ADMIN = "admin@default.sfsetup.local"


@dataclass(frozen=True)
class Keys:
    private: bytes
    certificate: str
    public: str


@pytest.fixture(scope="session")
def keys() -> Keys:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return Keys(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(pem).decode(),
        key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
    )


@pytest.fixture
def put_app(server: Embedded) -> Callable[..., Any]:
    return lambda **value: control.run(server.org, "apps", "POST", {"clientId": "app", **value})


def ask(server: Embedded, auth: Any = None, **form: str) -> requests.Response:
    return requests.post(f"{server.url}/services/oauth2/token", data=form, auth=auth, timeout=60)


def error_of(answer: requests.Response) -> tuple[int, str, str]:
    found = answer.json()
    return answer.status_code, found["error"], found["error_description"]


def assertion(keys: Keys, server: Embedded, **claims: Any) -> str:
    given = {"iss": "app", "sub": ADMIN, "aud": server.url, "exp": int(time.time()) + 180, **claims}
    return jwt.encode({k: v for k, v in given.items() if v is not None}, keys.private, algorithm="RS256")


def check_grant(server: Embedded, answer: requests.Response, username: str = ADMIN) -> None:
    assert answer.status_code == 200, answer.text
    found = answer.json()
    org = server.org.state.settings.org
    assert found["token_type"] == "Bearer"
    assert found["instance_url"] == server.url
    assert found["access_token"].startswith(f"{org.id[:15]}!")
    assert "refresh_token" not in found
    who = Client(server, found["access_token"])("GET", "//services/oauth2/userinfo").json
    assert who["preferred_username"] == username
    assert who["organization_id"] == org.id
    assert found["id"] == f"{server.url}/id/{org.id}/{who['user_id']}"


@pytest.mark.parametrize("audience", ["own", "own/", "list"])
@pytest.mark.parametrize("form", ["certificate", "public"])
def test_jwt_bearer(server: Embedded, keys: Keys, put_app: Callable[..., Any], audience: str, form: str) -> None:
    put_app(certificate=getattr(keys, form))
    chosen: Any = {"own": server.url, "own/": f"{server.url}/", "list": [server.url]}[audience]
    check_grant(server, ask(server, grant_type=JWT_GRANT, assertion=assertion(keys, server, aud=chosen)))


@pytest.mark.parametrize(
    ("org_type", "good", "bad"),
    [
        ("developer", "https://login.salesforce.com", "https://test.salesforce.com"),
        ("production", "https://login.salesforce.com", "https://test.salesforce.com"),
        ("sandbox", "https://test.salesforce.com", "https://login.salesforce.com"),
        ("scratch", "https://test.salesforce.com", "https://login.salesforce.com"),
    ],
)
def test_the_audience_is_the_log_in_of_the_type_of_org(
    server: Embedded, state: State, keys: Keys, put_app: Callable[..., Any], org_type: str, good: str, bad: str
) -> None:
    state.describe(org_type=org_type)
    put_app(certificate=keys.certificate)
    assert ask(server, grant_type=JWT_GRANT, assertion=assertion(keys, server, aud=good)).status_code == 200
    refused = ask(server, grant_type=JWT_GRANT, assertion=assertion(keys, server, aud=bad))
    assert error_of(refused) == (400, "invalid_grant", "audience is invalid")


def test_an_expiry_in_milliseconds_is_taken_as_sf_sends_it(
    server: Embedded, keys: Keys, put_app: Callable[..., Any]
) -> None:
    put_app(certificate=keys.certificate)
    late = assertion(keys, server, exp=int(time.time() * 1000) + 180_000)
    check_grant(server, ask(server, grant_type=JWT_GRANT, assertion=late))


BAD_CLAIMS = {
    "an unknown app": ({"iss": "other"}, "invalid_client_id", "client identifier invalid"),
    "no app": ({"iss": None}, "invalid_client_id", "client identifier invalid"),
    "an unknown user": ({"sub": "nobody@example.com"}, "invalid_grant", "user hasn't approved this consumer"),
    "an expired assertion": ({"exp": 5}, "invalid_grant", "expired assertion"),
    "no expiry": ({"exp": None}, "invalid_grant", "the assertion has no expiry [local org's wording]"),
    "no audience": ({"aud": None}, "invalid_grant", "audience is invalid"),
}


@pytest.mark.parametrize("case", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
def test_claims_that_are_refused(
    server: Embedded, keys: Keys, put_app: Callable[..., Any], case: tuple[dict[str, Any], str, str]
) -> None:
    put_app(certificate=keys.certificate)
    claims, error, description = case
    answer = ask(server, grant_type=JWT_GRANT, assertion=assertion(keys, server, **claims))
    assert error_of(answer) == (400, error, description)


def test_assertions_that_nobody_can_have_signed(server: Embedded, keys: Keys, put_app: Callable[..., Any]) -> None:
    put_app(certificate=keys.certificate)
    good = assertion(keys, server)
    claims = {"iss": "app", "sub": ADMIN, "aud": server.url, "exp": int(time.time()) + 100}
    forged = {
        "no JWT": "nonsense",
        "empty": "",
        "cut": good[:-9],
        "unsigned": jwt.encode(claims, None, algorithm="none"),
        "signed with the public key as a password": jwt.encode(claims, "x" * 40, algorithm="HS256"),
    }
    for name, text in forged.items():
        answer = ask(server, grant_type=JWT_GRANT, assertion=text)
        assert error_of(answer) == (400, "invalid_grant", "invalid assertion"), name


def test_users_who_may_not(
    server: Embedded, state: State, keys: Keys, put_app: Callable[..., Any], rest: Client
) -> None:
    rest.of("in@example.com", "ApiEnabled")
    rest.of("out@example.com", "ApiEnabled")
    rest.of("gone@example.com", "ApiEnabled", isActive=False)
    rest.of("noapi@example.com", "RunFlow")
    put_app(certificate=keys.certificate, users=["in@example.com", "gone@example.com", "noapi@example.com"])

    def tried(username: str) -> requests.Response:
        return ask(server, grant_type=JWT_GRANT, assertion=assertion(keys, server, sub=username))

    check_grant(server, tried("in@example.com"), "in@example.com")
    assert error_of(tried("out@example.com"))[1:] == ("invalid_grant", "user hasn't approved this consumer")
    assert error_of(tried("gone@example.com"))[1] == "inactive_user"
    assert "API Enabled" in error_of(tried("noapi@example.com"))[2]


@pytest.mark.parametrize("in_header", [True, False])
def test_client_credentials(server: Embedded, put_app: Callable[..., Any], rest: Client, in_header: bool) -> None:
    rest.of("run.as@example.com", "ApiEnabled")
    put_app(secret=SECRET, runAs="run.as@example.com")

    def tried(secret: str) -> requests.Response:
        if in_header:
            return ask(server, ("app", secret), grant_type="client_credentials")
        return ask(server, grant_type="client_credentials", client_id="app", client_secret=secret)

    check_grant(server, tried(SECRET), "run.as@example.com")
    assert error_of(tried("wrong"))[:2] == (400, "invalid_client")


def test_client_credentials_need_an_app_with_a_run_as_user(server: Embedded, put_app: Callable[..., Any]) -> None:
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": SECRET}
    assert error_of(ask(server, **form))[1] == "invalid_client_id"
    put_app(secret=SECRET)
    assert error_of(ask(server, **form))[2] == "no client credentials user enabled"
    put_app()
    assert error_of(ask(server, **form))[1] == "invalid_client"


def test_refresh_tokens_serve_again_until_they_are_revoked(server: Embedded) -> None:
    token = control.run(server.org, "tokens", "POST", {"kind": "refresh"})["token"]
    form = {"grant_type": "refresh_token", "client_id": "PlatformCLI", "refresh_token": token}
    for _ in range(2):
        check_grant(server, ask(server, **form))
    assert requests.post(f"{server.url}/services/oauth2/revoke", data={"token": token}, timeout=60).status_code == 200
    assert error_of(ask(server, **form)) == (400, "invalid_grant", "expired access/refresh token")


def test_an_access_token_is_no_refresh_token_and_the_reverse(server: Embedded) -> None:
    refresh = control.run(server.org, "tokens", "POST", {"kind": "refresh"})["token"]
    assert error_of(ask(server, grant_type="refresh_token", refresh_token=server.token))[1] == "invalid_grant"
    assert Client(server, refresh)("GET", "/limits").verdict == (401, "INVALID_SESSION_ID")


def test_username_and_password_by_oauth(server: Embedded, put_app: Callable[..., Any]) -> None:
    put_app(secret=SECRET)
    form = {"grant_type": "password", "client_id": "app", "client_secret": SECRET, "username": ADMIN}
    check_grant(server, ask(server, **form, password=server.token))
    assert error_of(ask(server, **form, password="wrong"))[1:] == ("invalid_grant", "authentication failure")


@pytest.mark.parametrize("form", [{}, {"grant_type": "device"}, {"grant_type": ""}])
def test_other_grants_are_refused(server: Embedded, form: dict[str, str]) -> None:
    assert error_of(ask(server, **form))[:2] == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "header",
    ["Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe:x").decode(), "Basic " + base64.b64encode(b"app").decode()],
)
def test_broken_basic_authentication_is_no_app(server: Embedded, header: str) -> None:
    answer = requests.post(
        f"{server.url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": header},
        timeout=60,
    )
    assert error_of(answer)[1] == "invalid_client_id"


def test_identity_by_header_and_by_query(server: Embedded, state: State, rest: Client) -> None:
    path = f"//id/{state.settings.org.id}/{state.admin_id}"
    assert rest("GET", path).json["username"] == ADMIN
    anonymous = Client(server, "")
    found = anonymous("GET", path, oauth_token=server.token, format="json").json
    assert found["user_id"] == state.admin_id
    assert found["urls"]["metadata"].endswith(f"/services/Soap/m/{{version}}/{state.settings.org.id[:15]}")
    bad = requests.get(server.url + path[1:], timeout=60)
    assert (bad.status_code, bad.text) == (403, "Bad_OAuth_Token")
    assert rest("GET", f"//id/{state.settings.org.id}/005000000000000").status == 404


def test_a_revoked_access_token_is_an_expired_session(server: Embedded, rest: Client) -> None:
    user = rest.of("u@example.com", "ApiEnabled")
    assert user("GET", "//services/oauth2/userinfo").status == 200
    requests.get(f"{server.url}/services/oauth2/revoke", params={"token": user.token}, timeout=60)
    assert user("GET", "//services/oauth2/userinfo").verdict == (401, "INVALID_SESSION_ID")
    again = requests.post(f"{server.url}/services/oauth2/revoke", data={"token": "nonsense"}, timeout=60)
    assert error_of(again)[:2] == (400, "unsupported_token_type")


def test_a_client_that_logs_out_does_not_lock_everybody_out(server: Embedded, rest: Client) -> None:
    done = requests.post(f"{server.url}/services/oauth2/revoke", data={"token": server.token}, timeout=60)
    assert done.status_code == 200
    assert rest("GET", "/limits").status == 200


ASKED = {
    "response_type": "code",
    "client_id": "PlatformCLI",
    "redirect_uri": "http://localhost:1717/OauthRedirect",
    "state": 's&<"x',
    "prompt": "login",
    "scope": "refresh_token api web",
}
VERIFIER = "v" * 60


def browser(server: Embedded, password: str | None = None, username: str = ADMIN, **change: str) -> requests.Response:
    """What a browser does: the page, or (with a password) the form of the page."""
    url, asked = f"{server.url}/services/oauth2/authorize", {**ASKED, **change}
    if password is None:
        return requests.get(url, params=asked, timeout=60)
    form = {**asked, "username": username, "password": password}
    return requests.post(url, data=form, allow_redirects=False, timeout=60)


def code_of(answer: requests.Response) -> str:
    assert answer.status_code == 302, answer.text
    query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert query["state"] == ASKED["state"]
    return query["code"]


def test_log_in_with_a_browser_and_pkce(server: Embedded, state: State) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    page = browser(server, code_challenge=challenge)
    assert page.status_code == 200
    assert page.headers["X-Frame-Options"] == "DENY"
    assert 'value="s&amp;&lt;&quot;x"' in page.text
    assert server.token not in page.text
    answer = browser(server, server.token, code_challenge=challenge)
    assert answer.headers["Location"].startswith("http://localhost:1717/OauthRedirect?code=")
    code = code_of(answer)
    form = {"grant_type": "authorization_code", "client_id": "PlatformCLI", "redirect_uri": ASKED["redirect_uri"]}
    found = ask(server, **form, code=code, code_verifier=VERIFIER).json()
    assert Client(server, found["access_token"])("GET", "/limits").status == 200
    refreshed = ask(server, grant_type="refresh_token", client_id="PlatformCLI", refresh_token=found["refresh_token"])
    check_grant(server, refreshed)
    # a code is good once
    assert error_of(ask(server, **form, code=code, code_verifier=VERIFIER))[1] == "invalid_grant"
    for change, error in (
        ({"code_verifier": "wrong"}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_client_id"),
        ({"redirect_uri": "http://localhost:1/x"}, "redirect_uri_mismatch"),
        ({"code": "guessed"}, "invalid_grant"),
    ):
        fresh = code_of(browser(server, server.token, code_challenge=challenge))
        assert error_of(ask(server, **{**form, "code": fresh, "code_verifier": VERIFIER, **change}))[1] == error
    late = code_of(browser(server, server.token, code_challenge=challenge))
    state.clock.advance(601)
    assert error_of(ask(server, **form, code=late, code_verifier=VERIFIER))[2] == "expired authorization code"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example.com/x", "http://localhost.evil.example.com/", "http://127.0.0.1@evil.example.com/", "",
     "javascript:alert(1)", "http://[", "//localhost/x", "http://evil.example.com\\@localhost/", "http://a@localhost/",
     "http://localhost/\r\nSet-Cookie: a=b", "http://localhost/\u20ac"],
)  # fmt: skip
def test_codes_go_to_this_machine_alone(server: Embedded, address: str) -> None:
    for password in (None, server.token):
        answer = browser(server, password, redirect_uri=address)
        assert answer.status_code == 400
        assert "Location" not in answer.headers


def test_a_wrong_log_in_on_the_page_gets_the_page_again(server: Embedded) -> None:
    for password, username in (("wrong", ADMIN), (server.token, "nobody@example.com"), ("", ADMIN)):
        answer = browser(server, password, username)
        assert answer.status_code == 200
        assert "Username or token is wrong." in answer.text
    assert browser(server, response_type="token").status_code == 400


@pytest.mark.parametrize("path", ["token", "revoke", "authorize"])
@pytest.mark.parametrize("body", [b"a=1&" * 60, b"\xff\xfe", b"{}", b"&&&===", b"%zz=%zz"])
def test_forms_that_are_none(server: Embedded, path: str, body: bytes) -> None:
    answer = requests.post(f"{server.url}/services/oauth2/{path}", data=body, timeout=60)
    assert answer.status_code == 400


def test_the_apps_secret_is_in_no_answer_and_no_state(
    server: Embedded, state: State, put_app: Callable[..., Any]
) -> None:
    shown = put_app(secret=SECRET)
    assert shown["apps"] == [
        {"clientId": "app", "hasSecret": True, "hasCertificate": False, "runAs": None, "users": None}
    ]
    stored = state.database.all("SELECT value FROM document")
    assert SECRET not in str(stored)
