"""A small HTTP server whose answers a test writes down; it records what it was asked."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote_plus

ORG_ID = "00D000000000001AAA"
USER_ID = "005000000000001AAA"
USERNAME = "admin@acme.example"
METADATA_NS = "http://soap.sforce.com/2006/04/metadata"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """Name of the SOAP operation, empty for other requests."""
        found = re.search(rb"<(?:\w+:)?Body>\s*<(?:\w+:)?(\w+)", self.body)
        return found.group(1).decode() if found else ""


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: threading.Event | None = None
    """Wait for this before answering."""
    cut: bool = False
    """Close the connection instead of answering."""
    drop_after: int | None = None
    """Send only so many bytes of the body, then close."""


Answer = Reply | Callable[[Asked], Reply]


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json;charset=UTF-8"})


def records(*rows: dict[str, Any]) -> Reply:
    return as_json({"totalSize": len(rows), "done": True, "records": list(rows)})


def html(text: str, status: int = 200) -> Reply:
    return Reply(status, text.encode(), {"Content-Type": "text/html"})


def refused(status: int, code: str, message: str) -> Reply:
    return as_json([{"errorCode": code, "message": message}], status)


def soap(operation: str, inner: str) -> Reply:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{METADATA_NS}">'
        f"<soapenv:Body><{operation}Response>{inner}</{operation}Response></soapenv:Body></soapenv:Envelope>"
    )
    return Reply(200, body.encode(), {"Content-Type": "text/xml;charset=UTF-8"})


def soap_fault(code: str, message: str) -> Reply:
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:sf="{METADATA_NS}"><soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode>'
        f"<faultstring>{code}: {message}</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return Reply(500, body.encode(), {"Content-Type": "text/xml;charset=UTF-8"})


class ScriptedOrg:
    """Answers by the first rule that fits; rules made later come first. A rule may have several answers in turn."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._rules: list[tuple[str, re.Pattern[str], list[Answer]]] = []
        self._lock = threading.Lock()
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
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:
                    # half a request is none
                    self.close_connection = True
                    return
                asked = Asked(self.command, unquote_plus(self.path), dict(self.headers.items()), body)
                reply = outer._answer(asked)
                if reply.hang is not None:
                    reply.hang.wait(20)
                if reply.cut:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body[: reply.drop_after])
                if reply.drop_after is not None:
                    self.close_connection = True

            def log_message(self, *_args: Any) -> None:
                pass

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "CONNECT"):
            setattr(Handler, f"do_{method}", Handler._serve)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._defaults()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Answers requests whose path (with query, unquoted) contains the pattern; the last answer stays."""
        with self._lock:
            self._rules.insert(0, (method, re.compile(path), list(answers)))

    def on_soap(self, operation: str, *answers: Answer) -> None:
        self.on(f"SOAP {operation}", "/services/Soap/", *answers)

    def operations(self) -> list[str]:
        """SOAP operations in the order they came."""
        return [asked.operation for asked in self.asked if asked.operation]

    def of(self, method: str, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == method and re.search(path, asked.path)]

    def _answer(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            for method, pattern, answers in self._rules:
                if method not in (asked.method, f"SOAP {asked.operation}") or not pattern.search(asked.path):
                    continue
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                break
            else:
                return refused(404, "NOT_FOUND", "The requested resource does not exist")
        return answer(asked) if callable(answer) else answer

    def _defaults(self) -> None:
        self.on("GET", r"^/services/data/?$", as_json([{"version": "58.0"}, {"version": "66.0"}]))
        who = {"organization_id": ORG_ID, "user_id": USER_ID, "preferred_username": USERNAME}
        self.on("GET", "^/services/oauth2/userinfo", as_json(who))
        row = {"Id": ORG_ID, "IsSandbox": True, "TrialExpirationDate": None, "OrganizationType": "Enterprise Edition"}
        self.on("GET", "FROM Organization", records({**row, "NamespacePrefix": None}))
