"""A request in, an answer out: what the vendors of the registered documents would say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.vendor.examples import generate, media_example
from sfsetup.localorg.vendor.guard import refusal
from sfsetup.localorg.vendor.requests import Incoming, media_kind, problems
from sfsetup.localorg.vendor.routing import Match, NoMatch, Router
from sfsetup.localorg.vendor.schemas import Schemas
from sfsetup.localorg.vendor.tokens import Tokens

if TYPE_CHECKING:
    from sfsetup.localorg.vendor.settings import VendorSettings
    from sfsetup.openapi.document import MediaType, OpenApiDocument, Operation, Response

_REASONS = ("message", "error_description", "detail", "description", "title", "error")
"""Properties of a vendor's error body that can say what went wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `cut`: the connection ends without an answer."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    operation: str = ""
    """Label of the operation that was meant; empty when none was."""
    cut: bool = False
    delay: float = 0.0
    """Seconds to wait before answering."""


def _machine_time() -> datetime:
    return datetime.now(UTC)


class Vendor:
    """One registered document, ready to answer."""

    def __init__(self, name: str, document: OpenApiDocument, *, uses_tokens: bool = False, prefix: str = "") -> None:
        self.name = name
        self.document = document
        self.uses_tokens = uses_tokens
        """True where the org fetches an OAuth token for this vendor: then only issued tokens are taken."""
        # A vendor answers below the base path of its own document. Only where the document names none does the
        # Named Credential's path tell it; a path in both places is met by nobody, as with the real vendor.
        self.router = Router(document, document.base_path or prefix)
        self.schemas = Schemas(document)


@dataclass(frozen=True, slots=True)
class Directory:
    """Who lives behind a host."""

    vendors: Sequence[Vendor] = ()
    token_paths: frozenset[str] = frozenset()
    """Paths on this host that an external credential uses as token endpoint."""


class StandIn:
    """All vendors of one org. `directory` is asked anew for each request: registrations come and go."""

    def __init__(
        self,
        directory: Callable[[str], Directory],
        settings: VendorSettings,
        *,
        now: Callable[[], datetime] = _machine_time,
    ) -> None:
        self._directory = directory
        self.settings = settings
        self.tokens = Tokens(now)

    def answer(self, request: Incoming) -> Answer:
        """Routes, checks and answers one request; the latency that was set is in `delay`."""
        return replace(self._answer(request), delay=self.settings.latency)

    def _answer(self, request: Incoming) -> Answer:
        found = self._directory(request.host)
        if request.path in found.token_paths:
            failure = self.settings.next_failure("token")
            if failure is not None:
                return _failed(None, None, failure, "token")
            status, body = self.tokens.answer(request, self.settings)
            return _json(status, body, operation="token")
        if not found.vendors:
            return _json(502, {"message": f"No registered service is reached at {request.host}."})
        verdicts = [(vendor, vendor.router.match(request.method, request.path)) for vendor in found.vendors]
        for vendor, verdict in verdicts:
            if isinstance(verdict, Match):
                return self._operation(vendor, verdict, request)
        allowed = [method for _, v in verdicts if isinstance(v, NoMatch) for method in v.allowed]
        if allowed:
            return _json(405, {"message": f"Method {request.method} not allowed"}, {"Allow": ", ".join(allowed)})
        return _json(404, {"message": f"No operation has the path {request.path}"})

    def _operation(self, vendor: Vendor, match: Match, request: Incoming) -> Answer:
        label = match.operation.label
        failure = self.settings.next_failure(label)
        if failure is not None:
            return _failed(vendor.document, match.operation, failure, label)
        issued = self.tokens.is_issued if vendor.uses_tokens else None
        reason = refusal(vendor.document, match.operation, request, self.settings, issued)
        if reason:
            return _error(vendor.document, match.operation, 401, reason, label)
        if self.settings.validates:
            found = problems(vendor.document, vendor.schemas, match, request)
            if found:
                return _error(vendor.document, match.operation, 400, "; ".join(found), label)
        return _success(vendor, match.operation, request, label)


def _success(vendor: Vendor, operation: Operation, request: Incoming, label: str) -> Answer:
    response = next((r for r in sorted(operation.responses, key=lambda r: r.code) if r.code[:1] == "2"), None)
    if response is None:
        response = next((r for r in operation.responses if r.code == "default"), None)
    status = int(response.code) if response and response.code.isdigit() else 200
    if response is None or not response.content:
        return Answer(status if response else 204, operation=label)
    media = _chosen(response, request)
    value = media_example(
        vendor.document, media, lambda made: not vendor.schemas.problems(media.schema_pointer, made, response=True)
    )
    return _rendered(status, media, value, label)


def _chosen(response: Response, request: Incoming) -> MediaType:
    """The media type that the Accept header asks for; JSON first where it leaves a choice."""
    wanted = [media_kind(entry) for entry in request.headers.get("accept", "*/*").split(",")]
    names = sorted(response.content, key=lambda media: "json" not in media.name)
    for kind in wanted:
        for media in names:
            name = media_kind(media.name)
            if kind in ("*/*", name) or (kind.endswith("/*") and name.startswith(kind[:-1])):
                return media
    return names[0]


def _rendered(
    status: int, media: MediaType, value: Any, label: str, headers: Mapping[str, str] | None = None
) -> Answer:
    kind = media_kind(media.name)
    if "json" in kind or kind in ("", "*/*"):
        body, content_type = json.dumps(value, ensure_ascii=False).encode(), "application/json"
        if "json" in kind:
            content_type = kind
    else:
        body = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()
        content_type = kind
    return Answer(status, body, content_type, headers or {}, label)


def _error(document: OpenApiDocument, operation: Operation, status: int, reason: str, label: str) -> Answer:
    """The vendor's own error body where the document has one, with the reason in the property that can hold it."""
    response = _declared(operation, status)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {"Retry-After": "1"} if status in (429, 503) else {}
    media = (
        next((entry for entry in response.content if "json" in entry.name or "*" in entry.name), None)
        if response
        else None
    )
    if media is None:
        return _json(status, {"message": reason}, headers, operation=label)
    value = generate(document, media.schema)
    if not isinstance(value, dict):
        return _rendered(status, media, value if value is not None else {"message": reason}, label, headers)
    holder = value["error"] if isinstance(value.get("error"), dict) else value
    name = next((name for name in _REASONS if isinstance(holder.get(name), str)), None)
    if name:
        holder[name] = reason
    for name in ("status", "statusCode", "httpStatus"):
        if isinstance(value.get(name), int) and not isinstance(value[name], bool):
            value[name] = status
    return _rendered(status, media, value, label, headers)


def _declared(operation: Operation, status: int) -> Response | None:
    """The response for a status: exact, by range, or `default`."""
    by_code = {response.code.upper(): response for response in operation.responses}
    for code in (str(status), f"{status // 100}XX", "DEFAULT"):
        if code in by_code:
            return by_code[code]
    return None


def _failed(document: OpenApiDocument | None, operation: Operation | None, status: int, label: str) -> Answer:
    if status == 0:
        return Answer(0, operation=label, cut=True)
    if document is None or operation is None:
        return _json(status, {"error": "server_error", "error_description": "Failure on demand"}, operation=label)
    if status < 400:
        return Answer(status, operation=label)
    return _error(document, operation, status, "Failure on demand", label)


def _json(status: int, value: Any, headers: Mapping[str, str] | None = None, *, operation: str = "") -> Answer:
    return Answer(status, json.dumps(value).encode(), "application/json", headers or {}, operation)
