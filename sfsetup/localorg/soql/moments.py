"""Date literals: what days TODAY, LAST_MONTH or LAST_N_DAYS:30 stand for.

Ranges as "Date Formats and Date Literals in WHERE" of the SOQL reference has them. That LAST_N_DAYS:n holds the current
day was seen (salesforce.stackexchange 190643). Weeks begin on Sunday, as in the locale that every user here has: en_US.
"""

from __future__ import annotations

from datetime import date, timedelta

from sfsetup.localorg.soql.query import Span

_NAMED_DAYS = {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}
_PLACES = {"LAST": -1, "THIS": 0, "NEXT": 1}


def span(literal: str, today: date) -> Span:
    """The days of a date literal. Raises OverflowError where the calendar ends."""
    name, _, number = literal.upper().partition(":")
    if name in _NAMED_DAYS:
        return _periods("DAY", today, _NAMED_DAYS[name], 1)
    words = name.replace("_90_", "_N_").split("_")
    count = int(number or 90)
    if words[-1] == "AGO":
        return _periods(words[1].removesuffix("S"), today, -count, 1)
    if len(words) == 2:
        return _periods(words[1], today, _PLACES[words[0]], 1)
    unit, is_past = words[2].removesuffix("S"), words[0] == "LAST"
    if unit == "DAY" and is_past:
        return Span(_moved("DAY", today, -count), today + timedelta(days=1), is_rolling=True)
    found = _periods(unit, today, -count if is_past else 1, count)
    return Span(found.start, found.end, is_rolling=unit == "DAY")


def _periods(unit: str, today: date, offset: int, count: int) -> Span:
    """`count` whole units from the one that lies `offset` units after the current one."""
    first = _first_day(unit, today)
    return Span(_moved(unit, first, offset), _moved(unit, first, offset + count))


def _first_day(unit: str, today: date) -> date:
    if unit == "WEEK":
        return today - timedelta(days=(today.weekday() + 1) % 7)
    if unit == "MONTH":
        return today.replace(day=1)
    if unit == "QUARTER":
        return date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return date(today.year, 1, 1) if unit == "YEAR" else today


def _moved(unit: str, first: date, count: int) -> date:
    if unit in ("DAY", "WEEK"):
        return first + timedelta(days=count * (7 if unit == "WEEK" else 1))
    months = first.year * 12 + first.month - 1 + count * {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    if not 12 <= months < 12 * 10_000:
        raise OverflowError(f"{count} {unit.lower()}s")
    return date(months // 12, months % 12 + 1, 1)
