"""The one HTTP session: timeouts, bounded answers, no redirects, cookies or ~/.netrc, plain HTTP for loopback only.

HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and SSL_CERT_FILE are obeyed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from sfsetup import __version__
from sfsetup.errors import SfsetupError, Unreachable, UsageError
from sfsetup.org.failures import SessionExpired, host_of, refusal, transport_failure

LOOPBACK = "127.0.0.1"
"""The only host that may be spoken to without TLS."""

READS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing and may be repeated."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes of one exchange; attempts of one read."""

    connect: float = 10.0
    read: float = 130.0
    """Between two pieces of an answer. A transaction that makes callouts may last 120 s (platform limit)."""
    whole: float = 600.0
    answer: int = 256 * 1024 * 1024
    attempts: int = 5
    first_pause: float = 0.5


class LoopbackAdapter(HTTPAdapter):
    """Speaks plain HTTP to one port of 127.0.0.1, for a client that insists on https URLs; refuses everything else."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 a proxy has no business between us and loopback
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        if parts.hostname != LOOPBACK or parts.port != self._port or parts.username:
            raise UsageError(f"Plain HTTP is spoken to {LOOPBACK}:{self._port} only, not to {host_of(request.url)}.")
        plain = request.copy()
        plain.url = parts._replace(scheme="http").geturl()
        return super().send(plain, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies={})


class _NoPlainHttp(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        raise UsageError(
            f"Salesforce is spoken to over https only; {host_of(request.url)} was given with http.",
            actions=["Write the address with https://. Plain http is for the local org on 127.0.0.1."],
        )


class _NoCredentials(requests.auth.AuthBase):
    """Leaves a request as it is. That there is one at all keeps requests from looking into ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


NO_CREDENTIALS = _NoCredentials()

Judge = Callable[[requests.Response, bool], SfsetupError | None]
"""Tells what an answer means: (answer, asking again can do no harm) -> the error, or None."""


def judge_api(response: requests.Response, repeatable: bool) -> SfsetupError | None:
    """Judges answers of REST resources; XML is left to whoever speaks SOAP."""
    if "xml" in response.headers.get("Content-Type", ""):
        return None
    return refusal(response, repeatable=repeatable)


class Transport(requests.Session):
    """A session whose every failure is one of sfsetup's errors; no exception keeps hold of a request."""

    def __init__(
        self, *, limits: Limits | None = None, judge: Judge = judge_api, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__()
        self.limits = limits or Limits()
        self.judge = judge
        self.sleep = sleep
        self.auth = NO_CREDENTIALS
        self.headers.clear()
        self.headers.update(
            {"User-Agent": f"sfsetup/{__version__}", "Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
        )
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.mount("http://", _NoPlainHttp())
        self.certificates: str | None = None
        """A file of certificates to trust instead of the environment's choice (the local org's own)."""
        self.server_date: str | None = None
        """The Date header of the last answer: the org's own clock."""

    def allow_loopback(self, port: int) -> None:
        """Lets this session speak plain HTTP to that port of 127.0.0.1, whichever scheme the URL says."""
        for scheme in ("http", "https"):
            # the slash keeps port 80 from matching 8080, and a user part from posing as the host
            self.mount(f"{scheme}://{LOOPBACK}:{port}/", LoopbackAdapter(port))

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:  # noqa: ARG002
        """Called for the redirect that is never followed; the original would read ~/.netrc."""
        prepared_request.headers.pop("Authorization", None)

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        if str(url).startswith(f"http://{LOOPBACK}:"):
            # no proxy stands between us and loopback, and nothing there is certified: no need to ask for either
            return {"proxies": {}, "stream": stream, "verify": True, "cert": None}
        settings: Any = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if self.certificates:
            settings["verify"] = self.certificates
        elif settings.get("verify") is True:
            settings["verify"] = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or True
        return settings

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Sends a prepared request; reads are repeated while the failure may pass, nothing else ever is."""
        if (request.method or "").upper() not in READS:
            return self._exchange(request, kwargs, repeatable=False)
        from sfsetup.org.repeat import repeated

        return repeated(lambda: self._exchange(request, kwargs, repeatable=True), self.limits, self.sleep)

    def _exchange(
        self, request: requests.PreparedRequest, kwargs: Mapping[str, Any], *, repeatable: bool
    ) -> requests.Response:
        settings = {**kwargs, "allow_redirects": False, "stream": True}
        settings["timeout"] = kwargs.get("timeout") or (self.limits.connect, self.limits.read)
        started = time.monotonic()
        failure: SfsetupError | None = None
        response: requests.Response | None = None
        try:
            response = super().send(request, **settings)
            self._read(response, started)
        except (requests.RequestException, OSError) as error:
            failure = transport_failure(error, request.url, repeatable=repeatable, waited=time.monotonic() - started)
        if response is not None and failure is None:
            self.server_date = response.headers.get("Date")
            failure = self.judge(response, repeatable)
        # raised outside of the handler: an exception's context would keep the request with its headers and body
        if failure is not None:
            raise failure
        assert response is not None
        return response

    def _read(self, response: requests.Response, started: float) -> None:
        """Takes the whole answer, within its bounds."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(64 * 1024):
            size += len(part)
            if size > self.limits.answer:
                response.close()
                raise Unreachable(f"{host_of(response.url)} answered with more than {self.limits.answer:,} bytes.")
            if time.monotonic() - started > self.limits.whole:
                response.close()
                raise requests.Timeout("timed out: the whole answer took too long")
            parts.append(part)
        response._content = b"".join(parts)


class OrgSession(Transport):
    """A session that is logged in: sends the access token to the org's host alone, renews it once when it ends."""

    def __init__(
        self,
        instance_url: str,
        token: Any,
        *,
        renew: Callable[[], Any] | None = None,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(limits=limits, sleep=sleep)
        self.instance_url = instance_url.rstrip("/")
        self.token = token
        """The access token, a model.secret.Secret."""
        self._renew = renew
        self._answered_since_renewal = True
        self.auth = _Bearer(self)
        allow_if_loopback(self, self.instance_url)

    def renew(self, expired: SessionExpired) -> None:
        """Logs in again; raises `expired` when that cannot be done, or was done and no answer came of it."""
        if self._renew is None or not self._answered_since_renewal:
            raise expired
        self._answered_since_renewal = False
        self.token = self._renew()

    def worked(self) -> None:
        """The org took the token: a later expiry may be renewed again."""
        self._answered_since_renewal = True

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As Transport.send; a session that has ended is renewed once and the refused request sent again."""
        expired: SessionExpired | None = None
        try:
            response = super().send(request, **kwargs)
        except SessionExpired as error:
            expired = error
        if expired is not None:
            if "Authorization" not in request.headers:
                raise expired
            self.renew(expired)
            response = super().send(_Bearer(self)(request), **kwargs)
        if "xml" not in response.headers.get("Content-Type", ""):
            self.worked()
        return response


class _Bearer(requests.auth.AuthBase):
    def __init__(self, session: OrgSession) -> None:
        self._session = session

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if host_of(request.url) == host_of(self._session.instance_url):
            request.headers["Authorization"] = f"Bearer {self._session.token.reveal()}"
        return request


def allow_if_loopback(session: Transport, url: str) -> None:
    """Lets the session speak plain HTTP if the URL is http on 127.0.0.1 with a port."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname == LOOPBACK:
        session.allow_loopback(parts.port or 80)
