"""Tables that queries run over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Row = Mapping[str, Any]
"""Column name -> value: text, number, Boolean, None, datetime, or JSON for compound fields."""


class SoqlError(Exception):
    """A query that cannot be run, with Salesforce's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `kind` is id, reference, text, number, boolean, datetime or complex."""

    name: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """One sObject. Relationship names lead to another table by a column that holds its Id."""

    name: str
    columns: Sequence[Column]
    rows: Callable[[], Sequence[Row]]
    parents: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Relationship -> (table, own column that holds the parent's Id)."""
    children: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Child relationship -> (table, its column that holds our Id)."""
    key_prefix: str = ""

    def column(self, name: str) -> Column | None:
        """A column by name, letter case aside."""
        wanted = name.lower()
        return next((column for column in self.columns if column.name.lower() == wanted), None)


class Catalogue(Protocol):
    """Finds tables by name, letter case aside."""

    def table(self, name: str, /) -> Table | None:
        """The table, or None if this API has none of that name."""
        ...

    def linked(self, name: str, /) -> Table | None:
        """A table that relationships lead to; it need not be one that can be queried by itself."""
        ...
