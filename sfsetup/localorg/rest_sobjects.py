"""Wire of sobjects and tooling/sobjects: lists, describe, single records, writing (wire-protocols 2.1)."""

from __future__ import annotations

from typing import Any

from sfsetup.localorg.http import NO_CONTENT, Request, Response, RestError, json_response
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.records import describe, writing
from sfsetup.localorg.records.catalogue import Objects
from sfsetup.localorg.refusal import OURS, Refused, refusal_as_rest
from sfsetup.localorg.soql import Query, SoqlError, Table, execute
from sfsetup.localorg.soql.query import Comparison, Field

_MAX_COLLECTION = 200
"""Records of one request of /composite/sobjects."""


def every(org: LocalOrg, request: Request) -> Response:
    """GET /sobjects."""
    base = _base(request)
    tables = _objects(org, request).all()
    found = [describe.brief(table, base, tooling=_tooling(request)) for table in tables]
    return json_response({"encoding": "UTF-8", "maxBatchSize": _MAX_COLLECTION, "sobjects": found})


def one(org: LocalOrg, request: Request) -> Response:
    """GET /sobjects/<name> tells what the object is; POST creates a record."""
    name = request.params["sobject"]
    if request.method == "POST":
        table = _table(org, request)
        identifier = _refusing(
            lambda: writing.create(org.state, request.actor, table.name, request.json(), tooling=_tooling(request))
        )
        return json_response({"id": identifier, "success": True, "errors": []}, 201)
    table = _table(org, request, name)
    shown = describe.brief(table, _base(request), tooling=_tooling(request))
    return json_response({"objectDescribe": shown, "recentItems": []})


def described(org: LocalOrg, request: Request) -> Response:
    """GET /sobjects/<name>/describe."""
    table = _table(org, request)
    return json_response(describe.full(table, _base(request), tooling=_tooling(request)))


def record(org: LocalOrg, request: Request) -> Response:
    """GET, PATCH, DELETE /sobjects/<name>/<id>."""
    table, identifier = _table(org, request), request.params["id"]
    if request.method == "GET":
        return json_response(_read(org, request, table, identifier))
    tooling = _tooling(request)
    if request.method == "DELETE":
        _refusing(lambda: writing.delete(org.state, request.actor, table.name, identifier, tooling=tooling))
    else:
        body = request.json()
        _refusing(lambda: writing.update(org.state, request.actor, table.name, identifier, body, tooling=tooling))
    return NO_CONTENT


def collection(org: LocalOrg, request: Request) -> Response:
    """POST and DELETE /composite/sobjects: many records, each with its own outcome (`allOrNone` joins them)."""
    if request.method == "DELETE":
        wanted: Any = [part for part in request.query.get("ids", "").split(",") if part]
        joined = request.query.get("allOrNone", "false").lower() == "true"
    else:
        body = request.json()
        given: dict[str, Any] = body if isinstance(body, dict) else {}
        wanted, joined = given.get("records", []), bool(given.get("allOrNone"))
    if not isinstance(wanted, list) or len(wanted) > _MAX_COLLECTION:
        text = f"No more than {_MAX_COLLECTION} records can be given in one request{OURS}"
        raise RestError(400, "EXCEEDED_ID_LIMIT", text)
    outcomes: list[dict[str, Any]] = []
    try:
        with org.state.transaction():
            outcomes = [_outcome(org, request, entry) for entry in wanted]
            if joined and not all(outcome["success"] for outcome in outcomes):
                raise _RolledBack
    except _RolledBack:
        error = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": "Record rolled back", "fields": []}
        outcomes = [o if not o["success"] else {"success": False, "errors": [error]} for o in outcomes]
    return json_response(outcomes)


class _RolledBack(Exception):
    """One record of an all-or-none request failed."""


def _outcome(org: LocalOrg, request: Request, entry: Any) -> dict[str, Any]:
    try:
        if request.method == "DELETE":
            name = describe.object_of_id(_objects(org, request), str(entry))
            writing.delete(org.state, request.actor, name, str(entry), tooling=False)
            return {"id": entry, "success": True, "errors": []}
        kind = (entry.get("attributes") or {}).get("type") if isinstance(entry, dict) else None
        if not kind:
            raise Refused("INVALID_TYPE", f"The record has no attributes.type{OURS}")
        identifier = writing.create(org.state, request.actor, str(kind), entry, tooling=False)
        return {"id": identifier, "success": True, "errors": []}
    except Refused as refused:
        error = {"statusCode": refused.code, "message": refused.message, "fields": list(refused.fields or ())}
        return {"success": False, "errors": [error]}


def _read(org: LocalOrg, request: Request, table: Table, identifier: str) -> dict[str, Any]:
    asked = [name.strip() for name in request.query.get("fields", "").split(",") if name.strip()]
    names = asked or [column.name for column in table.columns]
    wanted = Query(tuple(Field(name) for name in names), table.name, Comparison("Id", "=", identifier))
    try:
        found = execute(wanted, _objects(org, request), base=_base(request)).records
    except SoqlError as error:
        raise RestError(400, error.code, error.message) from error
    if not found:
        raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
    return dict(found[0])


def _refusing(action: Any) -> Any:
    try:
        return action()
    except Refused as refused:
        raise refusal_as_rest(refused) from refused


def _tooling(request: Request) -> bool:
    return "/tooling/" in request.path


def _base(request: Request) -> str:
    prefix = "tooling/" if _tooling(request) else ""
    return f"/services/data/v{request.params['version']}/{prefix}sobjects"


def _objects(org: LocalOrg, request: Request) -> Objects:
    return Objects(org.state, request.actor, tooling=_tooling(request))


def _table(org: LocalOrg, request: Request, name: str | None = None) -> Table:
    found = _objects(org, request).table(name or request.params["sobject"])
    if found is None:
        raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
    return found
