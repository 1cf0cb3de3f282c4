"""Our own integrations, as deployed and as their specs say: which registered texts differ, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.facts.graph import same_name

if TYPE_CHECKING:
    from sfsetup.facts.registration import ExternalServiceRegistration
    from sfsetup.openapi.changes import SchemaChange
    from sfsetup.rules.context import AuditContext

Difference = tuple["ExternalServiceRegistration", "tuple[SchemaChange, ...] | str"]
"""A registration of the org, with the changes to what its spec says, or why they cannot be told."""


def schema_changes(context: AuditContext) -> tuple[Difference, ...]:
    """For each registration that a spec describes too: what an update to the spec's text would change."""
    found: tuple[Difference, ...] = context.shared("schema changes", lambda each: tuple(_changes(each)))
    return found


def _changes(context: AuditContext) -> Iterator[Difference]:
    from sfsetup.openapi.changes import changes

    for ours in context.desired.registrations if context.desired else ():
        theirs = next((one for one in context.facts.registrations if same_name(one.full_name, ours.full_name)), None)
        if theirs is None:
            continue
        old, new = context.schema_of(theirs), context.schema_of(ours)
        if old.document is None or new.document is None:
            yield theirs, old.problem or new.problem
            continue
        active = [each.name for each in theirs.operations if each.active] if theirs.has_operations else None
        found = changes(old.document, new.document, active)
        yield theirs, tuple(change for change in found if not _is_wording(change))


def _is_wording(change: SchemaChange) -> bool:
    """Vendors edit words daily, and no caller depends on them (reference 'audit rules', ES-008)."""
    return change.kind.value == "safe" and change.pointer.rpartition("/")[2] in ("description", "example", "title")
