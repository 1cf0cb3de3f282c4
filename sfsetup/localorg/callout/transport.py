"""Sends callouts. Without a word from the user none leaves the machine: they go to the stand-in on loopback.

`127.0.0.1:PORT` among the allowed hosts takes every callout over plain HTTP, with path and Host as for the real URL;
a host name among them lets callouts to that host out for real, over HTTPS as the Named Credential says.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from sfsetup.localorg.callout.values import Incoming, Outgoing
from sfsetup.localorg.flow.values import FlowFault

TIMEOUT = 120.0
"""Seconds of a callout (external-services 7.2)."""

MAX_ANSWER = 12 * 1024 * 1024
"""Bytes of an answer that are read; a larger one is an error."""


class Transport:
    """Knows where each callout goes. `stand_in` gives the port of the stand-in, starting it when needed; `latency` the
    seconds that it takes for an answer."""

    def __init__(
        self,
        stand_in: Callable[[], int],
        allowed: Callable[[], Sequence[str]],
        *,
        timeout: float = TIMEOUT,
        latency: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._stand_in = stand_in
        self._latency = latency
        self._allowed = allowed
        self._timeout = timeout

    def send(self, request: Outgoing) -> Incoming:
        """Raises FlowFault when no answer comes."""
        target = urlsplit(request.url)
        host = target.hostname
        if not host or target.scheme not in ("http", "https"):
            raise FlowFault(f"The callout URL {request.url} cannot be called: it is no http or https address.")
        allowed = [entry.lower() for entry in self._allowed()]
        if host.lower() in allowed or target.netloc.lower() in allowed:
            return self._really(request)
        port = next((_loopback_port(entry) for entry in allowed if _loopback_port(entry)), None)
        if port is None and self._latency() >= self._timeout:
            # Its answer would come too late: nobody has to wait to know it.
            raise FlowFault("Read timed out", known=True)
        return self._locally(request, port or self._stand_in())

    def _locally(self, request: Outgoing, port: int) -> Incoming:
        target = urlsplit(request.url)
        path = target.path or "/"
        if target.query:
            path += f"?{target.query}"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=self._timeout)
        try:
            connection.putrequest(request.method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", target.netloc.rpartition("@")[2])
            for name, value in request.headers:
                connection.putheader(name, value.encode("utf-8"))
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.putheader("Connection", "close")
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Incoming(answer.status, headers, _bounded(answer.read(MAX_ANSWER + 1)))
        except TimeoutError as error:
            # Apex's text for a vendor that answers too late (messages 3).
            raise FlowFault("Read timed out", known=True) from error
        except ValueError as error:
            raise FlowFault(f"A header or the URL of the callout cannot be sent: {type(error).__name__}.") from error
        except (OSError, http.client.HTTPException) as error:
            raise FlowFault(f"The callout to {target.netloc} got no answer ({type(error).__name__}).") from error
        finally:
            connection.close()

    def _really(self, request: Outgoing) -> Incoming:
        import requests

        # trust_env stays on for proxies and certificates; an explicit auth callable keeps ~/.netrc out.
        session = requests.Session()
        session.auth = _unchanged
        headers = {name: value.encode("utf-8") for name, value in request.headers}
        try:
            with session.request(
                request.method,
                request.url,
                headers=headers,
                data=request.body or None,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = answer.raw.read(MAX_ANSWER + 1, decode_content=True)
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Incoming(answer.status_code, found, _bounded(body))
        except requests.Timeout as error:
            raise FlowFault("Read timed out", known=True) from error
        except requests.RequestException as error:
            host = urlsplit(request.url).netloc
            raise FlowFault(f"The callout to {host} got no answer ({type(error).__name__}).") from error
        finally:
            session.close()


def _unchanged(request: Any) -> Any:
    return request


def _loopback_port(entry: str) -> int | None:
    host, _, port = entry.rpartition(":")
    return int(port) if host in ("127.0.0.1", "localhost") and port.isdigit() else None


def _bounded(body: bytes) -> bytes:
    if len(body) > MAX_ANSWER:
        raise FlowFault(f"Exceeded max size limit of {MAX_ANSWER} with the answer of the callout.")
    return body
