"""Faults on demand: bad days that a client must survive. The table is the closed list of them.

A fault is armed through the control route (`sfsetup local faults`), applies to requests whose path (or SOAP
operation) contains a text, a given number of times, and is then spent.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from sfsetup.errors import UsageError
from sfsetup.localorg.http import HTML, JSON, XML, Response, RestError, error_response
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.soap_fault import fault_response
from sfsetup.localorg.unmodelled import one_line
from sfsetup.values import dataclass

log = logging.getLogger("sfsetup.localorg.faults")
# A server in a command's own process has no log: its standard error belongs to the command.
log.addHandler(logging.NullHandler())

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

COLLECTION = "faults"
UNSENT = "cut-unsent"
_PAGE = (
    b"<!DOCTYPE html><html><head><title>Down for Maintenance</title></head><body><h1>We are down for maintenance.</h1>"
    b"<p>Sorry for the inconvenience. We'll be back shortly.</p></body></html>"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A row: when it strikes and what it does."""

    name: str
    when: str
    """before: the org does nothing; after: it has done its work when the fault strikes."""
    what: str


FAULTS = {
    row.name: row
    for row in (
        Fault("expired-session", "before", "401 INVALID_SESSION_ID"),
        Fault("unavailable", "before", "503"),
        Fault("maintenance", "before", "an HTML page with status 503"),
        Fault("slow", "before", "waits `seconds`, then answers"),
        Fault(UNSENT, "before", "the connection ends while the request is on its way, its body unread"),
        Fault("cut-before", "before", "the connection ends when the request has come, before anything was done"),
        Fault("cut-after", "after", "the connection ends after the work was done, without an answer"),
        Fault("cut-short", "after", "half of the answer's body, then the connection ends"),
        Fault("row-lock", "before", "UNABLE_TO_LOCK_ROW"),
        Fault("request-limit", "before", "REQUEST_LIMIT_EXCEEDED"),
        Fault("missing-right", "before", "INSUFFICIENT_ACCESS"),
        Fault("server-error", "before", "500 UNKNOWN_EXCEPTION"),
        Fault("cancelled", "after", "the deploy that was just accepted is cancelled by another user"),
    )
}


def arm(org: LocalOrg, name: str, *, match: str = "", times: int = 1, seconds: float = 0.0, skip: int = 0) -> None:
    """Arms a fault for the next `times` requests that contain `match`, after `skip` of them. Raises UsageError."""
    if name not in FAULTS:
        raise UsageError(f"There is no fault {name!r}", actions=(f"Known are: {', '.join(FAULTS)}.",))
    entry = {"name": name, "match": match, "times": times, "seconds": seconds, "skip": skip}
    org.state.documents.append(COLLECTION, entry)


def struck(org: LocalOrg, text: str, *, is_head: bool = False) -> dict[str, Any] | None:
    """The armed fault for a request described by `text`, spending one of its times; None if there is none.

    `is_head`: the request's body has not been read yet, and `text` is its method and path.
    """
    documents = org.state.documents
    for key, entry in documents.items(COLLECTION):
        if (entry["name"] == UNSENT) is not is_head or entry["match"] not in text:
            continue
        if entry["skip"] > 0:
            documents.put(COLLECTION, key, entry | {"skip": entry["skip"] - 1})
            continue
        if entry["times"] <= 1:
            documents.delete(COLLECTION, key)
        else:
            documents.put(COLLECTION, key, entry | {"times": entry["times"] - 1})
        found: dict[str, Any] = entry
        return found
    return None


