"""Formulas in header values, of external and named credentials alike (metadata-types 2, formulas)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.facts import formula
from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.localorg.formula import FormulaError, pieces
from sfsetup.localorg.formula.grammar import parse
from sfsetup.localorg.judge.check import Check, Problem, Wording

if TYPE_CHECKING:
    from sfsetup.facts.base import Fact
    from sfsetup.localorg.judge.context import Context


def rows(name_id: str, syntax_id: str, type_name: str) -> tuple[Check, Check]:
    """The rows of one type: a credential that does not exist, a formula that is none."""
    name = Check(
        name_id,
        type_name,
        "The header formula names $Credential.{credential}, {why}.",
        "metadata-types 2: the name used need not exist at deploy, callouts fail",
        Wording.OURS,
        switch="header-formula-checked",
        warns_off=True,
    )
    syntax = Check(
        syntax_id,
        type_name,
        "The header formula cannot be read: {detail}",
        "metadata-types 2: broken formulas were seen deployed",
        Wording.OURS,
        switch="header-formula-checked",
        warns_off=True,
    )
    return name, syntax


def judge(
    value: str | None, line: int, context: Context, name: Check, syntax: Check, owner: Fact | None
) -> Iterator[Problem]:
    """What is wrong with the formulas of one value. `owner` is the external credential that sends the header."""
    for piece in pieces(value or ""):
        if not piece.is_formula:
            if "{!" in piece.text:
                yield from context.report(syntax, line, detail="it has no end, and is sent as it stands")
            continue
        try:
            parse(piece.text)
        except FormulaError as error:
            yield from context.report(syntax, line, detail=str(error))
    for reference in formula.read(value).references:
        found = reference.external_credential
        if reference.parameter is None or (owner is not None and found.lower() == owner.full_name.lower()):
            continue
        if owner is not None and isinstance(owner, ExternalCredential):
            why = f"the header is sent for {owner.full_name}"
            yield from context.report(name, line, credential=found, why=why)
        elif not context.is_named("ExternalCredential", found):
            yield from context.report(name, line, credential=found, why="which does not exist")
