"""URLs of callouts: taking them apart, matching hosts against lists, telling mocks and placeholders."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from sfsetup.rules.secrets import is_secret_name
from sfsetup.values import dataclass

# Hosts that give out throw-away endpoints, tunnels to a developer's machine, or canned answers. Source: reference
# 'audit rules' NC-011 (seen in 18 named credentials and 21 remote sites); the answering services by their own pages.
DEVELOPMENT_HOSTS = (
    "*.ngrok.io",
    "*.ngrok.app",
    "*.ngrok.dev",
    "*.ngrok-free.app",
    "*.ngrok-free.dev",
    "webhook.site",
    "*.webhook.site",
    "*.pipedream.net",
    "*.requestbin.com",
    "requestbin.com",
    "*.requestbin.net",
    "*.beeceptor.com",
    "*.mockable.io",
    "*.mocky.io",
    "*.mockapi.io",
    "*.mock.pstmn.io",
    "*.herokuapp.com",
    "*.loca.lt",
    "*.serveo.net",
    "*.trycloudflare.com",
    "httpbin.org",
    "*.httpbin.org",
    "postman-echo.com",
    "reqres.in",
    "jsonplaceholder.typicode.com",
    "*.restapiexample.com",
    "localhost",
    "*.localhost",
    "*.local",
    "*.test",
    "*.invalid",
)

_DEVELOPMENT = frozenset(DEVELOPMENT_HOSTS)

# RFC 2606 and 6761 names, and the marks of templates: they deploy and cannot be called
_PLACEHOLDER = re.compile(
    r"\{\{|\$\{|\{[A-Za-z_][\w.-]*\}|<[A-Za-z][^>]*>|__[A-Za-z]\w*__|%[A-Z_]{3,}%|"
    r"//(?:[^/@]*@)?(?:[^/:?#]*\.)?example(?:\.(?:com|org|net|edu))?(?:[:/?#]|$)|"
    r"(?i://(?:[^/]*[.-])?(?:your|my)[-_.]?(?:domain|instance|company|org|host|tenant|subdomain)\b)|(?i://change-?me)"
)

_QUERY_NAMES = frozenset(
    {"sig", "key", "apikey", "api_key", "access_token", "token", "auth", "password", "pwd", "code"}
)


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL taken apart. `host` is lower-case ASCII (IDNA), without port."""

    text: str
    scheme: str
    host: str
    port: int | None
    path: str
    has_user: bool
    query: tuple[tuple[str, str], ...]

    @property
    def origin(self) -> str:
        """Scheme, host and port: what tells two servers apart."""
        default = {"https": 443, "http": 80}.get(self.scheme)
        return f"{self.scheme}://{self.host}:{self.port or default}"

    @property
    def place(self) -> str:
        """The same as messages show it: no port that goes without saying, and neither path nor query."""
        port = "" if self.port in (None, {"https": 443, "http": 80}.get(self.scheme)) else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


@lru_cache(maxsize=8192)
def parse_url(text: str | None) -> Url | None:
    """The URL, or None for what is not an absolute http(s) URL."""
    raw = (text or "").strip()
    try:
        parts = urlsplit(raw)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    return Url(
        text=raw,
        scheme=parts.scheme.lower(),
        host=ascii_host(host),
        port=port,
        path=parts.path,
        has_user=parts.username is not None or parts.password is not None,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
    )


@lru_cache(maxsize=1024)
def ascii_host(host: str) -> str:
    """Lower-case ASCII form; what IDNA refuses stays lower-case as written."""
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host.lower()


def matches_host(url: Url, patterns: Sequence[str]) -> bool:
    """True if the host is in a list: exact names, `*.suffix` (not the suffix itself), with `:port` where it matters."""
    return any(_matches(url, pattern) for pattern in patterns)


def _matches(url: Url, pattern: str) -> bool:
    name, colon, port = pattern.strip().rpartition(":")
    if not colon or not port.isdigit():
        name, port = pattern.strip(), ""
    if port and int(port) != (url.port or {"https": 443, "http": 80}[url.scheme]):
        return False
    if name.startswith("*."):
        return url.host.endswith(f".{ascii_host(name[2:])}")
    return url.host == ascii_host(name)


def is_development_host(url: Url, more: Sequence[str] = ()) -> bool:
    """True for tunnels, request bins, mocks and this machine."""
    labels = url.host.split(".")
    if url.host in _DEVELOPMENT or any(f"*.{'.'.join(labels[at:])}" in _DEVELOPMENT for at in range(1, len(labels))):
        return True
    return matches_host(url, more)


def is_ip_literal(url: Url) -> bool:
    """True if the host is an address instead of a name."""
    try:
        ipaddress.ip_address(url.host.strip("[]"))
    except ValueError:
        return False
    return True


_INTERNAL_SUFFIXES = (".internal", ".intern", ".intranet", ".corp", ".lan", ".local", ".home.arpa", ".localhost")
"""RFC 8375, RFC 6762, ICANN's `internal`, and names that no public domain ends with."""


def is_internal_host(url: Url) -> bool:
    """True for a private address, a name without a dot, or a suffix that is used inside networks only."""
    try:
        return ipaddress.ip_address(url.host.strip("[]")).is_private
    except ValueError:
        return "." not in url.host or url.host.endswith(_INTERNAL_SUFFIXES)


def is_placeholder_url(text: str | None) -> bool:
    """True for a URL that still has to be filled in: `{{host}}`, `${HOST}`, `__HOST__`, `example.com`."""
    return _PLACEHOLDER.search(text or "") is not None


def secret_parts(url: Url) -> tuple[str, ...]:
    """Names of the parts of a URL that carry a credential: `user information`, `query key`."""
    found = ["user information"] if url.has_user else []
    for name, value in url.query:
        named = name.lower() in _QUERY_NAMES or is_secret_name(name)
        if named and len(value) >= 6 and not is_placeholder_url(value):
            found.append(f"query {name}")
    return tuple(found)
