"""Wire of SOQL: query, queryAll, tooling/query, and the pages of long answers (wire-protocols 2.1)."""

from __future__ import annotations

import itertools
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfsetup.localorg.http import Request, Response, RestError, json_response
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.records.catalogue import Objects
from sfsetup.localorg.refusal import OURS
from sfsetup.localorg.soql import Query, Result, SoqlError, Table, execute, parse
from sfsetup.localorg.soql.query import Count
from sfsetup.localorg.unmodelled import tell

MAX_PAGE = 2000
MIN_PAGE = 200
_CURSORS = 100
"""Long answers that are kept for further pages; the oldest go."""
_BATCH = re.compile(r"batchSize=(\d+)", re.IGNORECASE)


def query(org: LocalOrg, request: Request) -> Response:
    """GET /query and /queryAll."""
    return _answer(org, request, tooling=False)


def tooling_query(org: LocalOrg, request: Request) -> Response:
    """GET /tooling/query."""
    return _answer(org, request, tooling=True)


def more(org: LocalOrg, request: Request) -> Response:
    """GET /query/<locator>: the next page of an answer."""
    found = _pages(org).get(request.params["locator"])
    if found is None or found.user_id != request.actor.id:
        raise RestError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    base = request.path.rpartition("/")[0]
    return json_response(_page(found, request.params["locator"], base))


def run(org: LocalOrg, request: Request, text: str, *, tooling: bool) -> tuple[Query, Result]:
    """Runs a query as the user of the request. Raises RestError."""
    prefix = "tooling/" if tooling else ""
    base = f"/services/data/v{request.params['version']}/{prefix}sobjects"
    objects = Objects(org.state, request.actor, tooling=tooling)
    try:
        parsed = parse(text, now=org.state.clock.now())
        _check_whole_rows(parsed, objects, base)
        return parsed, execute(parsed, objects, base=base)
    except SoqlError as error:
        if error.code == "INVALID_TYPE" or "does not model" in error.message:
            tell(org, f"{'Tooling ' if tooling else ''}SOQL: {error.message}")
        raise RestError(400, error.code, error.message) from error


def _check_whole_rows(parsed: Query, objects: Objects, base: str) -> None:
    """`Metadata` and `FullName` can be selected for one row at a time only (audit-rules 2)."""
    names = {(getattr(part, "path", None) or "").lower() for part in parsed.fields}
    table = objects.table(parsed.source)
    if table is None or not names & {"metadata", "fullname"} or table.column("Metadata") is None:
        return
    if len(execute(parsed, objects, base=base).records) > 1:
        raise SoqlError(
            "MALFORMED_QUERY",
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more "
            f"than one row for retrieval.{OURS}",
        )


def _answer(org: LocalOrg, request: Request, *, tooling: bool) -> Response:
    text = request.query.get("q", "")
    if not text.strip():
        raise RestError(400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
    parsed, result = run(org, request, text, tooling=tooling)
    if request.query.get("columns", "").lower() == "true":
        return json_response(_columns(parsed, result))
    more_keys = {"size": result.total, "entityTypeName": result.table.name, "queryLocator": None} if tooling else {}
    if result.is_count:
        return json_response({"totalSize": result.total, "done": True, "records": [], **more_keys})
    cursor = Cursor(request.actor.id, result.records, _batch(request), more_keys)
    if len(cursor.records) <= cursor.batch:
        return json_response(_page(cursor, "", ""))
    base = f"/services/data/v{request.params['version']}/{'tooling/' if tooling else ''}query"
    return json_response(_page(cursor, f"{_pages(org).keep(cursor)}-0", base))


@dataclass(frozen=True, slots=True)
class Cursor:
    """A long answer. `more_keys` stand in every page of a Tooling answer."""

    user_id: str
    records: Sequence[Mapping[str, Any]]
    batch: int
    more_keys: Mapping[str, Any] = field(default_factory=dict)


class _Cursors:
    def __init__(self) -> None:
        self._found: OrderedDict[str, Cursor] = OrderedDict()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def keep(self, cursor: Cursor) -> str:
        with self._lock:
            name = f"01gLo{next(self._numbers):010d}AAA"
            self._found[name] = cursor
            while len(self._found) > _CURSORS:
                self._found.popitem(last=False)
            return name

    def get(self, locator: str) -> Cursor | None:
        with self._lock:
            return self._found.get(locator.rpartition("-")[0])


def _pages(org: LocalOrg) -> _Cursors:
    found = org.live.setdefault("cursors", _Cursors())
    assert isinstance(found, _Cursors)
    return found


def _page(cursor: Cursor, locator: str, base: str) -> dict[str, Any]:
    name, _, start_text = locator.rpartition("-")
    start = int(start_text) if start_text.isdigit() else 0
    end = start + cursor.batch
    done = end >= len(cursor.records)
    page: dict[str, Any] = {"totalSize": len(cursor.records), "done": done, **cursor.more_keys}
    if not done:
        page["nextRecordsUrl"] = f"{base}/{name}-{end}"
    return {**page, "records": list(cursor.records[start:end])}


def _batch(request: Request) -> int:
    wanted = _BATCH.search(request.headers.get("sforce-query-options", ""))
    return min(max(int(wanted[1]), MIN_PAGE), MAX_PAGE) if wanted else MAX_PAGE


def _columns(parsed: Query, result: Result) -> dict[str, Any]:
    """The answer to `columns=true`, which `sf data query` asks for besides."""
    return {
        "columnMetadata": _named([_column(result.table, part, grouped=bool(parsed.group)) for part in parsed.fields]),
        "entityName": result.table.name,
        "groupBy": bool(parsed.group),
        "idSelected": any(getattr(part, "path", "") == "Id" for part in parsed.fields),
        "keyPrefix": result.table.key_prefix or None,
    }


def _column(table: Table, part: Any, *, grouped: bool = False) -> dict[str, Any]:
    """One selected field as sf reads it: a sub-select is an aggregate with joined columns, a path through relationships
    a plain column with one, a function an aggregate without. A grouped query's columns are called as in its records."""
    if isinstance(part, Query):
        inner = [_column(table, each) for each in part.fields]
        return {**_plain(part.source, None), "aggregate": True, "joinColumns": inner}
    if isinstance(part, Count):
        shown = part.alias or f"{part.function}({part.path or ''})"
        return {**_plain(part.alias or "expr0", "number"), "aggregate": True, "displayName": shown}
    path = getattr(part, "path", "")
    head, dot, rest = path.partition(".")
    found = table.column(head)
    joined = [_plain(rest, None)] if dot else []
    if grouped:
        return _plain(part.alias or path.rpartition(".")[2], found.kind if found else None)
    return {**_plain(head, found.kind if found else None), "joinColumns": joined}


def _named(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Functions without an alias are called expr0, expr1 … as in the records."""
    unnamed = 0
    for column in columns:
        if column["columnName"] == "expr0":
            column["columnName"] = f"expr{unnamed}"
            unnamed += 1
    return columns


def _plain(name: str, kind: str | None) -> dict[str, Any]:
    types = {"boolean": "Boolean", "number": "Double", "datetime": "Datetime", "id": "Id", "reference": "Id"}
    return {
        "aggregate": False,
        "apexType": types.get(kind or "", "String"),
        "booleanType": kind == "boolean",
        "columnName": name,
        "custom": name.endswith("__c"),
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": kind == "number",
        "textType": kind in (None, "text"),
        "updatable": False,
    }
