"""Logs in and makes a connection. Token exchange is simple-salesforce's, over our session.

Sources: reference 'wire protocols', 2.4; log-in messages: 'messages', 4.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput, LoginFailed, SfsetupError, Unreachable, UsageError
from sfsetup.model.secret import Secret
from sfsetup.org.connection import OrgConnection
from sfsetup.org.failures import SessionExpired, host_of, is_web_page, quoted, said, web_page
from sfsetup.org.info import offered_versions, read_info
from sfsetup.org.logins import (
    PRODUCTION_LOGIN,
    SANDBOX_LOGIN,
    AccessToken,
    ClientCredentials,
    JwtBearer,
    Login,
    Password,
    RefreshToken,
    SalesforceCli,
    checked_url,
)
from sfsetup.org.rest import Rest
from sfsetup.org.soap import PARTNER_NS, envelope
from sfsetup.org.transport import Limits, OrgSession, Transport, allow_if_loopback
from sfsetup.spec.versions import NEWEST_TESTED, lower
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    import requests

SOAP_LOGIN_VERSION = "59.0"
"""SOAP login() exists up to 64.0 only (help 005132110)."""
SOAP_LOGIN_NOTICE = (
    "Log-in with username and password is on its way out: up to API 64.0 and Summer '27 only, off in new orgs.",
    "Where it is on, orgs made since Summer '26 also want the permission 'Use Any API Auth' (help article 005132110).",
    "For CI use SFSETUP_CLIENT_ID with SFSETUP_JWT_KEY_FILE, or client credentials, of an external client app.",
)
_PLAIN = (
    "If this local org speaks https (`local start --tls`), set SFSETUP_INSTANCE_URL=https://{host} and "
    "REQUESTS_CA_BUNDLE to its certificate authority, which `sfsetup local status` names."
)
_ASSERTION_SECONDS = 180

_ADVICE: dict[str, tuple[str, ...]] = {
    "invalid_client_id": ("Check SFSETUP_CLIENT_ID; a new app needs some minutes until every server knows it.",),
    "invalid_client": ("Check the client id and the client secret.",),
    "invalid_grant": ("Check the username, the app's certificate and who is allowed to use the app.",),
    "unsupported_grant_type": ("Switch this flow on in the app's settings.",),
    "invalid_app_access": ("Give the user access to the app (a permission set, or 'Admin approved users').",),
    "INVALID_LOGIN": ("Check username, password and security token, and whether the org is a sandbox.",),
    "LOGIN_MUST_USE_SECURITY_TOKEN": (
        "Set SFSETUP_SECURITY_TOKEN, or add this machine's address to the org's trusted IP ranges.",
    ),
    "API_DISABLED_FOR_ORG": ("Ask an administrator for the permission 'API Enabled'.",),
}
_BY_DESCRIPTION: tuple[tuple[str, str], ...] = (
    ("user hasn't approved", "Let an administrator pre-authorise the user for the app; JWT needs that."),
    (
        "audience is invalid",
        "Set SFSETUP_JWT_AUDIENCE to https://test.salesforce.com (sandbox) or https://login.salesforce.com.",
    ),
    ("invalid assertion", "The key does not belong to the app's certificate, or this machine's clock is wrong."),
    ("ip restricted", "Log in from an address that the profile's or app's IP ranges allow."),
    ("ip not allowed", "Log in from an address that the profile's or app's IP ranges allow."),
    ("no client credentials user", "Choose a run-as user in the app's client credentials settings."),
    ("request not supported on this domain", "Set SFSETUP_INSTANCE_URL to the org's My Domain."),
    (
        "expired access/refresh token",
        "The refresh token was revoked or has expired: log in again with 'sf org login web'.",
    ),
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a log-in gave."""

    token: Secret
    instance_url: str


