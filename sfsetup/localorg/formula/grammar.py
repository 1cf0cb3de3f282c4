"""The grammar of formulas, as a tree of lark."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from sfsetup.localorg.formula.values import FormulaError

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

MAX_FORMULA = 3900
"""Characters of a formula (help: nc_named_creds_formula_functions)."""

MAX_DEPTH = 60
"""Levels of brackets and calls; bounds the recursion of the evaluator."""

# Operators in Salesforce's own order: || && then (in)equality, comparison, & (text), + -, * /, ^, sign and negation.
GRAMMAR = r"""
?start: or_
?or_: and_ ("||" and_)*
?and_: equality ("&&" equality)*
?equality: comparison (EQUALITY comparison)*
?comparison: concat (RELATION concat)*
?concat: sum ("&" sum)*
?sum: product (SIGN product)*
?product: power (FACTOR power)*
?power: unary ("^" unary)*
?unary: SIGN unary -> signed
      | "!" unary -> negated
      | atom
?atom: NUMBER -> number
     | STRING -> string
     | PATH "(" [or_ ("," or_)*] ")" -> call
     | PATH -> reference
     | "{!" PATH "}" -> reference
     | "(" or_ ")"
EQUALITY: "==" | "=" | "<>" | "!="
RELATION: "<=" | ">=" | "<" | ">"
SIGN: "+" | "-"
FACTOR: "*" | "/"
NUMBER: /\d+(\.\d+)?|\.\d+/
STRING: /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/s
PATH: /\$?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/
COMMENT: /\/\*.*?\*\//s
%import common.WS
%ignore WS
%ignore COMMENT
"""


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


@lru_cache(maxsize=256)
def parse(text: str) -> Tree[Token]:
    """The tree of a formula without its `{!` and `}`. Raises FormulaError."""
    from lark.exceptions import UnexpectedInput

    if len(text) > MAX_FORMULA:
        raise FormulaError(f"The formula has {len(text)} characters; {MAX_FORMULA} is the most.")
    deepest = level = 0
    for char in text:
        level += (char == "(") - (char == ")")
        deepest = max(deepest, level)
    if deepest > MAX_DEPTH or text.count("!") > 200:
        raise FormulaError(f"The formula nests deeper than {MAX_DEPTH} levels.")
    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        position = getattr(error, "pos_in_stream", None)
        rest = text[position : position + 12] if isinstance(position, int) and position >= 0 else ""
        raise FormulaError(f"Syntax error in the formula at {repr(rest) if rest else 'its end'}.") from error
    except RecursionError as error:
        raise FormulaError(f"The formula nests deeper than {MAX_DEPTH} levels.") from error
