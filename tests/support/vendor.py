"""A vendor of the tests' own: an HTTP server that has nothing of sfsetup in it, keeps what it gets and answers as told."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: list[tuple[str, bytes]]
    body: bytes

    def header(self, name: str) -> bytes:
        """The bytes of the one header of this name."""
        (value,) = [value for key, value in self.headers if key.lower() == name.lower()]
        return value


class OwnVendor:
    """Answers every request with `status` and `answer` as JSON."""

    def __init__(self, answer: Any = None, status: int = 200) -> None:
        self.received: list[Received] = []
        self.answer, self.status = answer, status
        outer = self

        class Handler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                # http.server reads header bytes as latin-1, so this gives the bytes back
                headers = [(name, value.encode("latin-1")) for name, value in self.headers.items()]
                outer.received.append(Received(self.command, self.path, headers, body))
                data = json.dumps(outer.answer).encode()
                self.send_response(outer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: Any) -> None:
                pass

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler._serve)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
