"""A reverse proxy that cuts connections: before the request goes on, after it was sent, after it was answered."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

When = Literal["before_send", "after_send", "after_commit", "half_sent"]
WAYS: tuple[When, ...] = ("before_send", "after_send", "after_commit", "half_sent")
Matches = Callable[[str, str, bytes], bool]
"""(method, path, body) -> is this the request to cut?"""


class CuttingProxy:
    """Stands before 127.0.0.1:`port`. `cut` arms it; `cuts` counts what it did; `forwarded` lists what went on.

    before_send   the request is read and thrown away
    half_sent     half of the body goes on, then both ends are closed
    after_send    the whole request goes on; the client is cut off at once, the server may finish its work
    after_commit  the server's answer is read and thrown away
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._armed: list[tuple[When, Matches]] = []
        self._lock = threading.Lock()
        self.cuts = 0
        self.forwarded: list[tuple[str, str, bytes]] = []
        self._drains: list[threading.Thread] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def _serve(self) -> None:
                outer._pass(self)

            def log_message(self, *_args: Any) -> None:
                pass

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "CONNECT"):
            setattr(Handler, f"do_{method}", Handler._serve)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        for drain in self._drains:
            drain.join(5)

    def cut(self, when: When, matches: Matches, *, times: int = 1) -> None:
        """Cuts the next `times` requests that match."""
        with self._lock:
            self._armed += [(when, matches)] * times

    def cut_soap(self, when: When, operation: str, *, times: int = 1) -> None:
        """Cuts the next SOAP requests of this operation."""
        mark = f"<met:{operation}".encode()
        self.cut(when, lambda _method, path, body: "/services/Soap/" in path and mark in body, times=times)

    def _chosen(self, method: str, path: str, body: bytes) -> When | None:
        with self._lock:
            for index, (when, matches) in enumerate(self._armed):
                if matches(method, path, body):
                    del self._armed[index]
                    self.cuts += 1
                    return when
            return None

    def _pass(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        when = self._chosen(handler.command, handler.path, body)
        if when == "before_send":
            _close(handler)
            return
        upstream = http.client.HTTPConnection("127.0.0.1", self._target, timeout=60)
        upstream.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() != "connection":
                upstream.putheader(name, value)
        upstream.endheaders()
        if when == "half_sent":
            upstream.send(body[: len(body) // 2])
            upstream.close()
            _close(handler)
            return
        upstream.send(body)
        self.forwarded.append((handler.command, handler.path, body))
        if when == "after_send":
            drain = threading.Thread(target=_drain, args=(upstream,), daemon=True)
            drain.start()
            self._drains.append(drain)
            _close(handler)
            return
        response = upstream.getresponse()
        answer = response.read()
        upstream.close()
        if when == "after_commit":
            _close(handler)
            return
        handler.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)


def _close(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def _drain(upstream: http.client.HTTPConnection) -> None:
    try:
        upstream.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        upstream.close()
