"""The grammar of SOQL: text -> Query."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from lark import Lark, Transformer
from lark.exceptions import UnexpectedInput, VisitError

from sfsetup.localorg.soql.query import AllFields, Comparison, Condition, Count, Field, Literal, Logic, Order, Query
from sfsetup.localorg.soql.schema import SoqlError

MAX_LENGTH = 100_000
"""Characters of a SOQL statement (SOQL and SOSL limits)."""

_CLAUSES = ("where", "group", "order", "limit", "offset", "for")
"""The clauses of a query in the order that SOQL prescribes."""

GRAMMAR = r"""
start: query
query: _SELECT fields _FROM NAME [alias] clause*
fields: field ("," field)*
?clause: where | group | order | limit | offset | _FOR NAME -> use
field: NAME -> plain
     | _COUNT "(" ")" -> count_all
     | _COUNT "(" NAME ")" [NAME] -> count_of
     | AGGREGATE "(" NAME ")" [NAME] -> aggregate
     | _FIELDS "(" NAME ")" -> all_fields
     | "(" query ")" -> child
alias: NAME
where: _WHERE condition
?condition: conjunction (_OR conjunction)* -> any_of
?conjunction: negation (_AND negation)* -> all_of
?negation: _NOT negation -> none_of
         | "(" condition ")"
         | NAME OPERATOR literal -> compare
         | NAME LIKE literal -> compare
         | NAME [NOT] _IN "(" literal ("," literal)* ")" -> within
         | NAME [NOT] _IN "(" query ")" -> within_query
literal: STRING -> text
       | DATETIME -> moment
       | DATE -> day
       | NUMBER -> number
       | TRUE -> true
       | FALSE -> false
       | NULL -> null
       | RELATIVE -> relative
