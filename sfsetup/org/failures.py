"""Turns what goes wrong between us and an org into errors that a person can act on.

Nothing of a request (headers, body, query) gets into a message; what a server said is quoted, shortened and masked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sfsetup.errors import LoginFailed, OrgRefused, OutcomeUnknown, SfsetupError, Unreachable, UsageError
from sfsetup.model.secret import masked

if TYPE_CHECKING:
    import requests

LONGEST_QUOTE = 600
"""Characters of a server's own words that are repeated in a message."""

TRANSIENT_STATUS = frozenset({420, 429, 502, 503, 504})
"""Answers after which a read is worth repeating (reference 'wire protocols', 1.6 and 4: jsforce and sf do the same)."""


class Transient(Unreachable):
    """A read failed in a way that may pass: asked again a few times, then shown as Unreachable."""


class SessionExpired(LoginFailed):
    """The org no longer knows the session (401, or fault INVALID_SESSION_ID)."""


class RestRefused(OrgRefused):
    """A refusal of the REST API. `body` is the answer's JSON, for resources that tell more in it."""

    def __init__(
        self, message: str, *, code: str | None, status: int, body: object = None, actions: Sequence[str] = ()
    ) -> None:
        super().__init__(message, code=code, status=status, actions=actions)
        self.body = body


_CODE_ADVICE: dict[str, tuple[str, ...]] = {
    "REQUEST_LIMIT_EXCEEDED": (
        "The org has used up its API requests of the last 24 hours; 'sfsetup org display' shows what is left.",
    ),
    "API_DISABLED_FOR_ORG": (
        "The edition has no API, or it is switched off for this user.",
        "Ask an administrator for the permission 'API Enabled'.",
    ),
    "API_CURRENTLY_DISABLED": ("Ask an administrator for the permission 'API Enabled'.",),
    "INSUFFICIENT_ACCESS": ("Log in as a user with the rights that 'sfsetup plan' lists.",),
    "INSUFFICIENT_ACCESS_OR_READONLY": ("Log in as a user with the rights that 'sfsetup plan' lists.",),
    "UNSUPPORTED_API_VERSION": ("Give a version that the org has with --api-version.",),
    "GONE": ("Give a version that the org has with --api-version.",),
    "LOGIN_MUST_USE_SECURITY_TOKEN": (
        "Set SFSETUP_SECURITY_TOKEN, or add this machine's address to the org's trusted IP ranges.",
    ),
    "SERVER_UNAVAILABLE": ("Try again in a few minutes; status.salesforce.com shows maintenance.",),
}


def advice(code: str | None) -> tuple[str, ...]:
    """What to do about one of Salesforce's error codes; nothing when we do not know."""
    return _CODE_ADVICE.get(code or "", ())


def quoted(text: str) -> str:
    """A server's words, shortened, in one line, without any secret that this process knows."""
    flat = " ".join(masked(text).split())
    return flat if len(flat) <= LONGEST_QUOTE else flat[:LONGEST_QUOTE] + " …"


def host_of(url: str | None) -> str:
    """Host and port of a URL, never its user, path or query."""
    parts = urlsplit(url or "")
    try:
        port = parts.port
    except ValueError:
        port = None
    return f"{parts.hostname or '?'}:{port}" if port else parts.hostname or "?"


def transport_failure(error: Exception, url: str | None, *, repeatable: bool, waited: float) -> SfsetupError:
    """The error for a request that got no complete answer. `repeatable`: asking again can do no harm."""
    from requests import exceptions

    host = host_of(url)
    if isinstance(error, exceptions.SSLError) and not _ended_early(error):
        return Unreachable(
            f"The TLS connection to {host} failed: {_tls_reason(error)}.",
            actions=[
                "Behind a proxy that opens connections, set REQUESTS_CA_BUNDLE or SSL_CERT_FILE to its certificates.",
                "Check the machine's clock and the host name.",
            ],
        )
    if isinstance(error, exceptions.ProxyError):
        return _proxy_failure(error, host)
    if isinstance(error, exceptions.InvalidProxyURL):
        return UsageError(
            "The proxy's address is not a URL.", actions=["Check HTTPS_PROXY, for example http://proxy:8080."]
        )
    if isinstance(error, (exceptions.InvalidURL, exceptions.MissingSchema, exceptions.InvalidSchema)):
        return UsageError(f"The address of the org is not usable: {host}.", actions=["Give it as https://…"])
    if isinstance(error, exceptions.ConnectTimeout) or _never_sent(error):
        return Transient(
            f"{host} cannot be reached: {_connect_reason(error)}.",
            actions=["Check the address, the network and HTTPS_PROXY / NO_PROXY."],
        )
    if isinstance(error, OSError) and not isinstance(error, exceptions.RequestException):
        return UsageError(
            f"The certificates for {host} cannot be read: {_plain_reason(error)}.",
            actions=["Check REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and SSL_CERT_FILE."],
        )
    slow = isinstance(error, exceptions.Timeout) or "timed out" in str(error).lower()
    what = f"did not answer within {waited:.0f} s" if slow else "broke the connection before its answer was complete"
    if repeatable:
        return Transient(f"{host} {what}.", actions=["Try again; then look at the network and the org's status."])
    return OutcomeUnknown(
        f"{host} {what}: whether it did what it was asked cannot be seen from here.",
        actions=["Look at the org before you repeat the command."],
    )


def _ended_early(error: Exception) -> bool:
    """True for a TLS connection that was cut: it may have been established, and the request sent."""
    text = str(error).lower()
    return "eof occurred" in text or "unexpected_eof" in text or "connection reset" in text


