"""The functions of formulas that the local org models.

Names of the functions for headers: help nc_named_creds_formula_functions (BASE64ENCODE, BASE64DECODE, BLOB, HASH,
HEX, HMAC; SIGN and SIGN_WITH_CERTIFICATE are not modelled). Their argument order beyond the one documented sample is
that of the Apex methods of the same purpose. What is not here raises FormulaError with the function's name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from sfsetup.localorg.formula.values import (
    FormulaError,
    Value,
    is_blank,
    kind_of,
    number_of,
    text_of,
    to_number,
    truth_of,
)

Clock = Callable[[], datetime]
Function = Callable[[Sequence[Value], Clock], Value]
Thunk = Callable[[], Value]

_ALGORITHMS = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA512": "sha512",
    "HMACMD5": "md5",
    "HMACSHA1": "sha1",
    "HMACSHA256": "sha256",
    "HMACSHA512": "sha512",
}


def _digest(name: Value) -> str:
    found = _ALGORITHMS.get(text_of(name).upper().replace("-", ""))
    if found is None:
        raise FormulaError(f"The algorithm {text_of(name)!r} is not known.")
    return found


def _blob(value: Value, what: str) -> bytes:
    if not isinstance(value, bytes):
        raise FormulaError(f"{what} expects a Blob, not {kind_of(value)}: wrap the text in BLOB().")
    return value


def _whole(value: Value, what: str) -> int:
    return int(number_of(value, what))


def _date(value: Value, what: str) -> date:
    if isinstance(value, date):
        return value
    raise FormulaError(f"{what} expects a Date, not {kind_of(value)}.")


def _base64decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormulaError("BASE64DECODE got a text that is not Base64.") from error


def _value(text: str) -> Decimal | None:
    return to_number(text) if text.strip() else None


def _parse_date(value: Value) -> Value:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(text_of(value).strip()[:10])
    except ValueError as error:
        raise FormulaError(f"{text_of(value)!r} is not a date (YYYY-MM-DD).") from error


def _parse_datetime(value: Value) -> Value:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        found = datetime.fromisoformat(text_of(value).strip().replace("Z", "+00:00"))
    except ValueError as error:
        raise FormulaError(f"{text_of(value)!r} is not a date and time (YYYY-MM-DD HH:MM:SS).") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rounded(value: Decimal, places: int, how: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=how)


def _add_months(value: date, months: int) -> date:
    index = value.year * 12 + value.month - 1 + months
    year, month = divmod(index, 12)
    last = monthrange(year, month + 1)[1]
    # The last day of a month stays the last day (help: ADDMONTHS).
    is_last = value.day == monthrange(value.year, value.month)[1]
    return value.replace(year=year, month=month + 1, day=last if is_last else min(value.day, last))


def _pad(text: str, length: int, filler: str, *, left: bool) -> str:
    length = min(length, 100_000)
    if len(text) >= length:
        return text[:length]
    missing = length - len(text)
    padding = (filler * (missing // max(len(filler), 1) + 1))[:missing] if filler else ""
    return padding + text if left else text + padding


def _matches(text: str, pattern: str) -> bool:
    if len(text) > 5000 or len(pattern) > 500:
        raise FormulaError("REGEX takes texts up to 5000 and patterns up to 500 characters.")
    if re.search(r"[*+}]\)?[*+{]|\([^)]*[*+][^)]*\)[*+{]", pattern):
        raise FormulaError("The local org does not evaluate a REGEX with nested repetition.")
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error as error:
        raise FormulaError(f"The pattern of REGEX is not valid: {error}.") from error


def _mid(text: str, start: int, length: int) -> str:
    return text[max(start, 1) - 1 :][: max(length, 0)]


def _of_texts(make: Callable[..., Value], least: int, most: int | None = None) -> Function:
    """A function whose arguments are all texts."""
    return _checked(lambda arguments, _now: make(*(text_of(a) for a in arguments)), least, most)


def _of_values(make: Callable[..., Value], least: int, most: int | None = None) -> Function:
    return _checked(lambda arguments, _now: make(*arguments), least, most)


def _of_numbers(make: Callable[..., Value], least: int, most: int | None = None) -> Function:
    return _checked(lambda arguments, _now: make(*(number_of(a, "The function") for a in arguments)), least, most)


def _checked(function: Function, least: int, most: int | None) -> Function:
    limit = least if most is None else most

    def call(arguments: Sequence[Value], now: Clock) -> Value:
        if not least <= len(arguments) <= limit:
            wanted = str(least) if least == limit else f"{least} to {limit}"
            raise FormulaError(
                f"Incorrect number of parameters for a function: {wanted} expected, {len(arguments)} given."
            )
        return function(arguments, now)

    return call


FUNCTIONS: dict[str, Function] = {
    "BASE64ENCODE": _of_values(lambda a: base64.b64encode(_blob(a, "BASE64ENCODE")).decode(), 1),
    "BASE64DECODE": _of_texts(_base64decode, 1),
    "BLOB": _of_texts(lambda a: a.encode(), 1),
    "HEX": _of_values(lambda a: _blob(a, "HEX").hex(), 1),
    "HASH": _of_values(lambda a, b: hashlib.new(_digest(a), _blob(b, "HASH")).digest(), 2),
    "HMAC": _of_values(lambda a, b, c: hmac.new(_blob(c, "HMAC"), _blob(b, "HMAC"), _digest(a)).digest(), 3),
    "TEXT": _of_values(text_of, 1),
    "VALUE": _of_texts(_value, 1),
    "LEN": _of_texts(lambda a: Decimal(len(a)), 1),
    "UPPER": _of_texts(lambda a, _locale="": a.upper(), 1, 2),
    "LOWER": _of_texts(lambda a, _locale="": a.lower(), 1, 2),
    "INITCAP": _of_texts(lambda a: re.sub(r"[A-Za-z]+", lambda m: m[0].capitalize(), a), 1),
    "TRIM": _of_texts(lambda a: a.strip(), 1),
    "REVERSE": _of_texts(lambda a: a[::-1], 1),
    "LEFT": _of_values(lambda a, b: text_of(a)[: max(_whole(b, "LEFT"), 0)], 2),
    "RIGHT": _of_values(lambda a, b: text_of(a)[-_whole(b, "RIGHT") :] if _whole(b, "RIGHT") > 0 else "", 2),
    "MID": _of_values(lambda a, b, c: _mid(text_of(a), _whole(b, "MID"), _whole(c, "MID")), 3),
    "FIND": _of_values(
        lambda a, b, c=Decimal(1): Decimal(text_of(b).find(text_of(a), max(_whole(c, "FIND"), 1) - 1) + 1), 2, 3
    ),
    "SUBSTITUTE": _of_texts(lambda a, b, c: a.replace(b, c) if b else a, 3),
    "CONTAINS": _of_texts(lambda a, b: b in a, 2),
    "BEGINS": _of_texts(lambda a, b: a.startswith(b), 2),
    "LPAD": _of_values(lambda a, b, c=" ": _pad(text_of(a), _whole(b, "LPAD"), text_of(c), left=True), 2, 3),
    "RPAD": _of_values(lambda a, b, c=" ": _pad(text_of(a), _whole(b, "RPAD"), text_of(c), left=False), 2, 3),
    "BR": _of_values(lambda: "\n", 0),
    "REGEX": _of_texts(_matches, 2),
    "ISBLANK": _of_values(is_blank, 1),
    "ISNULL": _of_values(is_blank, 1),
    "ISNUMBER": _of_texts(lambda a: re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", a) is not None, 1),
    "BLANKVALUE": _of_values(lambda a, b: b if is_blank(a) else a, 2),
    "NULLVALUE": _of_values(lambda a, b: b if a is None else a, 2),
    "NOT": _of_values(lambda a: not truth_of(a, "NOT"), 1),
    "ABS": _of_numbers(abs, 1),
    "ROUND": _of_numbers(lambda a, b: _rounded(a, int(b), ROUND_HALF_UP), 2),
    "FLOOR": _of_numbers(lambda a: _rounded(a, 0, ROUND_FLOOR), 1),
    "CEILING": _of_numbers(lambda a: _rounded(a, 0, ROUND_CEILING), 1),
    "MOD": _of_numbers(lambda a, b: a - b * (a / b).to_integral_value(ROUND_FLOOR), 2),
    "SQRT": _of_numbers(lambda a: a.sqrt(), 1),
    "MAX": _of_numbers(lambda *a: max(a), 1, 30),
    "MIN": _of_numbers(lambda *a: min(a), 1, 30),
    "NOW": _checked(lambda _arguments, now: now(), 0, 0),
    "TODAY": _checked(lambda _arguments, now: now().astimezone(UTC).date(), 0, 0),
    "DATE": _of_values(lambda y, m, d: date(_whole(y, "DATE"), _whole(m, "DATE"), _whole(d, "DATE")), 3),
    "DATEVALUE": _of_values(_parse_date, 1),
    "DATETIMEVALUE": _of_values(_parse_datetime, 1),
    "YEAR": _of_values(lambda a: Decimal(_date(a, "YEAR").year), 1),
    "MONTH": _of_values(lambda a: Decimal(_date(a, "MONTH").month), 1),
    "DAY": _of_values(lambda a: Decimal(_date(a, "DAY").day), 1),
    "WEEKDAY": _of_values(lambda a: Decimal(_date(a, "WEEKDAY").isoweekday() % 7 + 1), 1),
    "ADDMONTHS": _of_values(lambda a, b: _add_months(_date(a, "ADDMONTHS"), _whole(b, "ADDMONTHS")), 2),
    "UNIXTIMESTAMP": _of_values(
        lambda a: Decimal(int(moment.timestamp())) if isinstance(moment := _parse_datetime(a), datetime) else None, 1
    ),
}  # fmt: skip


def _if(arguments: Sequence[Thunk]) -> Value:
    if len(arguments) != 3:
        raise FormulaError("Incorrect number of parameters for function IF(): 3 expected.")
    return arguments[1]() if truth_of(arguments[0](), "IF") else arguments[2]()


def _and(arguments: Sequence[Thunk]) -> Value:
    return all(truth_of(argument(), "AND") for argument in arguments)


def _or(arguments: Sequence[Thunk]) -> Value:
    return any(truth_of(argument(), "OR") for argument in arguments)


def _case(arguments: Sequence[Thunk]) -> Value:
    if len(arguments) < 4 or len(arguments) % 2:
        raise FormulaError("CASE expects an expression, pairs of value and result, and a result for the rest.")
    wanted = arguments[0]()
    for at, result in zip(arguments[1:-1:2], arguments[2:-1:2], strict=True):
        found = at()
        if found == wanted or (is_blank(found) and is_blank(wanted)):
            return result()
    return arguments[-1]()


LAZY: dict[str, Callable[[Sequence[Thunk]], Value]] = {"IF": _if, "AND": _and, "OR": _or, "CASE": _case}
"""Functions that do not evaluate all their arguments."""