def connect(
    login: Login,
    *,
    api_version: str | None = None,
    limits: Limits | None = None,
    certificates: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> OrgConnection:
    """Logs in and asks the org who it is.

    `api_version` None: the lower of the org's newest and our newest tested. `certificates`: a file of certificates to
    trust instead of the environment's. Raises LoginFailed, Unreachable, OrgRefused, UsageError.
    """

    def again() -> Grant:
        return obtain(login, limits=limits, certificates=certificates, sleep=sleep)

    grant = again()
    session = OrgSession(
        checked_url(grant.instance_url),
        grant.token,
        renew=None if isinstance(login, AccessToken) else lambda: again().token,
        limits=limits,
        sleep=sleep,
    )
    session.certificates = certificates
    versions = offered_versions(session)
    chosen = api_version or lower(versions[-1], NEWEST_TESTED)
    connection = OrgConnection(
        session=session,
        info=read_info(session, Rest(session, chosen if chosen in versions else versions[-1]), versions[-1]),
        api_version=chosen,
        versions=versions,
        clock=clock,
    )
    return connection.at(chosen)


def obtain(
    login: Login,
    *,
    limits: Limits | None = None,
    certificates: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Grant:
    """A token and the org it is for."""
    if isinstance(login, AccessToken):
        return Grant(login.token, login.instance_url)
    if isinstance(login, SalesforceCli):
        from sfsetup.org.salesforce_cli import access_token

        return Grant(*access_token(login.target))
    with Transport(limits=limits, judge=judge_login, sleep=sleep) as session:
        session.certificates = certificates
        allow_if_loopback(session, login.login_url)
        try:
            return _by_password(session, login) if isinstance(login, Password) else _by_oauth(session, login)
        except Unreachable as error:
            if login.login_url.startswith("http://") and not isinstance(error, LoginFailed):
                # plain http to a port that speaks https ends as a broken connection
                error.actions = (*error.actions, _PLAIN.format(host=host_of(login.login_url)))
            raise


def _by_oauth(session: Transport, login: JwtBearer | ClientCredentials | RefreshToken) -> Grant:
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed
    from simple_salesforce.login import token_login

    data: dict[str, str]
    if isinstance(login, JwtBearer):
        data = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion(login, time.time())}
    elif isinstance(login, ClientCredentials):
        data = {
            "grant_type": "client_credentials",
            "client_id": login.client_id,
            "client_secret": login.client_secret.reveal(),
        }
    else:
        data = {
            "grant_type": "refresh_token",
            "client_id": login.client_id,
            "refresh_token": login.refresh_token.reveal(),
        }
        if login.client_secret:
            data["client_secret"] = login.client_secret.reveal()
    url = f"{login.login_url}/services/oauth2/token"
    token, instance = None, None
    # what the library stumbles over, because a token or the instance is missing, is told below
    with suppress(AttributeError, ValueError, TypeError, SalesforceAuthenticationFailed):
        token, instance = token_login(url, data, "", login.client_id, None, None, session)
    return _granted(token, instance, login.login_url)


def _granted(token: object, instance: object, login_url: str) -> Grant:
    if not isinstance(token, str) or not isinstance(instance, str) or not token or not instance:
        raise Unreachable(
            f"{host_of(login_url)} answered the log-in with something that holds no token.",
            actions=["Check SFSETUP_INSTANCE_URL."],
        )
    host = instance.rstrip("/")
    # simple-salesforce takes the scheme away; plain HTTP comes back only where the log-in itself used it
    plain = login_url.startswith("http://") and host.partition(":")[0] == "127.0.0.1"
    return Grant(Secret(token), f"{'http' if plain else 'https'}://{host}")


def _by_password(session: Transport, login: Password) -> Grant:
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed
    from simple_salesforce.login import soap_login

    body = envelope(
        "login",
        [("username", login.username), ("password", login.password.reveal() + login.security_token.reveal())],
        session_id=None,
        namespace=PARTNER_NS,
    )
    failure: SfsetupError | None = None
    token: object = None
    instance: object = None
    try:
        token, instance = soap_login(
            f"{login.login_url}/services/Soap/u/{SOAP_LOGIN_VERSION}",
            body.decode("utf-8"),
            {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
            None,
            session,
        )
    except SalesforceAuthenticationFailed as error:
        failure = _login_failed(login.login_url, str(error.code or ""), error.auth_message, SOAP_LOGIN_NOTICE)
    if failure is not None:
        raise failure
    return _granted(token, instance, login.login_url)


def assertion(login: JwtBearer, now: float) -> str:
    """The signed JWT: iss = client id, sub = username, aud, exp three minutes from `now` (seconds since 1970).

    Raises UsageError when the key cannot be read or is no RSA private key.
    """
    from sfsetup.text.files import read_file

    key = read_file(login.key_file, max_bytes=64 * 1024)
    claims = {
        "iss": login.client_id,
        "sub": login.username,
        "aud": login.audience or audience(login.login_url),
        "exp": int(now) + _ASSERTION_SECONDS,
    }
    import jwt
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private: object = None
    with suppress(ValueError, TypeError):
        private = load_pem_private_key(key, password=None)
    if not isinstance(private, RSAPrivateKey):
        raise UsageError(
            "this is no RSA private key in PEM form without passphrase, and JWT log-in needs one",
            file=str(login.key_file),
            actions=["Set SFSETUP_JWT_KEY_FILE to the key whose certificate the app has."],
        )
    return jwt.encode(claims, private, algorithm="RS256")


def audience(login_url: str) -> str:
    """`aud` for a login URL: login.salesforce.com, or test.salesforce.com for sandboxes and scratch orgs.

    Salesforce takes these two (and Experience Cloud sites); any other host, such as a local org, gets its own address.
    """
    host = host_of(login_url)
    if host.endswith((".sandbox.my.salesforce.com", ".scratch.my.salesforce.com")) or host == "test.salesforce.com":
        return SANDBOX_LOGIN
    if host.endswith(".salesforce.com"):
        # before enhanced domains a sandbox was acme--uat.my.salesforce.com or acme--uat.cs99.my.salesforce.com
        return SANDBOX_LOGIN if "--" in host.partition(".")[0] else PRODUCTION_LOGIN
    return login_url


def judge_login(response: requests.Response, repeatable: bool) -> SfsetupError | None:  # noqa: ARG001
    """Judges answers of log-in endpoints: the token is never asked for twice by itself."""
    if is_web_page(response):
        return web_page(response)
    if "xml" in response.headers.get("Content-Type", ""):
        return _no_soap(response)
    if response.status_code < 300:
        return None
    if response.status_code < 400:
        return Unreachable(
            f"{host_of(response.url)} sends us on to {host_of(response.headers.get('Location'))}.",
            actions=["Use that address if it is your org's."],
        )
    code, message = said(response)
    if response.status_code >= 500:
        return Unreachable(
            f"{host_of(response.url)} cannot log anybody in now (HTTP {response.status_code}): {message}",
            actions=["Try again later."],
        )
    return _login_failed(response.url, code or "", message, ())


def _no_soap(response: requests.Response) -> Unreachable | None:
    """The library reads this answer with a lenient reader; ours, which takes no DOCTYPE, looks at it first."""
    try:
        parse_xml(response.content)
    except InvalidInput as error:
        return Unreachable(
            f"{host_of(response.url)} answered the log-in with something that is no SOAP: {error.message}."
        )
    return None


def _login_failed(url: str | None, code: str, message: str, more: tuple[str, ...]) -> LoginFailed:
    hints = [hint for text, hint in _BY_DESCRIPTION if text in message.lower()]
    actions = [*(hints or _ADVICE.get(code, ())), *more]
    shown = quoted(message.removeprefix(f"{code}: "))
    return LoginFailed(f"{host_of(url)} refuses the log-in: {shown} ({code})" if code else shown, actions=actions)


def token_of(connection: OrgConnection) -> Any:
    """The connection's access token as a Secret; for handing it to another client."""
    return connection.session.token


__all__ = ["Grant", "SessionExpired", "audience", "connect", "obtain", "token_of"]
