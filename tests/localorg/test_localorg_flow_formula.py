"""The one evaluator of formulas: operators, functions, errors, limits, and the operators of flows against the WSDL."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.localorg.flow.assign import OPERATORS, apply
from sfsetup.localorg.flow.conditions import BINARY, UNARY, compare
from sfsetup.localorg.flow.values import KINDS, TEXT, FlowFault, FlowType
from sfsetup.localorg.formula import FormulaError, evaluate, merged, pieces
from sfsetup.localorg.formula.grammar import MAX_FORMULA
from sfsetup.metadata.fields import enumeration

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
VALUES: dict[str, Any] = {
    "$Credential.E.key": "s3cret",
    "text": "abc",
    "n": Decimal(7),
    "flag": True,
    "empty": None,
    "day": date(2026, 1, 31),
    "thing.part": "p",
}


def lookup(name: str) -> Any:
    if name not in VALUES:
        raise FormulaError(f"unknown {name}")
    return VALUES[name]


def value(text: str) -> Any:
    return evaluate(text, lookup, now=lambda: NOW)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("'Bearer ' & $Credential.E.key", "Bearer s3cret"),
        ("\"double\" & 'single'", "doublesingle"),
        (r"'it\'s'", "it's"),
        ("'Basic ' & BASE64ENCODE(BLOB('u' & ':' & 'p'))", "Basic " + base64.b64encode(b"u:p").decode()),
        ("BASE64DECODE('YQ==')", b"a"),
        ("HEX(BLOB('az'))", "617a"),
        ("HEX(HASH('SHA256', BLOB('a')))", hashlib.sha256(b"a").hexdigest()),
        ("HEX(HMAC('hmacSHA256', BLOB('a'), BLOB('k')))", hmac.new(b"k", b"a", "sha256").hexdigest()),
        ("1 + 2 * 3 - 4 / 2", Decimal(5)),
        ("(1 + 2) * 3", Decimal(9)),
        ("2 ^ 3 ^ 1", Decimal(8)),
        ("-n + 1", Decimal(-6)),
        ("n & 'x'", "7x"),
        ("1 = 1 && 2 <> 3", True),
        ("1 == 2 || NOT(flag)", False),
        ("!flag", False),
        ("IF(n > 5, 'big', 'small')", "big"),
        ("IF(n > 5, 'big', 1 / 0)", "big"),
        ("CASE(n, 6, 'six', 7, 'seven', 'none')", "seven"),
        ("AND(flag, n >= 7, n <= 7)", True),
        ("OR(n < 1, ISBLANK(empty))", True),
        ("ISBLANK('')", True),
        ("BLANKVALUE(empty, 'd')", "d"),
        ("UPPER(text) & LOWER('X') & TRIM('  y ')", "ABCxy"),
        ("LEFT(text, 2) & MID(text, 2, 1) & RIGHT(text, 1)", "abbc"),
        ("FIND('c', text)", Decimal(3)),
        ("SUBSTITUTE(text, 'b', '-')", "a-c"),
        ("LPAD('7', 3, '0') & RPAD('7', 3, '0')", "007700"),
        ("CONTAINS(text, 'b')", True),
        ("BEGINS(text, 'ab')", True),
        ("LEN(text)", Decimal(3)),
        ("TEXT(n) & VALUE('1.5')", "71.5"),
        ("ROUND(2.345, 2)", Decimal("2.35")),
        ("ROUND(-2.5, 0)", Decimal(-3)),
        ("FLOOR(-1.5) + CEILING(1.2)", Decimal(0)),
        ("MOD(-7, 3)", Decimal(2)),
        ("MAX(1, n, 3) - MIN(1, n)", Decimal(6)),
        ("ABS(-3)", Decimal(3)),
        ("TODAY()", date(2026, 3, 4)),
        ("NOW()", NOW),
        ("day + 1", date(2026, 2, 1)),
        ("ADDMONTHS(day, 1)", date(2026, 2, 28)),
        ("DATE(2026, 2, 3) - DATE(2026, 2, 1)", Decimal(2)),
        ("YEAR(day) * 100 + MONTH(day)", Decimal(202601)),
        ("thing.part & '/' & {!text}", "p/abc"),
        ("/* a comment */ 1", Decimal(1)),
        ("TRUE", True),
        ("NULL = ''", True),
        ("'a' = 'A'", False),
    ],
)
def test_values(formula: str, expected: Any) -> None:
    assert value(formula) == expected


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("", "Syntax error"),
        ("1 +", "Syntax error"),
        ("'open", "Syntax error"),
        ("unknown", "unknown unknown"),
        ("NOSUCH(1)", "does not model the formula function NOSUCH"),
        ("1 / 0", "divides by zero"),
        ("'a' - 'b'", "Text cannot be subtracted"),
        ("1 < 'a'", "cannot be compared"),
        ("LEFT(text)", "2 expected, 1 given"),
        ("ADDMONTHS(day, 999999)", ""),
        ("10 ^ 100000000", ""),
        ("DATE(2026, 13, 1)", ""),
        ("(" * 100 + "1" + ")" * 100, "nests deeper"),
        ("'" + "x" * MAX_FORMULA + "'", "3900 is the most"),
        ("day + day", "can only be subtracted"),
        ("VALUE('x')", ""),
        ("BASE64DECODE('***')", ""),
    ],
)
def test_errors_are_sentences(formula: str, says: str) -> None:
    with pytest.raises(FormulaError) as caught:
        value(formula)
    assert says in str(caught.value)
    assert str(caught.value)


@given(st.text(alphabet="ab1('\")&+-*/^<>=!{}|,. $_\\", max_size=40))
def test_any_text_is_a_value_or_a_formula_error(text: str) -> None:
    with contextlib.suppress(FormulaError):
        value(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Bearer {!x}", [("Bearer ", False), ("x", True)]),
        ("{!'}' & x}", [("'}' & x", True)]),
        ("{!a}{!b} c", [("a", True), ("b", True), (" c", False)]),
        ("{!open", [("{!open", False)]),
        ("plain {x}", [("plain {x}", False)]),
        ("{!IF(a, '{', \"}\")}", [("IF(a, '{', \"}\")", True)]),
    ],
)
def test_merge_fields(text: str, parts: list[tuple[str, bool]]) -> None:
    assert [(piece.text, piece.is_formula) for piece in pieces(text)] == parts


def test_merged_text() -> None:
    assert merged("a {!x} b {!y}", lambda name: name.upper()) == "a X b Y"


# -- the WSDL's lists ----------------------------------------------------------------------------------------------------


def test_every_assignment_operator_of_the_wsdl() -> None:
    known = enumeration("FlowAssignmentOperator")
    assert known is not None
    assert set(known) - {"None"} == set(OPERATORS)
    with pytest.raises(FlowFault, match="does not model the assignment operator None"):
        apply("None", "a", "b", FlowType(TEXT), "x")


def test_every_comparison_operator_of_the_wsdl_is_run_or_named() -> None:
    known = enumeration("FlowComparisonOperator")
    assert known is not None
    modelled = {*BINARY, *UNARY, "WasVisited"}
    assert modelled <= set(known)
    for name in set(known) - modelled:
        with pytest.raises(FlowFault, match=f"does not model the comparison operator {name} "):
            compare("a", name, "b", "x")


def test_every_data_type_of_the_wsdl() -> None:
    known = enumeration("FlowDataType")
    assert known is not None
    assert set(known) == set(KINDS)
