"""A change between two versions of a registered document, as a value."""

from __future__ import annotations

from enum import Enum
from typing import Any

from sfsetup.model.finding import Certainty
from sfsetup.values import dataclass


class ChangeKind(Enum):
    """What Salesforce, or those who call, make of a change."""

    REFUSED = "refused"
    """Salesforce does not take the new document while the operation is active."""
    BREAKING = "breaking"
    """Salesforce takes it; flows and Apex that use the part fail."""
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Subject:
    """The part that changed, as callers know it: operation labels and class pointers of the old document."""

    operations: tuple[str, ...] = ()
    """Labels of the operations it belongs to."""
    input: str | None = None
    output: str | None = None
    class_pointer: str | None = None
    """Pointer of the object schema, in the old document."""
    member: str | None = None
    """Property of that object, by its wire name."""
    missing_input: bool = False
    """True where callers break because they do not set the input."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One change. `pointer` is in the old document, for what is new in the new one."""

    kind: ChangeKind
    pointer: str
    was: str | None
    is_: str | None
    message: str
    certainty: Certainty = Certainty.DOCUMENTED
    subject: Subject = Subject()

    def as_json(self) -> dict[str, Any]:
        """`{kind, pointer, was, is, message, certainty, operations}`; callers are added by who looked for them."""
        return {
            "kind": self.kind.value,
            "pointer": self.pointer,
            "was": self.was,
            "is": self.is_,
            "message": self.message,
            "certainty": self.certainty.value,
            "operations": list(self.subject.operations),
        }
