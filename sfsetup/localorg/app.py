"""The ASGI application: reads a request whole, checks host, size and session, and hands it to its handler.

Handlers are plain functions and run in threads; nothing here knows what they do.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import Awaitable, Callable
from functools import cache
from importlib import import_module

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Route as WebRoute
from starlette.routing import Router

from sfsetup.errors import SfsetupError
from sfsetup.localorg import intake
from sfsetup.localorg.faults import FaultLayer, Send
from sfsetup.localorg.gate import admit
from sfsetup.localorg.http import OURS, Handler, Request, Response, RestError, Route, error_response
from sfsetup.localorg.intake import Receive, Scope
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.routes import ROUTES
from sfsetup.localorg.soap_fault import fault_response
from sfsetup.localorg.state.trouble import trouble_of
from sfsetup.localorg.unmodelled import tell

log = logging.getLogger("sfsetup.localorg")

_RESOURCE = re.compile(r"/services/data/v\d+\.0/((?:tooling/|composite/|named-credentials/)?[A-Za-z-]{1,40})(?:/|\Z)")
_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_MOST_HEAD = 16_384
"""Bytes of URI and headers together, and of the URI alone (help.salesforce.com 000386264)."""
_DEFECT = "An unexpected error occurred. This is a defect of the local org; its log has the details."


def build_app(org: LocalOrg) -> FaultLayer:
    """The application for one org, faults on demand included."""
    turn = asyncio.Semaphore(1)
    routes = [WebRoute(row.path, _Endpoint(org, row, turn)) for row in ROUTES]
    return FaultLayer(_Front(Router(routes, redirect_slashes=False, default=_unknown(org))), org)


class _Front:
    """Refuses foreign Host headers (a page in a browser must not reach the org) and heads that are too long, and drops
    needless slashes at both ends of the path."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1")
        refusal = None
        if host.rpartition(":")[0] not in _HOSTS and host not in _HOSTS:
            text = f"The local org answers on 127.0.0.1 and localhost only{OURS}"
            refusal = RestError(421, "MISDIRECTED_REQUEST", text)
        else:
            refusal = _too_long(scope)
        if refusal is not None:
            await intake.pour_away(scope, receive)
            await _web(error_response(refusal))(scope, receive, send)
            return
        path = scope["path"]
        if path.startswith(("http://", "https://")):
            # the absolute form of a request's target, as to a proxy
            path = path.partition("://")[2].partition("/")[2]
        # sf keeps the instance URL with its slash and joins paths to it: `//services/data`
        clean = f"/{path.strip('/')}"
        if clean != path:
            scope = dict(scope, path=clean)
        await self._router(scope, receive, send)


def _too_long(scope: Scope) -> RestError | None:
    target = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    if target > _MOST_HEAD:
        return RestError(414, "URI_TOO_LONG", f"URI Too Long{OURS}")
    if target + sum(len(name) + len(value) for name, value in scope["headers"]) > _MOST_HEAD:
        return RestError(431, "REQUEST_HEADER_FIELDS_TOO_LARGE", f"Request Header Fields Too Large{OURS}")
    return None


def _not_allowed(method: str, row: Route) -> RestError:
    allowed = ",".join(sorted(row.methods))
    # wording: github.com/omniphx/forrest/issues/181
    return RestError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}")


def _unknown(org: LocalOrg) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Answers for what no route is for, and says so once for each resource."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if found := _RESOURCE.match(scope["path"]):
            tell(org, f"the REST resource {found[1]}")
        await _not_found(scope, receive, send)

    return answer


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await intake.pour_away(scope, receive)
    path = scope["path"]
    if path.startswith("/services/Soap"):
        response = fault_response(
            "UNKNOWN_EXCEPTION", "Destination URL not reset. The URL returned from login must be set"
        )
    else:
        response = error_response(RestError(404, "NOT_FOUND", "The requested resource does not exist"))
    await _web(response)(scope, receive, send)


