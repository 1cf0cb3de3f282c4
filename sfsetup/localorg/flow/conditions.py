"""The comparison operators of decisions (FlowComparisonOperator of the WSDL) and their logic."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, time
from decimal import Decimal
from functools import lru_cache

from sfsetup.localorg.flow.values import ApexObject, FlowFault, FlowValue, kind_of, text_of

Test = Callable[[FlowValue, FlowValue], bool]


def compare(left: FlowValue, operator: str, right: FlowValue, name: str) -> bool:
    """The truth of one condition. WasVisited and the operators of screens and records are not judged here."""
    if operator in UNARY:
        wanted = True if right is None else right
        if not isinstance(wanted, bool):
            raise FlowFault(f"The operator {operator} expects true or false ({name}).")
        return UNARY[operator](left) is wanted
    test = BINARY.get(operator)
    if test is None:
        raise FlowFault(f"The local org does not model the comparison operator {operator} ({name}).")
    return test(left, right)


def _equal(left: FlowValue, right: FlowValue) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        both_primitive = not isinstance(left, list | ApexObject) and not isinstance(right, list | ApexObject)
        return both_primitive and text_of(left) == text_of(right)
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def _ordered(test: Callable[[int], bool]) -> Test:
    def compared(left: FlowValue, right: FlowValue) -> bool:
        if left is None or right is None:
            return False
        if kind_of(left) == kind_of(right) and isinstance(left, Decimal | date | time | str):
            return test((left > right) - (left < right))
        raise FlowFault(f"{kind_of(left)} and {kind_of(right)} cannot be compared by size.")

    return compared


def _texts(test: Callable[[str, str], bool]) -> Test:
    def compared(left: FlowValue, right: FlowValue) -> bool:
        if isinstance(left, list):
            return any(_equal(item, right) for item in left)
        return left is not None and right is not None and test(text_of(left), text_of(right))

    return compared


def _within(left: FlowValue, right: FlowValue) -> bool:
    return any(_equal(left, item) for item in (right if isinstance(right, list) else [right]))


def _is_empty(value: FlowValue) -> bool:
    return value is None or value == [] or value == ""


BINARY: dict[str, Test] = {
    "EqualTo": _equal,
    "NotEqualTo": lambda left, right: not _equal(left, right),
    "GreaterThan": _ordered(lambda sign: sign > 0),
    "LessThan": _ordered(lambda sign: sign < 0),
    "GreaterThanOrEqualTo": _ordered(lambda sign: sign >= 0),
    "LessThanOrEqualTo": _ordered(lambda sign: sign <= 0),
    "StartsWith": _texts(lambda left, right: left.startswith(right)),
    "EndsWith": _texts(lambda left, right: left.endswith(right)),
    "Contains": _texts(lambda left, right: right in left),
    "In": _within,
    "NotIn": lambda left, right: not _within(left, right),
}

UNARY: dict[str, Callable[[FlowValue], bool]] = {
    "IsNull": lambda value: value is None,
    "IsBlank": lambda value: value is None or (isinstance(value, str) and not value.strip()),
    "IsEmpty": _is_empty,
}

_TOKEN = re.compile(r"\s*(\(|\)|\d+|and\b|or\b|not\b)", re.IGNORECASE)


def decide(logic: str, truths: Sequence[Callable[[], bool]], name: str) -> bool:
    """The truth of an outcome. `logic`: `and`, `or`, or an expression such as `1 AND (2 OR NOT 3)`."""
    if logic.lower() == "and":
        return all(truth() for truth in truths)
    if logic.lower() == "or":
        return any(truth() for truth in truths)
    return _Logic(_tokens(logic, name), truths, name).value()


@lru_cache(maxsize=256)
def _tokens(logic: str, name: str) -> tuple[str, ...]:
    found: list[str] = []
    position = 0
    text = logic.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or len(found) > 500:
            raise FlowFault(f"The condition logic {logic!r} of {name} cannot be read.")
        found.append(match.group(1).lower())
        position = match.end()
    return tuple(found)


class _Logic:
    """Recursive descent: or < and < not < number or brackets."""

    def __init__(self, tokens: Sequence[str], truths: Sequence[Callable[[], bool]], name: str) -> None:
        self._tokens = tokens
        self._truths = truths
        self._name = name
        self._at = 0

    def value(self) -> bool:
        result = self._or()
        if self._at != len(self._tokens):
            raise self._broken()
        return result

    def _or(self) -> bool:
        result = self._and()
        while self._take("or"):
            right = self._and()
            result = result or right
        return result

    def _and(self) -> bool:
        result = self._not()
        while self._take("and"):
            right = self._not()
            result = result and right
        return result

    def _not(self) -> bool:
        if self._take("not"):
            return not self._not()
        if self._take("("):
            result = self._or()
            if not self._take(")"):
                raise self._broken()
            return result
        token = self._tokens[self._at] if self._at < len(self._tokens) else ""
        if not token.isdigit() or not 1 <= int(token) <= len(self._truths):
            raise self._broken()
        self._at += 1
        return self._truths[int(token) - 1]()

    def _take(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def _broken(self) -> FlowFault:
        return FlowFault(f"The condition logic of {self._name} cannot be read.")
