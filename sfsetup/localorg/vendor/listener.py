"""The HTTP listener of the stand-ins: a socket on 127.0.0.1 inside the local org's process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sfsetup.localorg.vendor.requests import Incoming
from sfsetup.localorg.vendor.stand_in import Answer

MAX_BODY = 12 * 1024 * 1024
"""Bytes of a request's body; a callout carries less (Apex limit of an asynchronous callout)."""


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class Listener:
    """Serves `answer` on a free port until closed."""

    def __init__(self, answer: Callable[[Incoming], Answer]) -> None:
        members = {f"do_{method}": _Handler.serve for method in _METHODS}
        handler = type("_BoundHandler", (_Handler,), {"answer": staticmethod(answer), **members})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="vendor-stand-in", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    answer: Callable[[Incoming], Answer]
    protocol_version = "HTTP/1.1"
    server_version = "sfsetup-vendor"
    sys_version = ""
    timeout = 60
    disable_nagle_algorithm = True

    def serve(self) -> None:
        """Reads one request, has it answered, writes the answer."""
        body = self._body()
        if body is None:
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "").lower()
        found = type(self).answer(Incoming(self.command, host, path, query, headers, body))
        if found.delay:
            time.sleep(found.delay)
        if found.cut:
            self.close_connection = True
            return
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        if found.content_type:
            self.send_header("Content-Type", found.content_type)
        if found.status >= 200 and found.status not in (204, 304):
            self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        if self.command != "HEAD" and found.status not in (204, 304):
            self.wfile.write(found.body)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY or self.headers.get("Transfer-Encoding"):
            # The local org itself sends neither chunked nor larger bodies.
            self.send_error(413 if length.isdigit() else 400)
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def log_message(self, *_args: object) -> None:
        """Says nothing: the request log is the local org's."""
