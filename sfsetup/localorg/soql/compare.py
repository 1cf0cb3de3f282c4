"""How values compare in SOQL: literals of the right kind, texts without case, dates and the days of date literals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sfsetup.localorg.refusal import OURS
from sfsetup.localorg.soql.query import Comparison, Order, Span
from sfsetup.localorg.soql.schema import Column, SoqlError

_Entry = TypeVar("_Entry")


def ordered(entries: Sequence[_Entry], values: Sequence[Any], term: Order) -> list[_Entry]:
    """In the order of their values. Where there is none the entry comes first, unless the term says otherwise."""
    empty = [entry for entry, value in zip(entries, values, strict=True) if value is None]
    filled = [(sortable(value), entry) for entry, value in zip(entries, values, strict=True) if value is not None]
    filled.sort(key=lambda pair: pair[0], reverse=term.descending)
    found = [entry for _, entry in filled]
    return [*found, *empty] if term.nulls_last else [*empty, *found]


def holds(value: Any, operator: str, wanted: Sequence[Any], column: Column) -> bool:
    """Whether a comparison is true of a value; `wanted` is one literal, or those of IN."""
    if operator in ("IN", "NOT IN"):
        return any(_equal(value, entry, column) for entry in wanted) is (operator == "IN")
    return _compare(value, operator, wanted[0], column)


def sortable(value: Any) -> Any:
    """What values are put in order by: texts without case."""
    if isinstance(value, bool):
        return int(value)
    return value.lower() if isinstance(value, str) else value if value is not None else 0


def check_literals(condition: Comparison, values: Sequence[Any], column: Column) -> None:
    """A literal of another type is refused: `'5'` for a number, `5` for text (INVALID_FIELD, as SOQL does)."""
    if condition.operator == "LIKE" and column.kind in ("number", "boolean", "datetime", "complex"):
        raise SoqlError("INVALID_FIELD", f"{column.name} {column.kind}: LIKE is for texts{OURS}")
    for value in values:
        good = {
            "number": isinstance(value, int | float) and not isinstance(value, bool),
            "boolean": isinstance(value, bool),
            "datetime": isinstance(value, date | Span),
        }.get(column.kind, isinstance(value, str))
        if value is not None and not good and column.kind != "complex":
            raise SoqlError(
                "INVALID_FIELD",
                f"value of filter criterion for field '{column.name}' must be of type {column.kind}{OURS}",
            )


def _equal(value: Any, wanted: Any, column: Column) -> bool:
    if column.kind in ("id", "reference") and isinstance(value, str) and isinstance(wanted, str):
        return value[:15] == wanted[:15] and (len(wanted) in (15, 18) or value == wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        return value.lower() == wanted.lower()
    if isinstance(wanted, Span):
        return isinstance(value, date) and wanted.start <= _day(value) < wanted.end
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
    if isinstance(wanted, Span):
        return _beside(_day(value), operator, wanted)
    left, right = sortable(value), sortable(wanted)
    if isinstance(left, datetime) and not isinstance(right, datetime):
        left = left.date()
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def _beside(day: date, operator: str, span: Span) -> bool:
    """Before the days of a date literal or after them. What `>` and `<=` mean of a rolling one is not documented: here
    its first day counts, so that `CreatedDate > LAST_N_DAYS:30` finds what it is written for."""
    if operator in ("<", ">="):
        return (day < span.start) is (operator == "<")
    is_after = day > span.start if span.is_rolling else day >= span.end
    return is_after is (operator == ">")


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


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
