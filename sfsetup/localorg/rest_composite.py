"""Several requests in one: /composite, /tooling/composite, /composite/batch (wire-protocols 2; audit-rules 2).

Each part is served as if it had come by itself; the parts' answers stand in the answer of the whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sfsetup.localorg.http import Access, Request, Response, RestError, Route, error_response, json_response
from sfsetup.localorg.refusal import OURS
from sfsetup.localorg.stored import loads

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg

MAX_PARTS = 25
"""Parts of one request."""
_REFERENCE = re.compile(r"@\{([A-Za-z_]\w*)((?:\.\w+|\[\d+\])*)\}")
_HALTED = {
    "errorCode": "PROCESSING_HALTED",
    "message": "The transaction was rolled back since another operation in the same transaction failed.",
}


class _RolledBack(Exception):
    """A part of an all-or-none request failed."""


def composite(org: LocalOrg, request: Request) -> Response:
    """POST /composite and /tooling/composite: parts may use what earlier ones answered, as `@{ref.id}`."""
    body = request.json()
    parts = _parts(body, "compositeRequest")
    for part in parts:
        if not isinstance(part.get("referenceId"), str) or not part["referenceId"]:
            raise RestError(400, "INVALID_INPUT", f"Every part of compositeRequest needs a referenceId{OURS}")
    if body.get("allOrNone") and any("/actions/" in str(part.get("url")) for part in parts):
        # The org's lock is held until all parts are done, and no callout may wait under it.
        raise RestError(400, "INVALID_INPUT", f"The local org runs no actions in an all-or-none request{OURS}")
    answers: list[dict[str, Any]] = []
    try:
        if body.get("allOrNone"):
            with org.state.transaction():
                answers = _run(org, request, parts, stop=True)
                if any(answer["httpStatusCode"] >= 400 for answer in answers):
                    raise _RolledBack
        else:
            answers = _run(org, request, parts, stop=False)
    except _RolledBack:
        for answer in answers:
            if answer["httpStatusCode"] < 400:
                answer |= {"httpStatusCode": 400, "body": [_HALTED]}
    return json_response({"compositeResponse": answers})


def batch(org: LocalOrg, request: Request) -> Response:
    """POST /composite/batch: parts that know nothing of each other."""
    results = []
    for part in _parts(request.json(), "batchRequests"):
        url = str(part.get("url", ""))
        full = url if url.startswith("/services") else f"/services/data/{url.lstrip('/')}"
        answer = _serve(org, request, str(part.get("method", "")), full, part.get("richInput"))
        results.append({"statusCode": answer.status, "result": _value(answer)})
    failed = any(result["statusCode"] >= 400 for result in results)
    return json_response({"hasErrors": failed, "results": results})


def _parts(body: Any, name: str) -> list[dict[str, Any]]:
    parts = body.get(name) if isinstance(body, dict) else None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise RestError(400, "JSON_PARSER_ERROR", f"The body needs a list {name}{OURS}")
    if len(parts) > MAX_PARTS:
        raise RestError(400, "LIMIT_EXCEEDED", f"No more than {MAX_PARTS} parts can be in one request{OURS}")
    return parts


def _run(org: LocalOrg, request: Request, parts: list[dict[str, Any]], *, stop: bool) -> list[dict[str, Any]]:
    known: dict[str, Any] = {}
    answers: list[dict[str, Any]] = []
    halted = False
    for part in parts:
        entry = {"httpHeaders": {}, "referenceId": part["referenceId"]}
        if halted:
            answers.append({"body": [_HALTED], **entry, "httpStatusCode": 400})
            continue
        try:
            url, given = _filled(part.get("url", ""), known), _filled(part.get("body"), known)
            answer = _serve(org, request, str(part.get("method", "")), str(url), given)
        except RestError as error:
            answer = error_response(error)
        value = _value(answer)
        known[part["referenceId"]] = value
        answers.append({"body": value, **entry, "httpStatusCode": answer.status})
        halted = stop and answer.status >= 400
    return answers


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    """The value with its references replaced. Raises RestError for one that leads nowhere."""
    if isinstance(value, dict):
        return {key: _filled(entry, known) for key, entry in value.items()}
    if isinstance(value, list):
        return [_filled(entry, known) for entry in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: str(_followed(match, known)), value)
    return value


def _followed(match: re.Match[str], known: Mapping[str, Any]) -> Any:
    found = known.get(match[1])
    for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", match[2]):
        try:
            found = found[key] if key else found[int(index)]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            raise RestError(400, "PROCESSING_HALTED", f"Invalid reference specified: {match[0]}") from None
    return found


def _serve(org: LocalOrg, request: Request, method: str, url: str, body: Any) -> Response:
    """One part, as the user of the whole."""
    from sfsetup.localorg.app import serve

    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    found = _route(method.upper(), path)
    if found is None:
        return error_response(RestError(404, "NOT_FOUND", "The requested resource does not exist"))
    row, params = found
    inner = replace(
        request,
        method=method.upper(),
        path=path,
        params=params,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={key: value for key, value in request.headers.items() if key != "content-type"},
        body=b"" if body is None else json.dumps(body).encode(),
        parts=(),
    )
    return serve(org, row, inner)


def _route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for pattern, row in _patterns():
        match = pattern.fullmatch(path)
        if match and method in row.methods:
            return row, {key: unquote(value) for key, value in match.groupdict().items()}
    return None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Route], ...]:
    """REST routes that may be a part: data resources, and no composite inside a composite."""
    from sfsetup.localorg.routes import ROUTES

    rows = [r for r in ROUTES if r.path.startswith("/services/data/") and r.access is Access.SESSION]
    rows = [row for row in rows if not row.handler.startswith("rest_composite:")]
    return tuple((re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(row.path))), row) for row in rows)


def _value(answer: Response) -> Any:
    return loads(answer.body) if answer.body else None
