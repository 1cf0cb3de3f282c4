"""Every way to log in: what is sent, what comes of it, and how each fails."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sfsetup.errors import ExitCode, LoginFailed, OrgRefused, SfsetupError, Unreachable, UsageError
from sfsetup.model.secret import Secret
from sfsetup.model.snapshot import OrgType
from sfsetup.org import login as login_module
from sfsetup.org.info import has_external_services, my_domain, org_type
from sfsetup.org.login import audience, connect
from sfsetup.org.logins import (
    AccessToken,
    ClientCredentials,
    JwtBearer,
    Login,
    Password,
    RefreshToken,
    checked_url,
    from_auth_url,
    from_environment,
    is_described,
)
from sfsetup.org.transport import Limits
from sfsetup.text.xml import local_name, parse_xml
from tests.support.scripted_org import (
    ORG_ID,
    USERNAME,
    Asked,
    Reply,
    ScriptedOrg,
    as_json,
    html,
    records,
    refused,
)

TOKEN = "00D000000000001!granted.token"
PLANTED = "pl<nted&\"secret'wört"


@pytest.fixture
def org() -> Iterator[ScriptedOrg]:
    with ScriptedOrg() as server:
        server.on("POST", "/services/oauth2/token", as_json({"access_token": TOKEN, "instance_url": server.url}))
        yield server


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key_file(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> Path:
    path = tmp_path / "server.key"
    path.write_bytes(pem(rsa_key))
    return path


def pem(key: Any, password: bytes | None = None) -> bytes:
    encryption: Any = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    data: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return data


def connected(login: Login, **options: Any) -> Any:
    limits = Limits(connect=2, read=5, attempts=2, first_pause=0.01)
    return connect(login, limits=limits, sleep=lambda _s: None, **options)


def form(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}


def granted(org: ScriptedOrg) -> dict[str, str]:
    """What was sent to the token endpoint, once, and that the token is used from then on."""
    posts = org.of("POST", "/services/oauth2/token")
    assert len(posts) == 1
    assert posts[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    later = [asked for asked in org.asked if asked.method == "GET"]
    assert later
    assert {asked.headers.get("Authorization") for asked in later} == {f"Bearer {TOKEN}"}
    return form(posts[0])


def test_an_access_token(org: ScriptedOrg) -> None:
    connection = connected(AccessToken(org.url, Secret(TOKEN)))
    assert (connection.info.id, connection.info.username, connection.info.type) == (ORG_ID, USERNAME, OrgType.SANDBOX)
    assert connection.info.edition == "Enterprise Edition"
    assert connection.api_version == "66.0"
    assert connection.instance_url == org.url
    assert TOKEN not in repr(connection)


def test_jwt(org: ScriptedOrg, key_file: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    connection = connected(JwtBearer(org.url, "client-id", USERNAME, key_file))
    sent = granted(org)
    assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(sent["assertion"], rsa_key.public_key(), algorithms=["RS256"], audience=org.url)
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("client-id", USERNAME, org.url)
    assert connection.instance_url == org.url


def test_client_credentials(org: ScriptedOrg) -> None:
    connected(ClientCredentials(org.url, "client-id", Secret(PLANTED)))
    assert granted(org) == {"grant_type": "client_credentials", "client_id": "client-id", "client_secret": PLANTED}


@pytest.mark.parametrize("secret", [None, PLANTED])
def test_refresh_token(org: ScriptedOrg, secret: str | None) -> None:
    connected(RefreshToken(org.url, "PlatformCLI", Secret("5Aep.refresh"), Secret(secret) if secret else None))
    expected = {"grant_type": "refresh_token", "client_id": "PlatformCLI", "refresh_token": "5Aep.refresh"}
    assert granted(org) == expected | ({"client_secret": secret} if secret else {})


LOGGED_IN = """<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result>
 <serverUrl>{url}/services/Soap/u/59.0/00D000000000001</serverUrl><sessionId>{token}</sessionId>
 </result></loginResponse></soapenv:Body></soapenv:Envelope>"""


def test_password(org: ScriptedOrg) -> None:
    reply = LOGGED_IN.format(url=org.url, token=TOKEN).encode()
    org.on("POST", "/services/Soap/u/", Reply(200, reply, {"Content-Type": "text/xml"}))
    connection = connected(Password(org.url, USERNAME, Secret(PLANTED), Secret("SecTok")))
    post = org.of("POST", "/services/Soap/u/")[0]
    assert float(post.path.rsplit("/", 1)[1]) <= 64.0
    texts = {local_name(element): element.text for element in parse_xml(post.body).iter()}
    assert (texts["username"], texts["password"]) == (USERNAME, PLANTED + "SecTok")
    assert connection.session.token.reveal() == TOKEN


def soap_login_fault(code: str, message: str) -> Reply:
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring><detail><sf:LoginFault>"
        f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{message}</sf:exceptionMessage>"
        "</sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return Reply(500, body.encode(), {"Content-Type": "text/xml;charset=UTF-8"})


@pytest.mark.parametrize(
    ("reply", "text", "hint"),
    [
        (soap_login_fault("INVALID_LOGIN", "Invalid username, password, security token"), "INVALID_LOGIN", "sandbox"),
        (soap_login_fault("LOGIN_MUST_USE_SECURITY_TOKEN", "use a token"), "use a token", "SFSETUP_SECURITY_TOKEN"),
        (soap_login_fault("API_DISABLED_FOR_ORG", "API is not enabled"), "not enabled", "API Enabled"),
        (html("<html><title>Maintenance</title></html>", 503), "Maintenance", "maintenance"),
        (Reply(200, b"no xml", {"Content-Type": "text/xml"}), "no SOAP", ""),
        (Reply(cut=True), "broke", ""),
    ],
)
def test_a_password_that_is_not_taken(org: ScriptedOrg, reply: Reply, text: str, hint: str) -> None:
    org.on("POST", "/services/Soap/u/", reply)
    error = failing(Password(org.url, USERNAME, Secret(PLANTED), Secret("SecTok")))
    assert text in str(error)
    assert hint in " ".join(error.actions)
    if isinstance(error, LoginFailed):
        assert "Summer '27" in " ".join(error.actions)
        assert "client app" in " ".join(error.actions)


def failing(login: Login) -> SfsetupError:
    with pytest.raises(SfsetupError) as caught:
        connected(login)
    error = caught.value
    assert error.exit_code in (ExitCode.UNREACHABLE, ExitCode.REFUSED)
    shown = repr(error) + str(error) + " ".join(error.actions)
    assert PLANTED not in shown
    assert error.__context__ is None or PLANTED not in repr(error.__context__)
    return error


def oauth_error(error: str, description: str, status: int = 400) -> Reply:
    return as_json({"error": error, "error_description": description}, status)


@pytest.mark.parametrize(
    ("reply", "kind", "text", "hint"),
    [
        (oauth_error("invalid_grant", "user hasn't approved this consumer"), LoginFailed, "approved", "pre-authorise"),
        (oauth_error("invalid_grant", "audience is invalid"), LoginFailed, "audience", "SFSETUP_JWT_AUDIENCE"),
        (oauth_error("invalid_grant", "ip restricted"), LoginFailed, "ip restricted", "IP ranges"),
        (oauth_error("invalid_client", "invalid client credentials"), LoginFailed, "invalid_client", "client secret"),
        (oauth_error("invalid_client_id", "client identifier invalid"), LoginFailed, "identifier", "SFSETUP_CLIENT_ID"),
        (oauth_error("invalid_grant", "request not supported on this domain"), LoginFailed, "domain", "My Domain"),
        (oauth_error("invalid_grant", "expired access/refresh token"), LoginFailed, "expired", "sf org login web"),
        (oauth_error("server_error", "try later", 500), Unreachable, "try later", "later"),
        (html("<html><title>Not Salesforce</title></html>"), Unreachable, "Not Salesforce", "address"),
        (as_json({"hello": "world"}), Unreachable, "holds no token", "SFSETUP_INSTANCE_URL"),
        (as_json(["strange"]), Unreachable, "holds no token", "SFSETUP_INSTANCE_URL"),
        (Reply(200, b"{"), Unreachable, "holds no token", "SFSETUP_INSTANCE_URL"),
        (
            Reply(302, headers={"Location": "https://other.my.salesforce.com/"}),
            Unreachable,
            "other.my.sales",
            "address",
        ),
        (Reply(cut=True), Unreachable, "broke", ""),
    ],
)
def test_a_grant_that_is_refused(
    org: ScriptedOrg, reply: Reply, kind: type[SfsetupError], text: str, hint: str
) -> None:
    org.on("POST", "/services/oauth2/token", reply)
    error = failing(ClientCredentials(org.url, "client-id", Secret(PLANTED)))
    assert isinstance(error, kind)
    assert text in str(error)
    assert hint in " ".join(error.actions)
    assert len(org.asked) == 1, "a grant is asked for once"


def test_a_refreshable_session_is_renewed_by_logging_in_again(org: ScriptedOrg) -> None:
    fresh = "00D000000000001!fresh"
    grants = [as_json({"access_token": token, "instance_url": org.url}) for token in (TOKEN, fresh)]
    org.on("POST", "/services/oauth2/token", *grants)
    connection = connected(RefreshToken(org.url, "PlatformCLI", Secret("5Aep.refresh")))
    expired = refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
    org.on("GET", "/limits", expired, as_json({"DailyApiRequests": {"Max": 5, "Remaining": 4}}))
    assert connection.rest.limits() == {"DailyApiRequests": (5, 4)}
    assert org.asked[-1].headers["Authorization"] == f"Bearer {fresh}"


def test_a_token_without_the_scope_for_userinfo(org: ScriptedOrg) -> None:
    org.on("GET", "/services/oauth2/userinfo", refused(403, "Bad_OAuth_Token", "Bad_OAuth_Token"))
    org.on("GET", r"/services/data/v66\.0/?$", as_json({"identity": f"https://login.salesforce.com/id/{ORG_ID}/005"}))
    org.on("GET", "/id/", as_json({"organization_id": ORG_ID, "user_id": "005", "username": "by@identity"}))
    assert connected(AccessToken(org.url, Secret(TOKEN))).info.username == "by@identity"


def test_an_org_that_does_not_tell_what_it_is_counts_as_production(org: ScriptedOrg) -> None:
    org.on("GET", "FROM Organization", refused(400, "INVALID_TYPE", "no"))
    assert connected(AccessToken(org.url, Secret(TOKEN))).info.type.is_production


def test_an_older_org(org: ScriptedOrg) -> None:
    org.on("GET", r"^/services/data/?$", as_json([{"version": "58.0"}, {"version": "62.0"}]))
    assert connected(AccessToken(org.url, Secret(TOKEN))).api_version == "62.0"
    with pytest.raises(UsageError, match=r"does not offer API version 66\.0; it has 58\.0 to 62\.0"):
        connected(AccessToken(org.url, Secret(TOKEN)), api_version="66.0")


def test_a_host_that_is_no_org(org: ScriptedOrg) -> None:
    org.on("GET", r"^/services/data/?$", refused(404, "NOT_FOUND", "nothing here"))
    with pytest.raises(OrgRefused, match="nothing here"):
        connected(AccessToken(org.url, Secret(TOKEN)))
    org.on("GET", r"^/services/data/?$", as_json({"versions": []}))
    with pytest.raises(Unreachable, match="API versions"):
        connected(AccessToken(org.url, Secret(TOKEN)))


class TestKeys:
    def refuses(self, path: Path) -> None:
        with pytest.raises(UsageError, match="RSA private key") as caught:
            login_module.assertion(JwtBearer("https://login.salesforce.com", "c", "u", path), 0)
        assert caught.value.file == str(path)

    def test_text(self, tmp_path: Path) -> None:
        (tmp_path / "k").write_text("no key at all")
        self.refuses(tmp_path / "k")

    def test_another_kind_of_key(self, tmp_path: Path) -> None:
        (tmp_path / "k").write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
        self.refuses(tmp_path / "k")

    def test_a_passphrase(self, tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
        (tmp_path / "k").write_bytes(pem(rsa_key, b"secret"))
        self.refuses(tmp_path / "k")

    def test_a_public_key(self, tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
        public = rsa_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (tmp_path / "k").write_bytes(public)
        self.refuses(tmp_path / "k")

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no such file"):
            login_module.assertion(JwtBearer("https://login.salesforce.com", "c", "u", tmp_path / "k"), 0)

    def test_it_ends_soon(self, key_file: Path) -> None:
        signed = login_module.assertion(JwtBearer("https://login.salesforce.com", "c", "u", key_file), 1000.9)
        payload = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
        assert payload["exp"] == 1180


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://flow-fun-1234-dev-ed.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.my.salesforce.com", "https://test.salesforce.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_audience(url: str, expected: str) -> None:
    assert audience(url) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("acme.my.salesforce.com", "acme"),
        ("acme--uat.sandbox.my.salesforce.com", "acme--uat"),
        ("acme-dev-ed.develop.my.salesforce.com", "acme-dev-ed"),
        ("flow-fun.scratch.my.salesforce.com", "flow-fun"),
        ("acme--uat.my.salesforce.com", "acme--uat"),
        ("ACME.my.salesforce.com", "ACME"),
        ("na139.salesforce.com", None),
        ("127.0.0.1", None),
        ("my.salesforce.com", None),
        ("acme.my.salesforce.com.evil.example", None),
        ("acme.unknownkind.my.salesforce.com", None),
    ],
)
def test_my_domain(host: str, expected: str | None) -> None:
    assert my_domain(host) == expected


@pytest.mark.parametrize(
    ("row", "host", "expected"),
    [
        ({"IsSandbox": False, "OrganizationType": "Enterprise Edition"}, "", OrgType.PRODUCTION),
        ({"IsSandbox": False, "OrganizationType": "Developer Edition"}, "", OrgType.DEVELOPER),
        ({"IsSandbox": True, "OrganizationType": "Enterprise Edition"}, "", OrgType.SANDBOX),
        ({"IsSandbox": True, "TrialExpirationDate": "2026-12-01T00:00:00.000+0000"}, "", OrgType.SCRATCH),
        ({"IsSandbox": True}, "x.scratch.my.salesforce.com", OrgType.SCRATCH),
        ({"IsSandbox": False, "TrialExpirationDate": "2026-12-01T00:00:00.000+0000"}, "", OrgType.PRODUCTION),
        ({}, "acme--uat.sandbox.my.salesforce.com", OrgType.PRODUCTION),
    ],
)
def test_org_type(row: dict[str, Any], host: str, expected: OrgType) -> None:
    assert org_type(row, host) is expected


@pytest.mark.parametrize(
    ("edition", "expected"),
    [("Enterprise Edition", True), ("Developer Edition", True), ("Professional Edition", False), (None, None)],
)
def test_editions(edition: str | None, expected: bool | None) -> None:
    assert has_external_services(edition) is expected


class TestEnvironment:
    def test_each_way(self, tmp_path: Path) -> None:
        url = "https://acme.my.salesforce.com"
        token = from_environment({"SFSETUP_INSTANCE_URL": url + "/", "SFSETUP_ACCESS_TOKEN": "tok-tok"})
        assert isinstance(token, AccessToken)
        assert (token.instance_url, token.token.reveal()) == (url, "tok-tok")
        key = str(tmp_path / "k")
        bearer = from_environment(
            {
                "SFSETUP_CLIENT_ID": "c",
                "SFSETUP_JWT_KEY_FILE": key,
                "SFSETUP_USERNAME": "u",
                "SFSETUP_INSTANCE_URL": url,
            }
        )
        assert bearer == JwtBearer(url, "c", "u", Path(key))
        refresh = from_environment({"SFSETUP_CLIENT_ID": "c", "SFSETUP_REFRESH_TOKEN": "r-r-r-r"})
        assert isinstance(refresh, RefreshToken)
        assert refresh.login_url == "https://login.salesforce.com"
        client = from_environment(
            {"SFSETUP_CLIENT_ID": "c", "SFSETUP_CLIENT_SECRET": "s-s-s-s", "SFSETUP_INSTANCE_URL": url}
        )
        assert isinstance(client, ClientCredentials)
        auth = from_environment({"SFSETUP_AUTH_URL": "force://PlatformCLI::tok@acme.my.salesforce.com"})
        assert isinstance(auth, RefreshToken)
        assert auth.login_url == url
        password = from_environment({"SFSETUP_USERNAME": "u", "SFSETUP_PASSWORD": "p-p-p-p"})
        assert isinstance(password, Password)

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"SFSETUP_ACCESS_TOKEN": "t"}, "SFSETUP_INSTANCE_URL is not"),
            ({"SFSETUP_CLIENT_ID": "c"}, "SFSETUP_JWT_KEY_FILE"),
            ({"SFSETUP_CLIENT_ID": "c", "SFSETUP_JWT_KEY_FILE": "k"}, "SFSETUP_USERNAME"),
            ({"SFSETUP_CLIENT_ID": "c", "SFSETUP_CLIENT_SECRET": "s"}, "own address only"),
            ({"SFSETUP_AUTH_URL": f"force://{PLANTED}"}, "no sfdx auth URL"),
            ({"SFSETUP_INSTANCE_URL": "http://acme.my.salesforce.com", "SFSETUP_ACCESS_TOKEN": "t"}, "https only"),
            ({"SFSETUP_ACCESS_TOKEN": " ", "SFSETUP_INSTANCE_URL": "https://x.y"}, "does not say how"),
            ({}, "does not say how"),
        ],
    )
    def test_what_is_missing(self, given: dict[str, str], text: str) -> None:
        with pytest.raises(UsageError, match=text) as caught:
            from_environment(given)
        assert caught.value.actions
        assert PLANTED not in str(caught.value) + " ".join(caught.value.actions)

    def test_all_ways_are_offered_and_the_password_last(self) -> None:
        with pytest.raises(UsageError) as caught:
            from_environment({})
        assert "SFSETUP_PASSWORD" in caught.value.actions[-1]
        assert len(caught.value.actions) == 6

    def test_whether_there_is_anything(self) -> None:
        assert not is_described({"SFSETUP_HOME": "/x", "SFSETUP_ACCESS_TOKEN": ""})
        assert is_described({"SFSETUP_CLIENT_ID": "c"})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/services/data?x#y", "https://acme.my.salesforce.com"),
        ("https://acme.lightning.force.com/lightning/setup", "https://acme.my.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce-setup.com/x", "https://acme--uat.sandbox.my.salesforce.com"),
        ("https://acme--uat.sandbox.lightning.force.com", "https://acme--uat.sandbox.my.salesforce.com"),
        ("http://127.0.0.1:7000/", "http://127.0.0.1:7000"),
    ],
)
def test_addresses_that_people_paste(url: str, expected: str) -> None:
    assert checked_url(url) == expected


@pytest.mark.parametrize(
    "url",
    ["http://acme.my.salesforce.com", "ftp://x", "https://", "https://u:p@acme.com", "https://a b", "https://x:y"],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(UsageError):
        checked_url(url)


def test_auth_url_with_a_secret() -> None:
    login = from_auth_url(Secret("force://client:its.secret:5Aep861.refresh@acme.my.salesforce.com"))
    assert (login.client_id, login.login_url) == ("client", "https://acme.my.salesforce.com")
    assert login.client_secret is not None
    assert (login.client_secret.reveal(), login.refresh_token.reveal()) == ("its.secret", "5Aep861.refresh")


@pytest.mark.parametrize(
    ("host", "instance", "expected"),
    [
        ("127.0.0.1:7000", None, "http://127.0.0.1:7000"),
        ("127.0.0.1:7000", "https://127.0.0.1:7000", "https://127.0.0.1:7000"),
        ("127.0.0.1:7000", "http://127.0.0.1:7000", "http://127.0.0.1:7000"),
        # another org's address says nothing about this one
        ("127.0.0.1:7000", "https://127.0.0.1:7001", "http://127.0.0.1:7000"),
        ("127.0.0.1:7000", "https://acme.my.salesforce.com", "http://127.0.0.1:7000"),
        ("login.salesforce.com", "https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("acme.my.salesforce.com", "http://127.0.0.1:7000", "https://acme.my.salesforce.com"),
    ],
)
def test_the_scheme_that_an_auth_url_does_not_tell(host: str, instance: str | None, expected: str) -> None:
    environment = {"SFSETUP_AUTH_URL": f"force://PlatformCLI::5Aep861.refresh@{host}"}
    if instance:
        environment["SFSETUP_INSTANCE_URL"] = instance
    login = from_environment(environment)
    assert isinstance(login, RefreshToken)
    assert login.login_url == expected


def test_records_helper_is_what_soql_answers(org: ScriptedOrg) -> None:
    org.on("GET", "FROM User", records({"Id": "005"}))
    assert connected(AccessToken(org.url, Secret(TOKEN))).rest.query("SELECT Id FROM User") == [{"Id": "005"}]
