"""SOQL over plain rows: the part that tools send (wire-protocols 2.1, audit-rules 2). Knows no HTTP and no state."""

from __future__ import annotations

from sfsetup.localorg.soql.execute import Result, execute
from sfsetup.localorg.soql.grammar import parse
from sfsetup.localorg.soql.query import Query
from sfsetup.localorg.soql.schema import Catalogue, Column, Row, SoqlError, Table

__all__ = ["Catalogue", "Column", "Query", "Result", "Row", "SoqlError", "Table", "execute", "parse"]
