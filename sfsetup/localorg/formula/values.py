"""Values of formulas and how they turn into one another."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

Value = str | Decimal | bool | date | datetime | bytes | None
"""Text, Number, Boolean, Date, DateTime (aware), Blob, or nothing."""


class FormulaError(Exception):
    """The formula cannot be evaluated; the message is what a caller shows."""


def text_of(value: Value) -> str:
    """What `&` and TEXT make of a value; nothing is the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        raise FormulaError("A Blob is not text: encode it with BASE64ENCODE or HEX first.")
    return value


MAX_EXPONENT = 308
"""Powers of ten that a number may reach, up and down: those of a double. As text or in JSON it has all its digits."""


def is_in_range(value: Decimal) -> bool:
    """False for infinities, and for numbers that no double comes near."""
    return value.is_finite() and abs(value.adjusted()) <= MAX_EXPONENT


def number_text(value: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_of(value: Value, what: str) -> Decimal:
    """A number; text that reads as one is taken only by VALUE. Nothing counts as 0."""
    if value is None:
        return Decimal(0)
    if isinstance(value, Decimal):
        return value
    raise FormulaError(f"{what} expects a Number, not {kind_of(value)}.")


def to_number(text: str) -> Decimal:
    """Reads a number. Raises FormulaError."""
    try:
        found = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > 40:
        raise FormulaError(f"{text!r} is not a number.")
    return found


def truth_of(value: Value, what: str) -> bool:
    """A Boolean; nothing counts as false."""
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    raise FormulaError(f"{what} expects a Boolean, not {kind_of(value)}.")


def kind_of(value: Value) -> str:
    """The name of a value's type, for messages."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "Boolean"),
        (str, "Text"),
        (Decimal, "Number"),
        (datetime, "DateTime"),
        (date, "Date"),
        (bytes, "Blob"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "nothing")


def is_blank(value: Value) -> bool:
    """Nothing, or empty text."""
    return value is None or value == ""
