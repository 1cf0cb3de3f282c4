"""Salesforce formulas: one grammar and one evaluator for header values and for flows. Knows no HTTP and no state."""

from __future__ import annotations

from sfsetup.localorg.formula.evaluate import FormulaError, Lookup, Value, evaluate
from sfsetup.localorg.formula.merge import Piece, merged, pieces

__all__ = ["FormulaError", "Lookup", "Piece", "Value", "evaluate", "merged", "pieces"]
