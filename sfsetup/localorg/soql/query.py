"""A SOQL query as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a date literal stands for, `end` left out: `THIS_MONTH`. `is_rolling` is for `LAST_N_DAYS:n` and
    its like, which end or begin with the current day."""

    start: date
    end: date
    is_rolling: bool = False


Literal = str | int | float | bool | date | datetime | Span | None


@dataclass(frozen=True, slots=True)
class Field:
    """A selected field, possibly through relationships: `Parent.Name`. Grouped queries may give it another name."""

    path: str
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """`COUNT()` alone, or `COUNT(field) alias` and its like (`MAX`, `SUM` …) as an aggregate."""

    path: str | None = None
    alias: str | None = None
    function: str = "COUNT"


@dataclass(frozen=True, slots=True)
class AllFields:
    """`FIELDS(ALL)`, `FIELDS(STANDARD)` or `FIELDS(CUSTOM)`."""

    which: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator value`; for IN and NOT IN the value is a tuple, or a query over one field. HAVING compares
    functions as well."""

    path: str | Count
    operator: str
    value: Literal | tuple[Literal, ...] | Query


@dataclass(frozen=True, slots=True)
class Logic:
    """and, or, not over conditions."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Comparison | Logic


@dataclass(frozen=True, slots=True)
class Order:
    """One ORDER BY term; grouped queries order by functions as well."""

    path: str | Count
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query. In a sub-select `source` is the name of the child relationship."""

    fields: tuple[Field | Count | AllFields | Query, ...]
    source: str
    where: Condition | None = None
    group: tuple[str, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
