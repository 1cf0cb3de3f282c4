"""Runs a query over tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sfsetup.localorg.soql.query import AllFields, Comparison, Condition, Count, Field, Logic, Order, Query
from sfsetup.localorg.soql.schema import Catalogue, Column, Row, SoqlError, Table

MAX_WILDCARD_ROWS = 200
"""Rows of a query with FIELDS(ALL) or FIELDS(CUSTOM)."""
MAX_DEPTH = 5
"""Levels of relationships in one path (SOQL: up to five)."""


@dataclass(frozen=True, slots=True)
class Result:
    """Records as JSON. For `COUNT()` there are no records, only `total`."""

    table: Table
    records: Sequence[Mapping[str, Any]]
    total: int
    is_count: bool = False


def execute(query: Query, catalogue: Catalogue, *, base: str) -> Result:
    """Runs a query; `base` stands before the URLs of records. Raises SoqlError."""
    return _Execution(catalogue, base).run(query)


class _Execution:
    def __init__(self, catalogue: Catalogue, base: str) -> None:
        self._catalogue = catalogue
        self._base = base
        self._rows: dict[str, Sequence[Row]] = {}
        self._by_id: dict[str, dict[str, Row]] = {}
        self._by_parent: dict[tuple[str, str], dict[Any, list[Row]]] = {}
        self._columns: dict[tuple[str, str], Column] = {}

    def run(self, query: Query) -> Result:
        table = self._table(query.source)
        query = _without_wildcards(query, table)
        rows = self._chosen(query, table, self._rows_of(table))
        if len(query.fields) == 1 and query.fields[0] == Count():
            return Result(table, [], len(rows), is_count=True)
        if query.group or any(isinstance(field, Count) for field in query.fields):
            records = self._grouped(query, table, rows)
        else:
            records = [self._record(query, table, row) for row in rows]
        return Result(table, records, len(records))

    def _chosen(self, query: Query, table: Table, rows: Sequence[Row]) -> list[Row]:
        test = self._condition(query.where, table) if query.where else None
        found = [row for row in rows if test is None or test(row)]
        for term in reversed(query.order):
            found = self._sorted(found, table, term)
        end = None if query.limit is None else query.offset + query.limit
        return found[query.offset : end]

    def _sorted(self, rows: list[Row], table: Table, term: Order) -> list[Row]:
        path = _without_own_name(table, term.path)
        self._check(table, path)
        empty: list[tuple[Any, Row]] = []
        filled: list[tuple[Any, Row]] = []
        for row in rows:
            value = self._value(table, row, path)
            (empty if value is None else filled).append((_sortable(value), row))
        filled.sort(key=lambda pair: pair[0], reverse=term.descending)
        ordered, missing = [row for _, row in filled], [row for _, row in empty]
        return [*ordered, *missing] if term.nulls_last else [*missing, *ordered]

    def _record(self, query: Query, table: Table, row: Row) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": self._attributes(table, row)}
        for field in query.fields:
            if isinstance(field, Query):
                record[field.source] = self._children(field, table, row)
            elif isinstance(field, Field):
                self._put(record, table, row, _without_own_name(table, field.path))
        return record

    def _put(self, record: dict[str, Any], table: Table, row: Row | None, path: str) -> None:
        head, dot, rest = path.partition(".")
        if not dot:
            column = self._column(table, head)
            record[column.name] = _shown(row.get(column.name)) if row is not None else None
            return
        name, parent, key = self._parent(table, head)
        target = self._linked(parent, row.get(key)) if row is not None else None
        if target is None:
            self._check(parent, rest)
            record.setdefault(name, None)
            return
        inner = record.get(name)
        if not isinstance(inner, dict):
            inner = record[name] = {"attributes": self._attributes(parent, target)}
        self._put(inner, parent, target, rest)

    def _children(self, query: Query, table: Table, row: Row) -> dict[str, Any] | None:
        wanted = query.source.lower()
        found = next((pair for name, pair in table.children.items() if name.lower() == wanted), None)
        if found is None:
            raise SoqlError(
                "INVALID_TYPE",
                f"Didn't understand relationship '{query.source}' in FROM part of query call.",
            )
        child, key = self._table(found[0]), found[1]
        query = _without_wildcards(query, child)
        rows = self._children_of(child, key).get(row.get("Id"), [])
        records = [self._record(query, child, entry) for entry in self._chosen(query, child, rows)]
        return {"totalSize": len(records), "done": True, "records": records} if records else None

    def _grouped(self, query: Query, table: Table, rows: Sequence[Row]) -> list[dict[str, Any]]:
        for path in query.group:
            self._check(table, path)
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(self._value(table, row, path) for path in query.group), []).append(row)
        if not query.group:
            groups = {(): list(rows)}
        records = []
        for key, members in groups.items():
            record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
            by_path = {path.lower(): value for path, value in zip(query.group, key, strict=True)}
            unnamed = 0
            for field in query.fields:
                if isinstance(field, Field):
                    if field.path.lower() not in by_path:
                        raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {field.path}")
                    record[field.path.rpartition(".")[2]] = _shown(by_path[field.path.lower()])
                elif isinstance(field, Count):
                    name = field.alias or f"expr{unnamed}"
                    unnamed += field.alias is None
                    record[name] = _shown(self._aggregated(table, members, field))
            records.append(record)
        return records

    def _aggregated(self, table: Table, rows: Sequence[Row], field: Count) -> Any:
        if field.path is None:
            return len(rows)
        path = _without_own_name(table, field.path)
        column = self._check(table, path)
        values = [value for row in rows if (value := self._value(table, row, path)) is not None]
        if field.function == "COUNT":
            return len(values)
        if field.function == "COUNT_DISTINCT":
            return len(set(map(_sortable, values)))
        if column.kind in ("boolean", "complex") or (field.function in ("SUM", "AVG") and column.kind != "number"):
            raise SoqlError(
                "INVALID_FIELD", f"field {column.name} does not support aggregate operator {field.function}"
            )
        if not values:
            return None
        if field.function in ("SUM", "AVG"):
            total = sum(values)
            return total if field.function == "SUM" else total / len(values)
        return (min if field.function == "MIN" else max)(values, key=_sortable)

    def _condition(self, condition: Condition, table: Table) -> Callable[[Row], bool]:
        if isinstance(condition, Logic):
            parts = [self._condition(part, table) for part in condition.parts]
            if condition.operator == "not":
                return lambda row: not parts[0](row)
            if condition.operator == "and":
                return lambda row: all(part(row) for part in parts)
            return lambda row: any(part(row) for part in parts)
        return self._comparison(condition, table)

    def _comparison(self, condition: Comparison, table: Table) -> Callable[[Row], bool]:
        path = _without_own_name(table, condition.path)
        column = self._check(table, path)
        if condition.operator == "LIKE" and column.kind in ("number", "boolean", "datetime", "complex"):
            raise SoqlError("INVALID_FIELD", f"{column.name} {column.kind}: LIKE is for texts")
        wanted = self._values_of(condition)
        _check_literals(column, wanted)

        def test(row: Row) -> bool:
            value = self._value(table, row, path)
            if condition.operator in ("IN", "NOT IN"):
                found = any(_equal(value, entry, column) for entry in wanted)
                return found is (condition.operator == "IN")
            return _compare(value, condition.operator, wanted[0], column)

        return test

    def _values_of(self, condition: Comparison) -> tuple[Any, ...]:
        value = condition.value
        if isinstance(value, Query):
            if len(value.fields) != 1 or not isinstance(value.fields[0], Field):
                raise SoqlError("MALFORMED_QUERY", "The query of IN selects exactly one field.")
            table = self._table(value.source)
            rows = self._chosen(replace(value, order=()), table, self._rows_of(table))
            return tuple(self._value(table, row, value.fields[0].path) for row in rows)
        return value if isinstance(value, tuple) else (value,)

    def _value(self, table: Table, row: Row | None, path: str) -> Any:
        head, dot, rest = path.partition(".")
        if not dot:
            return row.get(self._column(table, head).name) if row is not None else None
        _, parent, key = self._parent(table, head)
        target = self._linked(parent, row.get(key)) if row is not None else None
        return self._value(parent, target, rest)

    def _check(self, table: Table, path: str, depth: int = 0) -> Column:
        head, dot, rest = path.partition(".")
        if depth > MAX_DEPTH:
            raise SoqlError("MALFORMED_QUERY", f"The path {path} is too long.")
        return self._check(self._parent(table, head)[1], rest, depth + 1) if dot else self._column(table, head)

    def _column(self, table: Table, name: str) -> Column:
        known = self._columns.get((table.name, name))
        if known is not None:
            return known
        found = table.column(name)
        if found is None:
            raise SoqlError(
                "INVALID_FIELD",
                f"No such column '{name}' on entity '{table.name}'. If you are attempting to use a custom field, be "
                "sure to append the '__c' after the custom field name. Please reference your WSDL or the describe "
                "call for the appropriate names.",
            )
        self._columns[table.name, name] = found
        return found

    def _parent(self, table: Table, name: str) -> tuple[str, Table, str]:
        for relationship, (target, key) in table.parents.items():
            if relationship.lower() == name.lower():
                found = self._catalogue.linked(target)
                assert found is not None, f"{table.name}.{relationship} leads nowhere"
                return relationship, found, key
        raise SoqlError("INVALID_FIELD", f"Didn't understand relationship '{name}' in field path.")

    def _table(self, name: str) -> Table:
        found = self._catalogue.table(name)
        if found is None:
            # messages 1: the text for a Tooling object asked of the standard API
            raise SoqlError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def _rows_of(self, table: Table) -> Sequence[Row]:
        if table.name not in self._rows:
            self._rows[table.name] = table.rows()
        return self._rows[table.name]

    def _children_of(self, table: Table, key: str) -> dict[Any, list[Row]]:
        """The rows of a table by the parent that a column names."""
        if (table.name, key) not in self._by_parent:
            found: dict[Any, list[Row]] = {}
            for row in self._rows_of(table):
                found.setdefault(row.get(key), []).append(row)
            self._by_parent[table.name, key] = found
        return self._by_parent[table.name, key]

    def _linked(self, table: Table, identifier: Any) -> Row | None:
        if not identifier:
            return None
        if table.name not in self._by_id:
            self._by_id[table.name] = {str(row.get("Id"))[:15]: row for row in self._rows_of(table)}
        return self._by_id[table.name].get(str(identifier)[:15])

    def _attributes(self, table: Table, row: Row) -> dict[str, str]:
        return {"type": table.name, "url": f"{self._base}/{table.name}/{row.get('Id', '')}"}


def _without_wildcards(query: Query, table: Table) -> Query:
    """`FIELDS(ALL)` and its like as the fields they stand for."""
    if not any(isinstance(field, AllFields) for field in query.fields):
        return query
    fields: list[Field | Count | AllFields | Query] = []
    for field in query.fields:
        if not isinstance(field, AllFields):
            fields.append(field)
            continue
        if field.which != "STANDARD" and (query.limit is None or query.limit > MAX_WILDCARD_ROWS):
            raise SoqlError(
                "MALFORMED_QUERY",
                f"The SOQL FIELDS function must have a LIMIT of at most {MAX_WILDCARD_ROWS}",
            )
        wanted = {"ALL": (True, False), "STANDARD": (False,), "CUSTOM": (True,)}[field.which]
        fields += [Field(column.name) for column in table.columns if column.name.endswith("__c") in wanted]
    return replace(query, fields=tuple(fields))


def _without_own_name(table: Table, path: str) -> str:
    """`SELECT User.Name FROM User` means `SELECT Name FROM User`."""
    head, dot, rest = path.partition(".")
    return rest if dot and head.lower() == table.name.lower() else path


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return value


def _sortable(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return value.lower() if isinstance(value, str) else value if value is not None else 0


def _check_literals(column: Column, values: Sequence[Any]) -> None:
    """A literal of another type is refused: `'5'` for a number, `5` for text (INVALID_FIELD, as SOQL does)."""
    for value in values:
        good = {
            "number": isinstance(value, int | float) and not isinstance(value, bool),
            "boolean": isinstance(value, bool),
            "datetime": isinstance(value, date),
        }.get(column.kind, isinstance(value, str))
        if value is not None and not good and column.kind != "complex":
            raise SoqlError(
                "INVALID_FIELD", f"value of filter criterion for field '{column.name}' must be of type {column.kind}"
            )


def _equal(value: Any, wanted: Any, column: Column) -> bool:
    if column.kind in ("id", "reference") and isinstance(value, str) and isinstance(wanted, str):
        return value[:15] == wanted[:15] and (len(wanted) in (15, 18) or value == wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return value.lower() == wanted.lower()
    if isinstance(value, datetime) and isinstance(wanted, date):
        return value.date() == wanted if not isinstance(wanted, datetime) else value == wanted
    # An empty Boolean counts as false.
    return (value or False) == wanted if isinstance(wanted, bool) else bool(value == wanted)


def _compare(value: Any, operator: str, wanted: Any, column: Column) -> bool:
    if operator == "=":
        return _equal(value, wanted, column)
    if operator == "!=":
        return not _equal(value, wanted, column)
    if operator == "LIKE":
        return isinstance(value, str) and isinstance(wanted, str) and _like(value, _segments(wanted))
    if value is None or wanted is None:
        return False
    left, right = _sortable(value), _sortable(wanted)
    if isinstance(left, datetime) and not isinstance(right, datetime):
        left = left.date()
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


@lru_cache(maxsize=128)
def _segments(pattern: str) -> tuple[re.Pattern[str], ...]:
    """What stands between the `%` of a LIKE pattern. One expression for the whole could take for ever on long texts."""
    return tuple(
        re.compile("".join("." if char == "_" else re.escape(char) for char in part), re.IGNORECASE | re.DOTALL)
        for part in pattern.split("%")
    )


def _like(value: str, segments: tuple[re.Pattern[str], ...]) -> bool:
    """The first segment begins the text, the last one ends it, those between follow each other as early as can be."""
    first, *middle = segments
    begin = first.match(value)
    if begin is None:
        return False
    if not middle:
        return begin.end() == len(value)
    position = begin.end()
    *inner, last = middle
    for segment in inner:
        found = segment.search(value, position)
        if found is None:
            return False
        position = found.end()
    # a segment has one length: every character of it stands for one of the text
    start = len(value) - _length(last)
    return start >= position and last.match(value, start) is not None


def _length(segment: re.Pattern[str]) -> int:
    return len(re.sub(r"\\(.)", r"\1", segment.pattern, flags=re.DOTALL))