class FaultLayer:
    """The outermost layer: lets armed faults strike. Without any armed it costs one look at a table."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], org: LocalOrg) -> None:
        self._app = app
        self._org = org

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = str(scope["path"])
        if path.startswith("/sfsetup/") or not await self._any_armed():
            await self._app(scope, receive, send)
            return
        head = f"{scope['method']} {path}"
        if struck(self._org, head, is_head=True):
            log.warning("fault on demand: %s strikes %s", UNSENT, one_line(head))
            _cut(send)
            return
        messages, text = await _whole(receive, scope)
        entry = struck(self._org, text)
        if entry is None:
            await self._app(scope, _again(messages, receive), send)
        else:
            log.warning("fault on demand: %s strikes %s", entry["name"], one_line(head))
            await self._strike(entry, scope, _again(messages, receive), send)

    async def _any_armed(self) -> bool:
        """True if a fault is armed. Waits in a thread where the state is busy: the others' connections go on."""
        lock = self._org.state.database.lock
        if not lock.acquire(blocking=False):
            return await run_in_threadpool(_are_armed, self._org)
        try:
            return _are_armed(self._org)
        finally:
            lock.release()

    async def _strike(self, entry: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
        name = entry["name"]
        if name == "slow":
            await asyncio.sleep(float(entry["seconds"]))
            await self._app(scope, receive, send)
        elif name == "cut-before":
            _cut(send)
        elif name in ("cut-after", "cut-short", "cancelled"):
            await self._strike_after(name, scope, receive, send)
        else:
            await _reply(_refusal(name, str(scope["path"])), send)

    async def _strike_after(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        """What strikes when the org has done its work and the client does not know it yet."""
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        if name == "cancelled":
            # in a thread: a job that is being run is waited for
            await run_in_threadpool(_cancel_newest, self._org)
            for message in answer:
                await send(message)
            return
        if name == "cut-short":
            await send(answer[0])
            body = b"".join(message.get("body", b"") for message in answer[1:])
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        _cut(send)


def _are_armed(org: LocalOrg) -> bool:
    try:
        return bool(org.state.documents.items(COLLECTION))
    except sqlite3.Error:
        return False  # the handler will meet it as well, and say so


def _refusal(name: str, path: str) -> Response:
    is_soap = path.startswith("/services/Soap")
    if name == "maintenance":
        return Response(503, _PAGE, HTML)
    if name == "unavailable":
        body = b"" if is_soap else b'[{"message":"Service Unavailable","errorCode":"SERVER_UNAVAILABLE"}]'
        return Response(503, body, XML if is_soap else JSON)
    # Codes and statuses: wire-protocols 1.6 and 2.1.
    status, code, message = {
        "expired-session": (401, "INVALID_SESSION_ID", "Session expired or invalid"),
        "row-lock": (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        "request-limit": (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        "missing-right": (403, "INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id"),
        "server-error": (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    }[name]
    if is_soap:
        if code == "INVALID_SESSION_ID":
            message = "Invalid Session ID found in SessionHeader: Illegal Session"
        return fault_response(code, message)
    return error_response(RestError(status, code, message))


async def _reply(response: Response, send: Send) -> None:
    headers = [(b"content-type", response.content_type.encode()), (b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _whole(receive: Receive, scope: Scope) -> tuple[list[Message], str]:
    """The request's messages, kept for the application, and a text to match: method, path, head of the body."""
    messages: list[Message] = []
    size = 0
    while size < 60 * 1024 * 1024:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    head = b"".join(message.get("body", b"") for message in messages[:4])[:4000].decode("utf-8", "replace")
    return messages, f"{scope['method']} {scope['path']} {head}"


def _again(messages: list[Message], receive: Receive) -> Receive:
    left = list(messages)

    async def replay() -> Message:
        return left.pop(0) if left else await receive()

    return replay


def _cut(send: Send) -> None:
    """Ends the TCP connection at once. uvicorn's `send` is a method of the cycle that owns the transport."""
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if cycle is None or transport is None:
        return
    # What the loop would find a moment later; till then the server would complain of an answer that is missing.
    cycle.disconnected = True
    transport.abort()


def _cancel_newest(org: LocalOrg) -> None:
    from sfsetup.localorg.jobs import cancel

    deploys = org.state.jobs.of_kind("deploy")
    if deploys:
        cancel(org, deploys[-1], by=org.state.users.all()[1].id)
