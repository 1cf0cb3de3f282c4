"""Requests and responses as values: what handlers get and give. No server, no sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sfsetup.errors import InvalidInput
from sfsetup.localorg.stored import loads, reason
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg
    from sfsetup.localorg.state import User

JSON = "application/json;charset=UTF-8"
XML = "text/xml;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
PAGE_HEADERS = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
"""Of a page that a person reads: no other page can hold it, run in it or learn its address."""
OURS = " [local org's wording]"
"""Ends every text for which no source has Salesforce's own."""
MOST_VALUES = 2_000_000
"""Commas and brackets of a JSON body: each is a value in memory, up to thirty times as large as its text."""


class RestError(Exception):
    """Ends a REST handler with Salesforce's error form (wire-protocols 2.1)."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart/form-data body."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that has come in whole. Header names are lower case."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    """Values of the placeholders of the route; `version` is `66.0`."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    parts: tuple[Part, ...] = ()
    base_url: str = ""
    """Scheme and authority under which the client reached the server."""
    user: User | None = None
    """The user of the session; None on routes without one."""
    token: str = ""

    @property
    def version(self) -> float:
        """The API version of the path; 0 when it has none."""
        try:
            return float(self.params.get("version", "0"))
        except ValueError:
            return 0.0

    @property
    def actor(self) -> User:
        """The user of the session, on routes that demand one."""
        assert self.user is not None
        return self.user

    def json(self) -> Any:
        """The body as JSON. Raises RestError 415 or 400 as Salesforce would."""
        kind = self.headers.get("content-type", "application/json").split(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise RestError(
                415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Type header specified in HTTP request is not supported: {kind}"
            )
        return read_json(self.body, "The body")


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def read_json(data: bytes, what: str) -> Any:
    """The value of a JSON text that came in; `what` names it. Raises RestError 400."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MOST_VALUES:
        # The local org's own bound, to keep its memory within one.
        raise RestError(400, "JSON_PARSER_ERROR", f"{what} holds more than {MOST_VALUES} values{OURS}")
    try:
        return loads(data, name=what)
    except InvalidInput as error:
        raise RestError(400, "JSON_PARSER_ERROR", f"{what} cannot be read: {reason(error)}{OURS}") from error


def form_of(request: Request) -> dict[str, str]:
    """The form of a body; empty for a body that is none, or one with more fields than any form has."""
    try:
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        return {}


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, json.dumps(value, ensure_ascii=False).encode())


def error_response(error: RestError) -> Response:
    """Salesforce's error form: an array of one object."""
    entry: dict[str, Any] = {"message": error.message, "errorCode": error.code}
    if error.fields is not None:
        entry["fields"] = list(error.fields)
    return json_response([entry], error.status)


NO_CONTENT = Response(204, b"")

Handler = Callable[["LocalOrg", Request], Response]


class Access(Enum):
    """Who may call a route."""

    SESSION = "session"
    """A valid access token in the Authorization header."""
    OPEN = "open"
    """Anybody: log-in, discovery, SOAP (whose session is in the envelope)."""
    CONTROL = "control"
    """The administrator's token: sfsetup's own control routes."""


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the table: path template with `{placeholders}`; methods; handler as `module:function`."""

    path: str
    methods: tuple[str, ...]
    handler: str
    access: Access = Access.SESSION
    max_body: int = 16 * 1024 * 1024
    """Bytes of the request's body."""
    at_once: bool = False
    """True for an answer that waits for nothing: neither for a thread nor for the state."""
