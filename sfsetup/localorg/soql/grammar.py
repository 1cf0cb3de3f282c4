"""The grammar of SOQL: text -> Query."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from lark import Lark, Transformer
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError

from sfsetup.localorg.refusal import OURS
from sfsetup.localorg.soql import moments
from sfsetup.localorg.soql.query import AllFields, Comparison, Condition, Count, Field, Logic, Order, Query, Span
from sfsetup.localorg.soql.schema import SoqlError
from sfsetup.localorg.soql.unmodelled import first_of

MAX_LENGTH = 100_000
"""Characters of a SOQL statement (SOQL and SOSL limits)."""

_CLAUSES = ("where", "group", "having", "order", "limit", "offset", "for")
"""The clauses of a query in the order that SOQL prescribes."""

# A condition joins with AND or with OR, never with both, and NOT stands at its beginning: "Client applications must
# specify parentheses when nesting operators" (Condition Expression Syntax).
# That `a AND NOT b` is refused was seen: issue 201 of soql-parser-js.
GRAMMAR = r"""
start: query
query: _SELECT fields _FROM NAME [alias] clause*
fields: field ("," field)*
?clause: where | group | having | order | limit | offset | _FOR NAME -> use
field: NAME [NAME] -> plain
     | _COUNT "(" ")" -> count_all
     | _COUNT "(" NAME ")" [NAME] -> count_of
     | AGGREGATE "(" NAME ")" [NAME] -> aggregate
     | _FIELDS "(" NAME ")" -> all_fields
     | "(" query ")" -> child
alias: NAME
where: _WHERE condition
?condition: first
          | first (_AND atom)+ -> all_of
          | first (_OR atom)+ -> any_of
?first: atom
      | _NOT atom -> none_of
?atom: "(" condition ")"
     | subject OPERATOR literal -> compare
     | subject LIKE literal -> compare
     | subject [NOT] _IN "(" literal ("," literal)* ")" -> within
     | subject [NOT] _IN "(" query ")" -> within_query
subject: NAME -> named
       | _COUNT "(" NAME ")" -> counted
       | AGGREGATE "(" NAME ")" -> computed
literal: STRING -> text
       | DATETIME -> moment
       | DATE -> day
       | NUMBER -> number
       | TRUE -> true
       | FALSE -> false
       | NULL -> null
       | RELATIVE -> relative