def _never_sent(error: Exception) -> bool:
    """True when the connection itself did not come about, so that nothing can have arrived."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    seen: list[object] = [error]
    for item in seen:
        if isinstance(item, NewConnectionError | ConnectTimeoutError):
            return True
        if len(seen) < 10:
            seen += [
                part
                for part in (*getattr(item, "args", ()), getattr(item, "reason", None))
                if isinstance(part, Exception)
            ]
    return False


def _connect_reason(error: Exception) -> str:
    text = str(error).lower()
    if "refused" in text:
        return "the connection was refused"
    if "resolve" in text or "name or service not known" in text or "nodename" in text:
        return "its name is not known"
    if "timed out" in text or "timeout" in text:
        return "it does not answer"
    if "unreachable" in text or "no route" in text:
        return "there is no route to it"
    return "no connection came about"


def _tls_reason(error: Exception) -> str:
    text = str(error)
    if found := re.search(r"certificate verify failed: ([^(\"']+)", text):
        return f"its certificate is not trusted ({found.group(1).strip()})"
    if "wrong version number" in text.lower() or "record layer failure" in text.lower():
        return "what answers there does not speak TLS"
    if "doesn't match" in text or "hostname mismatch" in text.lower():
        return "its certificate is for another host"
    if found := re.search(r"\[SSL: ([A-Z0-9_]+)\]", text):
        return found.group(1).lower().replace("_", " ")
    return "it ended before it was established"


def _proxy_failure(error: Exception, host: str) -> SfsetupError:
    text = str(error)
    if found := re.search(r"Tunnel connection failed: (\d{3}) ?([\w ]*)", text):
        status, reason = found.groups()
        hint = (
            "Put user and password into HTTPS_PROXY (http://user:password@proxy:port)."
            if status == "407"
            else f"Ask for {host} to be allowed, or name it in NO_PROXY."
        )
        return Unreachable(
            f"The proxy refuses the connection to {host}: {status} {reason}.".replace(" .", "."), actions=[hint]
        )
    return Unreachable(
        f"The proxy on the way to {host} cannot be used: {_connect_reason(error)}.",
        actions=["Check HTTPS_PROXY; hosts that need no proxy belong in NO_PROXY."],
    )


def _plain_reason(error: OSError) -> str:
    found = re.search(r"invalid path: (.*)", str(error))
    return f"there is no file {found.group(1)}" if found else (error.strerror or "the file is not usable")


def is_web_page(response: requests.Response) -> bool:
    """True for HTML, which no API of Salesforce answers with: maintenance, log-in pages, proxies."""
    kind = response.headers.get("Content-Type", "").lower()
    return "text/html" in kind or response.content[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def web_page(response: requests.Response) -> Unreachable:
    """The error for an answer in HTML."""
    host = host_of(response.url)
    found = re.search(r"<title[^>]*>([^<]{1,200})", response.text[:20_000], re.IGNORECASE)
    title = f" entitled '{quoted(found.group(1))}'" if found else ""
    kind = Transient if response.status_code in TRANSIENT_STATUS or response.status_code >= 500 else Unreachable
    return kind(
        f"{host} answered with a web page{title} (HTTP {response.status_code}) where the API was expected.",
        actions=[
            "If the org is under maintenance, try again later (status.salesforce.com).",
            "Otherwise check the address: it must be the org's own, such as https://acme.my.salesforce.com.",
        ],
    )


def said(response: requests.Response) -> tuple[str | None, str]:
    """Salesforce's error code and message out of an answer; the forms of REST, OAuth and Connect alike."""
    try:
        body: Any = response.json()
    except ValueError:
        return None, quoted(response.text) or f"HTTP {response.status_code}"
    entry = body[0] if isinstance(body, list) and body else body
    if not isinstance(entry, dict):
        return None, quoted(response.text) or f"HTTP {response.status_code}"
    code = entry.get("errorCode") or entry.get("error") or entry.get("statusCode")
    message = entry.get("message") or entry.get("error_description") or entry.get("errorMessage") or code or ""
    return (str(code) if code else None), quoted(str(message)) or f"HTTP {response.status_code}"


def refusal(response: requests.Response, *, repeatable: bool) -> SfsetupError | None:
    """The error that an answer of the REST API stands for; None when it is none."""
    status = response.status_code
    if is_web_page(response):
        page = web_page(response)
        return page if repeatable or status < 500 else _unknown_after(response)
    if status < 300:
        return None
    if status < 400 and "Location" in response.headers:
        return Unreachable(
            f"{host_of(response.url)} sends us on to {host_of(response.headers['Location'])}.",
            actions=["Use that address as the instance URL if it is your org's."],
        )
    code, message = said(response)
    if status == 401:
        return SessionExpired(
            f"{host_of(response.url)} does not take this session: {message}",
            actions=["Log in again, or give a fresh access token."],
        )
    if status in TRANSIENT_STATUS:
        if repeatable or status not in (502, 504):
            return Transient(
                f"{host_of(response.url)} is busy or down (HTTP {status}): {message}", actions=["Try again later."]
            )
        return _unknown_after(response)
    return RestRefused(message, code=code, status=status, body=_body(response), actions=advice(code))


def _body(response: requests.Response) -> object:
    try:
        body: object = response.json()
    except ValueError:
        return None
    return body


def _unknown_after(response: requests.Response) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{host_of(response.url)} answered HTTP {response.status_code}: "
        "whether it did what it was asked cannot be seen from here.",
        actions=["Look at the org before you repeat the command."],
    )