class _Endpoint:
    """The application of one route."""

    def __init__(self, org: LocalOrg, row: Route, turn: asyncio.Semaphore) -> None:
        self._org = org
        self._row = row
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        web = WebRequest(scope, receive)
        try:
            response = await self._answer(web)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            # The server ends, and the handler has not come to its end in the time that is left for it.
            response = _refused(
                self._row, RestError(503, "SERVER_UNAVAILABLE", f"The local org is being stopped{OURS}")
            )
        except Exception:
            log.exception("unexpected error before %s", self._row.handler)
            response = _refused(self._row, RestError(500, "UNKNOWN_EXCEPTION", _DEFECT))
        await _web(response)(scope, receive, send)

    async def _answer(self, web: WebRequest) -> Response:
        row = self._row
        if ("GET" if web.method == "HEAD" else web.method) not in row.methods:
            await intake.pour_away(web.scope, web.receive)
            return _refused(row, _not_allowed(web.method, row))
        try:
            kept = await intake.take(web, row.max_body)
        except intake.TooBig:
            return _too_big(row)
        except RestError as error:
            return _refused(row, error)
        except OSError as error:
            text = f"The request's body cannot be kept: {error.strerror}{OURS}"
            return _refused(row, RestError(503, "SERVER_UNAVAILABLE", text))
        with kept:
            if not kept.is_large:
                return await self._handled(web, kept)
            async with self._turn:
                return await self._handled(web, kept)

    async def _handled(self, web: WebRequest, kept: intake.Kept) -> Response:
        try:
            parts = await intake.parts_of(web, kept, self._row.max_body)
        except RestError as error:
            return _refused(self._row, error)
        request = Request(
            method="GET" if web.method == "HEAD" else web.method,
            path=web.scope["path"],
            params={key: str(value) for key, value in web.path_params.items()},
            query=dict(web.query_params),
            headers=dict(web.headers),
            body=b"" if parts else kept.read(),
            parts=parts,
            base_url=f"{web.scope['scheme']}://{web.headers.get('host', '')}",
        )
        if self._row.at_once:
            return serve(self._org, self._row, request)
        return await run_in_threadpool(serve, self._org, self._row, request)


def serve(org: LocalOrg, row: Route, request: Request) -> Response:
    """Runs one request through admission and its handler. Never raises."""
    try:
        response = _handler(row.handler)(org, admit(org, row, request))
    except RestError as error:
        response = _refused(row, error)
    except SfsetupError as error:
        response = _refused(row, RestError(400, "UNKNOWN_EXCEPTION", f"{error}{OURS}"))
    except sqlite3.Error as error:
        response = _refused(row, _state_error(row, error))
    except Exception:
        log.exception("unexpected error in %s", row.handler)
        response = _refused(row, RestError(500, "UNKNOWN_EXCEPTION", _DEFECT))
    if request.path.startswith("/services/data"):
        org.calls += 1
        headers = {"Sforce-Limit-Info": f"api-usage={org.calls}/{org.call_limit}", **response.headers}
        response = Response(response.status, response.body, response.content_type, headers)
    return response


def _state_error(row: Route, error: sqlite3.Error) -> RestError:
    """The answer where the state's file fails."""
    told = trouble_of(error)
    if told is None:
        log.error("unexpected error in %s", row.handler, exc_info=error)
        return RestError(500, "UNKNOWN_EXCEPTION", _DEFECT)
    log.warning("%s", told)
    return RestError(503, "SERVER_UNAVAILABLE", f"{told}{OURS}")


@cache
def _handler(name: str) -> Handler:
    module, _, function = name.partition(":")
    found: Handler = getattr(import_module(f"sfsetup.localorg.{module}"), function)
    return found


def _refused(row: Route, error: RestError) -> Response:
    """The error in the form of the route's protocol."""
    if row.path.startswith("/services/Soap"):
        return fault_response(error.code, error.message)
    return error_response(error)


def _too_big(row: Route) -> Response:
    text = f"Maximum size of request reached. Maximum size of request is {row.max_body} bytes.{OURS}"
    code = "LIMIT_EXCEEDED" if row.path.startswith("/services/Soap") else "REQUEST_ENTITY_TOO_LARGE"
    return _refused(row, RestError(413, code, text))


def _web(response: Response) -> WebResponse:
    headers = dict(response.headers)
    if response.status != 204:
        headers["Content-Type"] = response.content_type
    return WebResponse(response.body or None, response.status, headers)
