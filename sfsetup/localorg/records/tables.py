"""Small tools to describe tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.soql.schema import Column

if TYPE_CHECKING:
    from datetime import datetime

    from sfsetup.localorg.state import FlowVersion, StoredComponent

AUDIT = ("CreatedDate:datetime", "CreatedById:reference", "LastModifiedDate:datetime", "LastModifiedById:reference")
AUDIT_PARENTS: Mapping[str, tuple[str, str]] = {
    "CreatedBy": ("User", "CreatedById"),
    "LastModifiedBy": ("User", "LastModifiedById"),
}


def columns(*names: str) -> tuple[Column, ...]:
    """Columns of `Name` or `Name:kind`; `Id` is an id."""
    found = []
    for name in names:
        text, _, kind = name.partition(":")
        found.append(Column(text, kind or ("id" if text == "Id" else "text")))
    return tuple(found)


def audit_of(stored: StoredComponent | FlowVersion) -> dict[str, Any]:
    """The audit columns of a component."""
    return audit(stored.created, stored.created_by, stored.modified, stored.modified_by)


def audit(created: datetime, created_by: str, modified: datetime, modified_by: str) -> dict[str, Any]:
    """The audit columns."""
    return {
        "CreatedDate": created,
        "CreatedById": created_by,
        "LastModifiedDate": modified,
        "LastModifiedById": modified_by,
    }


def with_columns(base: Sequence[Column], more: Sequence[Column]) -> tuple[Column, ...]:
    """Both, without repeating a name."""
    known = {column.name for column in base}
    return (*base, *(column for column in more if column.name not in known))