group: _GROUP _BY NAME ("," NAME)*
having: _HAVING condition
order: _ORDER _BY ordering ("," ordering)*
ordering: subject [DIRECTION] [NULLS]
limit: _LIMIT NUMBER
offset: _OFFSET NUMBER
_SELECT.2: /SELECT\b/i
_FROM.2: /FROM\b/i
_WHERE.2: /WHERE\b/i
_GROUP.2: /GROUP\b/i
_HAVING.2: /HAVING\b/i
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
RELATIVE.3: /(TODAY|YESTERDAY|TOMORROW|(LAST|NEXT)_90_DAYS|(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR))\b/i
          | /(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR)S:\d+\b/i
          | /N_(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO:\d+\b/i
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
        raise SoqlError("MALFORMED_QUERY", f"The query has too many brackets.{OURS}")
    try:
        return Build(now or datetime.now(UTC)).transform(_parser().parse(text))
    except UnexpectedInput as error:
        lacking = first_of(text)
        if lacking is not None:
            raise SoqlError("MALFORMED_QUERY", f"the local org does not model {lacking} in SOQL{OURS}") from error
        raise SoqlError("MALFORMED_QUERY", _unexpected(text, error)) from error
    except VisitError as error:
        if isinstance(error.orig_exc, SoqlError):
            raise error.orig_exc from error
        written = " ".join(str(part) for part in getattr(error.obj, "children", ()))
        text = f"{written[:40]!r} cannot be read: it is out of range"
        raise SoqlError("MALFORMED_QUERY", f"{text}{OURS}") from error
    except RecursionError as error:
        raise SoqlError("MALFORMED_QUERY", f"The query nests too deep.{OURS}") from error


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
            found.get("having"),
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
        path, alias = parts
        return Field(str(path), str(alias) if alias else None)

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

    def any_of(self, parts: list[Any]) -> Logic:
        return Logic("or", tuple(parts))

    def all_of(self, parts: list[Any]) -> Logic:
        return Logic("and", tuple(parts))

    def none_of(self, parts: list[Any]) -> Logic:
        return Logic("not", (parts[0],))

    def compare(self, parts: list[Any]) -> Comparison:
        path, operator, value = parts
        return Comparison(path, str(operator).upper().replace("<>", "!="), value)

    def within(self, parts: list[Any]) -> Comparison:
        path, negated, *values = parts
        return Comparison(path, "NOT IN" if negated else "IN", tuple(values))

    def within_query(self, parts: list[Any]) -> Comparison:
        path, negated, query = parts
        return Comparison(path, "NOT IN" if negated else "IN", query)

    def named(self, parts: list[Any]) -> str:
        return str(parts[0])

    def counted(self, parts: list[Any]) -> Count:
        return Count(str(parts[0]))

    def computed(self, parts: list[Any]) -> Count:
        function, path = parts
        return Count(str(path), None, str(function).upper())

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

    def relative(self, parts: list[Any]) -> Span:
        try:
            return moments.span(str(parts[0]), self._now.date())
        except OverflowError as error:
            raise SoqlError("MALFORMED_QUERY", f"{parts[0]} is out of range{OURS}") from error

    def group(self, parts: list[Any]) -> tuple[str, tuple[str, ...]]:
        return "group", tuple(str(part) for part in parts)

    def having(self, parts: list[Any]) -> tuple[str, Condition]:
        return "having", parts[0]

    def order(self, parts: list[Any]) -> tuple[str, tuple[Order, ...]]:
        return "order", tuple(parts)

    def ordering(self, parts: list[Any]) -> Order:
        path, direction, nulls = parts
        return Order(
            path,
            bool(direction) and str(direction).upper() == "DESC",
            bool(nulls) and str(nulls).upper().endswith("LAST"),
        )

    def limit(self, parts: list[Any]) -> tuple[str, int]:
        return "limit", _whole(parts[0])

    def offset(self, parts: list[Any]) -> tuple[str, int]:
        return "offset", _whole(parts[0])


def _unexpected(text: str, error: UnexpectedInput) -> str:
    """What stands where SOQL has no place for it, as orgs tell it (salesforce.stackexchange, "Unexpected token OR")."""
    is_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    found = None if is_end else re.compile(r"[\w.:]+|\S").search(text, getattr(error, "pos_in_stream", None) or 0)
    if found is None:
        return "unexpected token: '<EOF>'"
    row = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    return f"ERROR at Row:{row}:Column:{column}\nunexpected token: '{found[0][:40]}'"


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
    prefix = f"{alias.lower()}."

    def bare(path: str) -> str:
        return path[len(prefix) :] if path.lower().startswith(prefix) else path

    def subject(found: str | Count) -> str | Count:
        if isinstance(found, str):
            return bare(found)
        return replace(found, path=bare(found.path)) if found.path else found

    def condition(found: Condition | None) -> Condition | None:
        if isinstance(found, Comparison):
            return replace(found, path=subject(found.path))
        if isinstance(found, Logic):
            return replace(found, parts=tuple(part for inner in found.parts if (part := condition(inner)) is not None))
        return None

    def selected(found: Any) -> Any:
        if isinstance(found, Count):
            return subject(found)
        if isinstance(found, Query):
            return replace(found, source=bare(found.source))
        return replace(found, path=bare(found.path)) if isinstance(found, Field) else found

    return replace(
        query,
        fields=tuple(selected(field) for field in query.fields),
        where=condition(query.where),
        group=tuple(bare(path) for path in query.group),
        having=condition(query.having),
        order=tuple(replace(term, path=subject(term.path)) for term in query.order),
    )
