"""Runs a query over tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sfsetup.localorg.refusal import OURS
from sfsetup.localorg.soql.compare import check_literals, holds, ordered, sortable
from sfsetup.localorg.soql.query import AllFields, Comparison, Condition, Count, Field, Logic, Query
from sfsetup.localorg.soql.schema import Catalogue, Column, Row, SoqlError, Table

_Entry = TypeVar("_Entry")

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
        if Count() in query.fields:
            if len(query.fields) > 1 or query.group or query.having or query.order:
                raise SoqlError("MALFORMED_QUERY", f"COUNT() stands alone, without GROUP BY and ORDER BY{OURS}")
            return Result(table, [], len(self._chosen(query, table, self._rows_of(table))), is_count=True)
        if query.group or query.having or any(isinstance(field, Count) for field in query.fields):
            records = self._grouped(query, table, self._filtered(query, table, self._rows_of(table)))
        else:
            records = self._records(query, table, self._rows_of(table))
        return Result(table, records, len(records))

    def _records(self, query: Query, table: Table, rows: Sequence[Row]) -> list[dict[str, Any]]:
        aliased = next((field for field in query.fields if isinstance(field, Field) and field.alias), None)
        if aliased is not None:
            raise SoqlError("MALFORMED_QUERY", f"{aliased.path}: only a grouped query gives fields other names{OURS}")
        return [self._record(query, table, row) for row in self._chosen(query, table, rows)]

    def _chosen(self, query: Query, table: Table, rows: Sequence[Row]) -> list[Row]:
        found = self._filtered(query, table, rows)
        for term in reversed(query.order):
            path = self._path(table, term.path, "ORDER BY without GROUP BY")
            found = ordered(found, [self._value(table, row, path) for row in found], term)
        return _cut(query, found)

    def _filtered(self, query: Query, table: Table, rows: Sequence[Row]) -> list[Row]:
        test = self._condition(query.where, table) if query.where else None
        return [row for row in rows if test is None or test(row)]

    def _path(self, table: Table, subject: str | Count, place: str) -> str:
        """The path of a field that exists. Raises SoqlError for a function, which belongs elsewhere."""
        if isinstance(subject, Count):
            raise SoqlError("MALFORMED_QUERY", f"{place} takes no aggregate function: {_written(subject)}{OURS}")
        path = _without_own_name(table, subject)
        if self._check(table, path).kind == "complex":
            # describe says so of it: neither filterable nor sortable
            raise SoqlError("INVALID_FIELD", f"{place} takes no field that holds others: {path}{OURS}")
        return path

    def _record(self, query: Query, table: Table, row: Row) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": self._attributes(table, row)}
        for field in query.fields:
            if isinstance(field, Query):
                record[_without_own_name(table, field.source)] = self._children(field, table, row)
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
        wanted = _without_own_name(table, query.source).lower()
        found = next((pair for name, pair in table.children.items() if name.lower() == wanted), None)
        if found is None:
            raise SoqlError(
                "INVALID_TYPE",
                f"Didn't understand relationship '{query.source}' in FROM part of query call.",
            )
        child, key = self._table(found[0]), found[1]
        query = _without_wildcards(query, child)
        if query.group or query.having or any(isinstance(field, Count) for field in query.fields):
            raise SoqlError("MALFORMED_QUERY", f"The sub-select {query.source} is not grouped or aggregated{OURS}")
        records = self._records(query, child, self._children_of(child, key).get(row.get("Id"), []))
        return {"totalSize": len(records), "done": True, "records": records} if records else None

    def _grouped(self, query: Query, table: Table, rows: Sequence[Row]) -> list[dict[str, Any]]:
        places: dict[str, tuple[int, str]] = {}
        for path in query.group:
            found = self._path(table, path, "GROUP BY")
            places.setdefault(found.lower(), (len(places), found))
        groups: dict[tuple[Any, ...], list[Row]] = {} if query.group else {(): list(rows)}
        for row in rows if query.group else ():
            groups.setdefault(tuple(self._value(table, row, path) for _, path in places.values()), []).append(row)

        def value(group: tuple[tuple[Any, ...], list[Row]], subject: str | Count) -> Any:
            if isinstance(subject, Count):
                return self._aggregated(table, group[1], subject)
            return group[0][place(subject)]

        def place(path: str) -> int:
            known = places.get(_without_own_name(table, path).lower())
            if known is None:
                raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {path}")
            return known[0]

        columns = self._grouped_columns(query, place)
        members = [group for group in groups.items() if self._having(query.having, table, group, value)]
        for term in reversed(query.order):
            if not query.group:
                raise SoqlError("MALFORMED_QUERY", f"ORDER BY of aggregates needs GROUP BY{OURS}")
            subject = columns.get(term.path, term.path) if isinstance(term.path, str) else term.path
            members = ordered(members, [value(group, subject) for group in members], term)
        return [
            {
                "attributes": {"type": "AggregateResult"},
                **{name: _shown(value(group, subject)) for name, subject in columns.items()},
            }
            for group in _cut(query, members)
        ]

    def _grouped_columns(self, query: Query, place: Callable[[str], int]) -> dict[str, str | Count]:
        """Name in the record -> what stands there."""
        columns: dict[str, str | Count] = {}
        unnamed = 0
        for field in query.fields:
            if isinstance(field, Count):
                columns[field.alias or f"expr{unnamed}"] = field
                unnamed += field.alias is None
            elif isinstance(field, Field):
                place(field.path)
                columns[field.alias or field.path.rpartition(".")[2]] = field.path
            elif isinstance(field, Query):
                raise SoqlError("MALFORMED_QUERY", f"A grouped query has no sub-selects: {field.source}{OURS}")
        return columns

    def _having(self, condition: Condition | None, table: Table, group: Any, value: Callable[..., Any]) -> bool:
        if condition is None:
            return True
        if isinstance(condition, Logic):
            outcomes = (self._having(part, table, group, value) for part in condition.parts)
            if condition.operator == "not":
                return not next(outcomes)
            return all(outcomes) if condition.operator == "and" else any(outcomes)
        if isinstance(condition.value, Query):
            raise SoqlError("MALFORMED_QUERY", f"HAVING takes no sub-select{OURS}")
        subject = condition.path
        if isinstance(subject, Count):
            column = self._aggregate_column(table, subject)
        else:
            column = self._check(table, _without_own_name(table, subject))
        wanted = self._values_of(condition)
        check_literals(condition, wanted, column)
        return holds(value(group, subject), condition.operator, wanted, column)

    def _aggregate_column(self, table: Table, field: Count) -> Column:
        """What kind of value a function gives."""
        column = self._check(table, _without_own_name(table, field.path or "Id"))
        return column if field.function in ("MIN", "MAX") else Column(_written(field), "number")

    def _aggregated(self, table: Table, rows: Sequence[Row], field: Count) -> Any:
        if field.path is None:
            return len(rows)
        path = _without_own_name(table, field.path)
        column = self._check(table, path)
        if column.kind == "complex":
            raise _not_aggregated(column, field)
        values = [value for row in rows if (value := self._value(table, row, path)) is not None]
        if field.function == "COUNT":
            return len(values)
        if field.function == "COUNT_DISTINCT":
            return len(set(map(sortable, values)))
        if column.kind == "boolean" or (field.function in ("SUM", "AVG") and column.kind != "number"):
            raise _not_aggregated(column, field)
        if not values:
            return None
        if field.function in ("SUM", "AVG"):
            total = sum(values)
            return total if field.function == "SUM" else total / len(values)
        return (min if field.function == "MIN" else max)(values, key=sortable)

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
        path = self._path(table, condition.path, "WHERE")
        column = self._check(table, path)
        wanted = self._values_of(condition)
        check_literals(condition, wanted, column)
        return lambda row: holds(self._value(table, row, path), condition.operator, wanted, column)

    def _values_of(self, condition: Comparison) -> tuple[Any, ...]:
        value = condition.value
        if isinstance(value, Query):
            if len(value.fields) != 1 or not isinstance(value.fields[0], Field):
                raise SoqlError("MALFORMED_QUERY", f"The query of IN selects exactly one field.{OURS}")
            table = self._table(value.source)
            rows = self._chosen(replace(value, order=()), table, self._rows_of(table))
            inner = self._path(table, value.fields[0].path, "IN")
            return tuple(self._value(table, row, inner) for row in rows)
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
            raise SoqlError("MALFORMED_QUERY", f"The path {path} is too long.{OURS}")
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


def _not_aggregated(column: Column, field: Count) -> SoqlError:
    return SoqlError("INVALID_FIELD", f"field {column.name} does not support aggregate operator {field.function}")


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


def _cut(query: Query, found: list[_Entry]) -> list[_Entry]:
    """What OFFSET and LIMIT leave."""
    return found[query.offset : None if query.limit is None else query.offset + query.limit]


def _written(field: Count) -> str:
    """An aggregate as it is written."""
    return f"{field.function}({field.path or ''})"


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return value