group: _GROUP _BY NAME ("," NAME)*
order: _ORDER _BY ordering ("," ordering)*
ordering: NAME [DIRECTION] [NULLS]
limit: _LIMIT NUMBER
offset: _OFFSET NUMBER
_SELECT.2: /SELECT\b/i
_FROM.2: /FROM\b/i
_WHERE.2: /WHERE\b/i
_GROUP.2: /GROUP\b/i
_ORDER.2: /ORDER\b/i
_BY.2: /BY\b/i
_LIMIT.2: /LIMIT\b/i
_OFFSET.2: /OFFSET\b/i
_FOR.2: /FOR\b/i
_COUNT.2: /COUNT(?=\s*\()/i
AGGREGATE.2: /(COUNT_DISTINCT|SUM|AVG|MIN|MAX)(?=\s*\()/i
_FIELDS.2: /FIELDS(?=\s*\()/i
_OR.2: /OR\b/i
_AND.2: /AND\b/i
NOT.2: /NOT\b(?=\s+IN\b)/i
_NOT.1: /NOT\b/i
_IN.2: /IN\b/i
LIKE.2: /LIKE\b/i
TRUE.3: /TRUE\b/i
FALSE.3: /FALSE\b/i
NULL.3: /NULL\b/i
DIRECTION.2: /(ASC|DESC)\b/i
NULLS.2: /NULLS\s+(FIRST|LAST)\b/i
RELATIVE.3: /(TODAY|YESTERDAY|TOMORROW|LAST_N_DAYS:\d+|NEXT_N_DAYS:\d+)\b/i
OPERATOR: "<=" | ">=" | "<>" | "!=" | "=" | "<" | ">"
STRING: /'(?:[^'\\]|\\.)*'/s
DATETIME.4: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)/i
DATE.3: /\d{4}-\d\d-\d\d/
NUMBER: /[+-]?\d+(?:\.\d+)?/
NAME: /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/
%import common.WS
%ignore WS
"""


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True, propagate_positions=False)


def parse(text: str, *, now: datetime | None = None) -> Query:
    """Reads a query. Raises SoqlError MALFORMED_QUERY; `now` is what TODAY goes by."""
    if len(text) > MAX_LENGTH:
        raise SoqlError("QUERY_TOO_LONG", f"SOQL statements cannot be longer than {MAX_LENGTH} characters.")
    if text.count("(") > 200:
        raise SoqlError("MALFORMED_QUERY", "The query has too many brackets.")
    try:
        return Build(now or datetime.now(UTC)).transform(_parser().parse(text))
    except UnexpectedInput as error:
        position = getattr(error, "pos_in_stream", None) or 0
        near = text[position : position + 20]
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: {near or '<EOF>'!r}") from error
    except VisitError as error:
        if isinstance(error.orig_exc, SoqlError):
            raise error.orig_exc from error
        raise SoqlError("MALFORMED_QUERY", str(error.orig_exc)) from error
    except RecursionError as error:
        raise SoqlError("MALFORMED_QUERY", "The query nests too deep.") from error


class Build(Transformer[Any, Query]):
    """Tree -> values; a method for each rule."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._now = now

    def start(self, parts: list[Any]) -> Query:
        found: Query = parts[0]
        return found

    def query(self, parts: list[Any]) -> Query:
        fields, source, alias, *clauses = parts
        names = [name for name, _ in clauses]
        if names != [name for name in _CLAUSES if name in names]:
            # The grammar takes clauses in any order: naming each place for each clause would make it huge.
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: {_out_of_place(names)!r}")
        found = dict(clauses)
        query = Query(
            fields,
            str(source),
            found.get("where"),
            found.get("group", ()),
            found.get("order", ()),
            found.get("limit"),
            found.get("offset", 0),
        )
        return _without_alias(query, str(alias)) if alias else query

    def fields(self, parts: list[Any]) -> tuple[Any, ...]:
        return tuple(parts)

    def use(self, parts: list[Any]) -> tuple[str, str]:
        return "for", str(parts[0])

    def plain(self, parts: list[Any]) -> Field:
        return Field(str(parts[0]))

    def count_all(self, _parts: list[Any]) -> Count:
        return Count()

    def count_of(self, parts: list[Any]) -> Count:
        return Count(str(parts[0]), str(parts[1]) if parts[1] else None)

    def aggregate(self, parts: list[Any]) -> Count:
        function, path, alias = parts
        return Count(str(path), str(alias) if alias else None, str(function).upper())

    def all_fields(self, parts: list[Any]) -> AllFields:
        which = str(parts[0]).upper()
        if which not in ("ALL", "STANDARD", "CUSTOM"):
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: {which!r}")
        return AllFields(which)

    def child(self, parts: list[Any]) -> Query:
        found: Query = parts[0]
        return found

    def alias(self, parts: list[Any]) -> str:
        return str(parts[0])

    def where(self, parts: list[Any]) -> tuple[str, Condition]:
        return "where", parts[0]

    def any_of(self, parts: list[Any]) -> Condition:
        found: Condition = parts[0] if len(parts) == 1 else Logic("or", tuple(parts))
        return found

    def all_of(self, parts: list[Any]) -> Condition:
        found: Condition = parts[0] if len(parts) == 1 else Logic("and", tuple(parts))
        return found

    def none_of(self, parts: list[Any]) -> Logic:
        return Logic("not", (parts[0],))

    def compare(self, parts: list[Any]) -> Comparison:
        path, operator, value = parts
        return Comparison(str(path), str(operator).upper().replace("<>", "!="), value)

    def within(self, parts: list[Any]) -> Comparison:
        path, negated, *values = parts
        return Comparison(str(path), "NOT IN" if negated else "IN", tuple(values))

    def within_query(self, parts: list[Any]) -> Comparison:
        path, negated, query = parts
        return Comparison(str(path), "NOT IN" if negated else "IN", query)

    def text(self, parts: list[Any]) -> str:
        return _unescaped(str(parts[0])[1:-1])

    def moment(self, parts: list[Any]) -> datetime:
        return datetime.fromisoformat(str(parts[0]).upper().replace("Z", "+00:00"))

    def day(self, parts: list[Any]) -> date:
        return date.fromisoformat(str(parts[0]))

    def number(self, parts: list[Any]) -> int | float:
        text = str(parts[0])
        return float(text) if "." in text else int(text)

    def true(self, _parts: list[Any]) -> bool:
        return True

    def false(self, _parts: list[Any]) -> bool:
        return False

    def null(self, _parts: list[Any]) -> None:
        return None

    def relative(self, parts: list[Any]) -> Literal:
        name, _, count = str(parts[0]).upper().partition(":")
        days = {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}.get(name)
        if days is None:
            days = -int(count) if name == "LAST_N_DAYS" else int(count)
        return (self._now + timedelta(days=days)).date()

    def group(self, parts: list[Any]) -> tuple[str, tuple[str, ...]]:
        return "group", tuple(str(part) for part in parts)

    def order(self, parts: list[Any]) -> tuple[str, tuple[Order, ...]]:
        return "order", tuple(parts)

    def ordering(self, parts: list[Any]) -> Order:
        path, direction, nulls = parts
        return Order(
            str(path),
            bool(direction) and str(direction).upper() == "DESC",
            bool(nulls) and str(nulls).upper().endswith("LAST"),
        )

    def limit(self, parts: list[Any]) -> tuple[str, int]:
        return "limit", _whole(parts[0])

    def offset(self, parts: list[Any]) -> tuple[str, int]:
        return "offset", _whole(parts[0])


def _out_of_place(names: list[str]) -> str:
    """The first clause that stands twice or before one that belongs in front of it."""
    last = -1
    for name in names:
        if _CLAUSES.index(name) <= last:
            return name.upper()
        last = _CLAUSES.index(name)
    return ""


def _whole(token: Any) -> int:
    text = str(token)
    if not text.isdigit():
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: {text!r}")
    return int(text)


def _unescaped(text: str) -> str:
    escapes = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1].lower(), match[1]), text, flags=re.DOTALL)


def _without_alias(query: Query, alias: str) -> Query:
    """`SELECT u.Id FROM User u` means `SELECT Id FROM User`."""
    from dataclasses import replace

    prefix = f"{alias.lower()}."

    def bare(path: str) -> str:
        return path[len(prefix) :] if path.lower().startswith(prefix) else path

    def condition(found: Condition | None) -> Condition | None:
        if isinstance(found, Comparison):
            return replace(found, path=bare(found.path))
        if isinstance(found, Logic):
            return replace(found, parts=tuple(part for inner in found.parts if (part := condition(inner)) is not None))
        return None

    fields = tuple(replace(f, path=bare(f.path)) if isinstance(f, Field) else f for f in query.fields)
    order = tuple(replace(term, path=bare(term.path)) for term in query.order)
    return replace(query, fields=fields, where=condition(query.where), order=order)
