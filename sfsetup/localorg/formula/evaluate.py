"""Evaluates a formula over a lookup of references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.formula.functions import FUNCTIONS, LAZY, Clock
from sfsetup.localorg.formula.grammar import parse
from sfsetup.localorg.formula.values import FormulaError, Value, is_in_range, kind_of, number_of, text_of, truth_of

if TYPE_CHECKING:
    from lark import Token, Tree

__all__ = ["FormulaError", "Lookup", "Value", "evaluate"]

Lookup = Callable[[str], Value]
"""Gives the value of a reference such as `$Credential.EC.key` or `var.path`; raises FormulaError for unknown ones."""

_OUT_OF_RANGE = "The formula divides by zero or leaves the range of numbers."
_MAX_TEXT = 100_000
"""Characters that a step of an evaluation may produce; keeps `&` and LPAD within bounds."""


def evaluate(text: str, lookup: Lookup, *, now: Clock) -> Value:
    """The value of a formula. Raises FormulaError for syntax, types, unknown functions and what `lookup` refuses."""
    tree = parse(text)
    with localcontext() as context:
        context.prec = 34
        try:
            return _Evaluator(lookup, now).value(tree)
        except (DivisionByZero, Overflow, InvalidOperation) as error:
            raise FormulaError(_OUT_OF_RANGE) from error
        except (OverflowError, ValueError) as error:
            raise FormulaError(f"The formula has no value: {error}.") from error


class _Evaluator:
    def __init__(self, lookup: Lookup, now: Clock) -> None:
        self._lookup = lookup
        self._now = now

    def value(self, node: Tree[Token]) -> Value:
        result = self._value(node)
        if isinstance(result, Decimal) and not is_in_range(result):
            raise FormulaError(_OUT_OF_RANGE)
        if isinstance(result, str) and len(result) > _MAX_TEXT:
            raise FormulaError(f"The formula makes a text of more than {_MAX_TEXT} characters.")
        return result

    def _value(self, node: Tree[Token]) -> Value:
        handler: Callable[[Sequence[Any]], Value] = getattr(self, f"_{node.data}")
        return handler(node.children)

    def _number(self, children: Sequence[Any]) -> Value:
        return Decimal(str(children[0]))

    def _string(self, children: Sequence[Any]) -> Value:
        body = str(children[0])[1:-1]
        if "\\" not in body:
            return body
        escapes = {"n": "\n", "t": "\t", "r": "\r"}
        out, chars = [], iter(body)
        for char in chars:
            if char == "\\":
                char = next(chars, "")
                char = escapes.get(char, char)
            out.append(char)
        return "".join(out)

    def _reference(self, children: Sequence[Any]) -> Value:
        path = str(children[0])
        constants: dict[str, Value] = {"TRUE": True, "FALSE": False, "NULL": None}
        if path.upper() in constants:
            return constants[path.upper()]
        return self._lookup(path)

    def _call(self, children: Sequence[Any]) -> Value:
        name = str(children[0]).upper()
        if lazy := LAZY.get(name):
            return lazy([partial(self.value, node) for node in children[1:]])
        function = FUNCTIONS.get(name)
        if function is None:
            raise FormulaError(f"The local org does not model the formula function {name}.")
        return function([self.value(node) for node in children[1:]], self._now)

    def _or_(self, children: Sequence[Any]) -> Value:
        return any(truth_of(self.value(node), "||") for node in children)

    def _and_(self, children: Sequence[Any]) -> Value:
        return all(truth_of(self.value(node), "&&") for node in children)

    def _negated(self, children: Sequence[Any]) -> Value:
        return not truth_of(self.value(children[0]), "!")

    def _signed(self, children: Sequence[Any]) -> Value:
        value = number_of(self.value(children[1]), str(children[0]))
        return -value if children[0] == "-" else value

    def _concat(self, children: Sequence[Any]) -> Value:
        return "".join(text_of(self.value(node)) for node in children)

    def _equality(self, children: Sequence[Any]) -> Value:
        left = self.value(children[0])
        for operator, node in zip(children[1::2], children[2::2], strict=True):
            right = self.value(node)
            same = _same(left, right)
            left = same if operator in ("=", "==") else not same
        return left

    def _comparison(self, children: Sequence[Any]) -> Value:
        left = self.value(children[0])
        for operator, node in zip(children[1::2], children[2::2], strict=True):
            left = _compare(left, str(operator), self.value(node))
        return left

    def _sum(self, children: Sequence[Any]) -> Value:
        left = self.value(children[0])
        for operator, node in zip(children[1::2], children[2::2], strict=True):
            left = _add(left, str(operator), self.value(node))
        return left

    def _product(self, children: Sequence[Any]) -> Value:
        left = number_of(self.value(children[0]), "*")
        for operator, node in zip(children[1::2], children[2::2], strict=True):
            right = number_of(self.value(node), str(operator))
            left = left * right if operator == "*" else left / right
        return left

    def _power(self, children: Sequence[Any]) -> Value:
        left = number_of(self.value(children[0]), "^")
        for node in children[1:]:
            left = left ** number_of(self.value(node), "^")
        return left


def _same(left: Value, right: Value) -> bool:
    """Formulas take nothing and empty text for equal; text compares with its letter case."""
    if left in (None, "") and right in (None, ""):
        return True
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return left == right


def _compare(left: Value, operator: str, right: Value) -> bool:
    if left is None or right is None:
        return False
    pair: tuple[Any, Any] = (left, right)
    if kind_of(left) != kind_of(right) or isinstance(left, bool | bytes):
        raise FormulaError(f"{kind_of(left)} and {kind_of(right)} cannot be compared with {operator}.")
    a, b = pair
    results: dict[str, Callable[[], bool]] = {
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
    }
    return bool(results[operator]())


def _add(left: Value, operator: str, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        if operator == "-":
            raise FormulaError("Text cannot be subtracted.")
        return text_of(left) + text_of(right)
    if isinstance(left, date) or isinstance(right, date):
        return _shift(left, operator, right)
    a, b = number_of(left, operator), number_of(right, operator)
    return a + b if operator == "+" else a - b


def _shift(left: Value, operator: str, right: Value) -> Value:
    """Dates and days: date + days, date - days, date - date."""
    if isinstance(left, date) and isinstance(right, date):
        if operator == "+" or isinstance(left, datetime) != isinstance(right, datetime):
            raise FormulaError("Two dates can only be subtracted, and must be of one type.")
        span: timedelta = left - right
        return Decimal(span.days) + Decimal(span.seconds) / 86400
    if isinstance(right, date):
        left, right = right, left
        if operator == "-":
            raise FormulaError("A date cannot be subtracted from a number.")
    assert isinstance(left, date)
    days = timedelta(seconds=float(number_of(right, operator) * 86400))
    return left + days if operator == "+" else left - days
