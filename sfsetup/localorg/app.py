"""The ASGI application: reads a request whole, checks host, size and session, and hands it to its handler.

Handlers are plain functions and run in threads; nothing here knows what they do.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from importlib import import_module
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Route as WebRoute
from starlette.routing import Router

from sfsetup.errors import SfsetupError
from sfsetup.localorg.faults import FaultLayer
from sfsetup.localorg.gate import admit
from sfsetup.localorg.http import Handler, Part, Request, Response, RestError, Route, error_response
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.routes import ROUTES
from sfsetup.localorg.soap_fault import fault_response
from sfsetup.localorg.unmodelled import tell

log = logging.getLogger("sfsetup.localorg")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_RESOURCE = re.compile(r"/services/data/v\d+\.0/((?:tooling/|composite/|named-credentials/)?[A-Za-z-]{1,40})(?:/|\Z)")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Every route takes them all: which are refused is told in Salesforce's own form."""
_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class TooBig(Exception):
    """The body exceeds what the route takes."""


def build_app(org: LocalOrg) -> FaultLayer:
    """The application for one org, faults on demand included."""
    routes = [WebRoute(row.path, _endpoint(org, row), methods=_METHODS) for row in ROUTES]
    return FaultLayer(_Front(Router(routes, redirect_slashes=False, default=_unknown(org))), org)


class _Front:
    """Refuses foreign Host headers (a page in a browser must not reach the org) and drops needless slashes at both ends
    of the path."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1")
        if host.rpartition(":")[0] not in _HOSTS and host not in _HOSTS:
            refusal = RestError(421, "MISDIRECTED_REQUEST", "The local org answers on 127.0.0.1 and localhost only")
            await _web(error_response(refusal))(scope, receive, send)
            return
        path = scope["path"]
        # sf keeps the instance URL with its slash and joins paths to it: `//services/data`
        clean = f"/{path.strip('/')}"
        if clean != path:
            scope = dict(scope, path=clean)
        await self._router(scope, receive, send)


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
    path = scope["path"]
    if path.startswith("/services/Soap"):
        response = fault_response(
            "UNKNOWN_EXCEPTION", "Destination URL not reset. The URL returned from login must be set"
        )
    else:
        response = error_response(RestError(404, "NOT_FOUND", "The requested resource does not exist"))
    await _web(response)(scope, receive, send)


def _endpoint(org: LocalOrg, row: Route) -> Callable[[WebRequest], Awaitable[WebResponse]]:
    async def endpoint(web: WebRequest) -> WebResponse:
        method = "GET" if web.method == "HEAD" else web.method
        if method not in row.methods:
            return _web(error_response(_not_allowed(web.method, row)))
        try:
            body = await _read(web, row.max_body)
            parts = await _parts(web, body, row.max_body)
        except TooBig:
            return _web(_too_big(row))
        except MultiPartException as error:
            return _web(error_response(RestError(400, "INVALID_MULTIPART_REQUEST", error.message)))
        except ClientDisconnect:
            return WebResponse(status_code=400)
        request = Request(
            method=method,
            path=web.url.path,
            params={key: str(value) for key, value in web.path_params.items()},
            query=dict(web.query_params),
            headers=dict(web.headers),
            body=body,
            parts=parts,
            base_url=f"{web.url.scheme}://{web.headers.get('host', '')}",
        )
        return _web(await run_in_threadpool(serve, org, row, request))

    return endpoint


def serve(org: LocalOrg, row: Route, request: Request) -> Response:
    """Runs one request through admission and its handler. Never raises."""
    is_soap = row.path.startswith("/services/Soap")
    try:
        response = _handler(row.handler)(org, admit(org, row, request))
    except RestError as error:
        if is_soap:
            return fault_response(error.code, error.message)
        response = error_response(error)
    except SfsetupError as error:
        if is_soap:
            return fault_response("UNKNOWN_EXCEPTION", str(error))
        response = error_response(RestError(400, "UNKNOWN_EXCEPTION", str(error)))
    except Exception:
        log.exception("unexpected error in %s", row.handler)
        message = "An unexpected error occurred. This is a defect of the local org; its log has the details."
        if is_soap:
            return fault_response("UNKNOWN_EXCEPTION", message)
        response = error_response(RestError(500, "UNKNOWN_EXCEPTION", message))
    if request.path.startswith("/services/data"):
        org.calls += 1
        headers = {"Sforce-Limit-Info": f"api-usage={org.calls}/{org.call_limit}", **response.headers}
        response = Response(response.status, response.body, response.content_type, headers)
    return response


@cache
def _handler(name: str) -> Handler:
    module, _, function = name.partition(":")
    found: Handler = getattr(import_module(f"sfsetup.localorg.{module}"), function)
    return found


_DRAIN = 4
"""How many times a route's limit is read and thrown away, so that a client still gets its answer."""


async def _read(web: WebRequest, limit: int) -> bytes:
    """The body, chunked or not. One that is too long is not kept: what is left of it is read up to a bound."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in web.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
            if size > limit * _DRAIN:
                break
    if size > limit:
        raise TooBig
    return b"".join(chunks)


async def _parts(web: WebRequest, body: bytes, limit: int) -> tuple[Part, ...]:
    if not web.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return ()

    async def stream() -> Any:
        yield body

    parser = MultiPartParser(web.headers, stream(), max_files=10, max_fields=10, max_part_size=limit)
    form = await parser.parse()
    try:
        parts = []
        for name, value in form.multi_items():
            if isinstance(value, str):
                parts.append(Part(name, "", value.encode()))
            else:
                parts.append(Part(name, value.content_type or "", await value.read()))
        return tuple(parts)
    finally:
        await form.close()


def _too_big(row: Route) -> Response:
    if row.path.startswith("/services/Soap"):
        return fault_response(
            "LIMIT_EXCEEDED", f"Maximum size of request reached. Maximum size of request is {row.max_body} bytes."
        )
    return error_response(
        RestError(413, "REQUEST_ENTITY_TOO_LARGE", f"Maximum size of request is {row.max_body} bytes")
    )


def _web(response: Response) -> WebResponse:
    headers = dict(response.headers)
    if response.status != 204:
        headers["Content-Type"] = response.content_type
    return WebResponse(response.body or None, response.status, headers)
