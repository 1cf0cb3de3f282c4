"""Ways to log in, as values, and how they are found in the environment and in an sfdx auth URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sfsetup.errors import UsageError
from sfsetup.model.secret import Secret

PRODUCTION_LOGIN = "https://login.salesforce.com"
SANDBOX_LOGIN = "https://test.salesforce.com"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that somebody else obtained; cannot be renewed."""

    instance_url: str
    token: Secret


@dataclass(frozen=True, slots=True)
class JwtBearer:
    """A token against a signed assertion: for CI, with an external client app and its certificate."""

    login_url: str
    client_id: str
    username: str
    key_file: Path
    audience: str | None = None
    """`aud` of the assertion; None: derived from the login URL."""


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A token for an app with a run-as user. The login URL must be the org's own My Domain."""

    login_url: str
    client_id: str
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token against a refresh token, as in an sfdx auth URL."""

    login_url: str
    client_id: str
    refresh_token: Secret
    client_secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Password:
    """SOAP login: username, password and security token. On its way out (see login.SOAP_LOGIN_NOTICE)."""

    login_url: str
    username: str
    password: Secret
    security_token: Secret


@dataclass(frozen=True, slots=True)
class SalesforceCli:
    """An org that the Salesforce CLI is logged in to, by alias or username."""

    target: str


Login = AccessToken | JwtBearer | ClientCredentials | RefreshToken | Password | SalesforceCli

_AUTH_URL = re.compile(r"force://([^:@/]+):([^:@/]*):([^@]+)@([A-Za-z0-9:._-]+)/?\Z")

WAYS = (
    "SFSETUP_INSTANCE_URL and SFSETUP_ACCESS_TOKEN",
    "SFSETUP_CLIENT_ID with SFSETUP_JWT_KEY_FILE and SFSETUP_USERNAME",
    "SFSETUP_CLIENT_ID with SFSETUP_CLIENT_SECRET, and SFSETUP_INSTANCE_URL (the org's My Domain)",
    "SFSETUP_CLIENT_ID with SFSETUP_REFRESH_TOKEN",
    "SFSETUP_AUTH_URL (sfdx auth URL; SFSETUP_INSTANCE_URL beside it tells the scheme of a local org)",
    "SFSETUP_USERNAME with SFSETUP_PASSWORD and SFSETUP_SECURITY_TOKEN (Salesforce is retiring this one)",
)
"""What `-o env` understands, best first."""


def from_environment(environ: Mapping[str, str]) -> Login:
    """The login that the environment describes; the first complete one of WAYS.

    `SFSETUP_INSTANCE_URL` is the host to log in at for every kind, `https://login.salesforce.com` when it is not set;
    `SFSETUP_JWT_AUDIENCE` overrides the assertion's audience. Raises UsageError naming what is missing.
    """
    given = {name: value.strip() for name, value in environ.items() if name.startswith("SFSETUP_") and value.strip()}
    url = checked_url(given["SFSETUP_INSTANCE_URL"]) if "SFSETUP_INSTANCE_URL" in given else None
    if "SFSETUP_ACCESS_TOKEN" in given:
        if url is None:
            raise _missing("SFSETUP_ACCESS_TOKEN", "SFSETUP_INSTANCE_URL")
        return AccessToken(url, Secret(given["SFSETUP_ACCESS_TOKEN"]))
    login_url = url or PRODUCTION_LOGIN
    if "SFSETUP_CLIENT_ID" in given and (login := _by_client(given, login_url)) is not None:
        return login
    if "SFSETUP_AUTH_URL" in given:
        return from_auth_url(Secret(given["SFSETUP_AUTH_URL"]), instance_url=url)
    if "SFSETUP_USERNAME" in given and "SFSETUP_PASSWORD" in given:
        token = Secret(given.get("SFSETUP_SECURITY_TOKEN", ""))
        return Password(login_url, given["SFSETUP_USERNAME"], Secret(given["SFSETUP_PASSWORD"]), token)
    if "SFSETUP_CLIENT_ID" in given:
        raise _missing("SFSETUP_CLIENT_ID", "SFSETUP_JWT_KEY_FILE, SFSETUP_CLIENT_SECRET or SFSETUP_REFRESH_TOKEN")
    raise UsageError("The environment does not say how to log in.", actions=[f"Set {way}." for way in WAYS])


def _by_client(given: Mapping[str, str], login_url: str) -> Login | None:
    client = given["SFSETUP_CLIENT_ID"]
    if "SFSETUP_JWT_KEY_FILE" in given:
        if "SFSETUP_USERNAME" not in given:
            raise _missing("SFSETUP_JWT_KEY_FILE", "SFSETUP_USERNAME")
        key_file = Path(given["SFSETUP_JWT_KEY_FILE"]).expanduser()
        return JwtBearer(login_url, client, given["SFSETUP_USERNAME"], key_file, given.get("SFSETUP_JWT_AUDIENCE"))
    app_secret = Secret(given["SFSETUP_CLIENT_SECRET"]) if "SFSETUP_CLIENT_SECRET" in given else None
    if "SFSETUP_REFRESH_TOKEN" in given:
        return RefreshToken(login_url, client, Secret(given["SFSETUP_REFRESH_TOKEN"]), app_secret)
    if app_secret is None:
        return None
    if login_url in (PRODUCTION_LOGIN, SANDBOX_LOGIN):
        raise UsageError(
            "Client credentials work at the org's own address only.",
            actions=["Set SFSETUP_INSTANCE_URL to the My Domain, such as https://acme.my.salesforce.com."],
        )
    return ClientCredentials(login_url, client, app_secret)


def is_described(environ: Mapping[str, str]) -> bool:
    """Whether the environment describes a login at all; the question behind `-o env` in lists of choices."""
    telling = ("ACCESS_TOKEN", "CLIENT_ID", "AUTH_URL", "PASSWORD")
    return any(environ.get(f"SFSETUP_{name}", "").strip() for name in telling)


def from_auth_url(url: Secret, *, instance_url: str | None = None) -> RefreshToken:
    """Reads `force://<clientId>:<clientSecret?>:<refreshToken>@<host>`. Raises UsageError without repeating it.

    The form has no scheme. It means https; for a local org on 127.0.0.1, plain http unless `instance_url`, an address
    on the same host, says https.
    """
    found = _AUTH_URL.match(url.reveal().strip())
    if found is None:
        raise UsageError(
            "This is no sfdx auth URL: force://<client id>:<client secret>:<refresh token>@<host> is expected.",
            actions=["'sf org display --verbose --json' shows the one of an org that the Salesforce CLI knows."],
        )
    client_id, client_secret, refresh_token, host = found.groups()
    scheme = "http" if host.partition(":")[0] == "127.0.0.1" else "https"
    if instance_url is not None and urlsplit(instance_url).netloc == host:
        scheme = urlsplit(instance_url).scheme
    return RefreshToken(
        f"{scheme}://{host}",
        client_id,
        Secret(refresh_token),
        Secret(client_secret) if client_secret else None,
    )


def checked_url(url: str) -> str:
    """The scheme and host of an org's address. Raises UsageError for what is none, and for plain http elsewhere."""
    text = url if "://" in url else f"https://{url}"
    parts = urlsplit(text)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in ("https", "http") or not host or parts.username or not re.fullmatch(r"[A-Za-z0-9.-]+", host):
        raise UsageError(
            "The address of the org is not usable.", actions=["Give it as https://acme.my.salesforce.com."]
        )
    if parts.scheme == "http" and host != "127.0.0.1":
        raise UsageError(
            f"Salesforce is spoken to over https only; {host} was given with http.",
            actions=[f"Write https://{host}. Plain http is for the local org on 127.0.0.1."],
        )
    for setup in (".lightning.force.com", ".my.salesforce-setup.com"):
        if host.endswith(setup):
            host = host.removesuffix(setup) + ".my.salesforce.com"
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def _missing(given: str, wanted: str) -> UsageError:
    return UsageError(f"{given} is set and {wanted} is not.", actions=[f"Set {wanted} too."])
