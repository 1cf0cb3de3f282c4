"""The plan: what a deploy would do, as plain data. The executor acts on it; views show it; nothing else decides."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import Any

from sfsetup.model.component import Component
from sfsetup.model.finding import Finding
from sfsetup.model.snapshot import OrgInfo
from sfsetup.values import dataclass


class Action(Enum):
    """What a step does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SET_SECRET = "setSecret"  # noqa: S105 the name of a kind of step
    ASSIGN = "assign"
    ACTIVATE = "activate"


class StageName(Enum):
    """The stages of a deploy in their order."""

    METADATA = "metadata"
    SECRET = "secret"  # noqa: S105 the name of a stage
    FLOW = "flow"
    ASSIGN = "assign"


class Undo(Enum):
    """What takes a step back."""

    ROLLBACK = "rollback"
    DEACTIVATE = "needsDeactivation"
    NEVER = "cannotBeUndone"


@dataclass(frozen=True, slots=True)
class Change:
    """One element that differs. `before` or `after` is None where the element is missing; text is shown as it is."""

    path: str
    before: str | None
    after: str | None
    destructive: bool = False

    def as_json(self) -> dict[str, Any]:
        """`{path, from, to}`."""
        return {"path": self.path, "from": self.before, "to": self.after}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a plan. Holds no secret and no secret source."""

    id: str
    stage: StageName
    action: Action
    type: str
    full_name: str
    changes: tuple[Change, ...] = ()
    undo: Undo = Undo.ROLLBACK
    component: Component | None = None
    """What is sent; already merged with what the org has (permission sets). None where nothing is sent."""
    version: int | None = None
    """The flow version that is made active as it is; None for every other step."""
    note: str = ""

    @property
    def destructive(self) -> bool:
        """True if something that the org has would be lost."""
        return self.action is Action.DELETE or any(change.destructive for change in self.changes)

    def as_json(self) -> dict[str, Any]:
        """The object of the contracts."""
        return {
            "id": self.id,
            "stage": self.stage.value,
            "action": self.action.value,
            "type": self.type,
            "fullName": self.full_name,
            "changes": [change.as_json() for change in self.changes],
            "destructive": self.destructive,
            "undo": self.undo.value,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """A difference that is left alone, and why."""

    type: str
    full_name: str
    reason: str
    changes: tuple[Change, ...] = ()
    last_modified_by: str | None = None
    last_modified_date: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Kept as plan JSON shows it."""
        return {
            "type": self.type,
            "fullName": self.full_name,
            "reason": self.reason,
            "changes": [change.as_json() for change in self.changes],
            "lastModifiedBy": self.last_modified_by,
            "lastModifiedDate": self.last_modified_date,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in order. Empty when there are none."""

    org: OrgInfo
    environment: str | None
    steps: tuple[Step, ...] = ()
    kept: tuple[Kept, ...] = ()
    unknown: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    basis: str = ""
    """Fingerprint of the org's state that the plan was made from; `deploy --plan` refuses when it has moved."""
    meta: dict[str, Any] = field(default_factory=dict)

    def of_stage(self, stage: StageName) -> tuple[Step, ...]:
        """The steps of one stage, in order."""
        return tuple(step for step in self.steps if step.stage is stage)

    def as_json(self) -> dict[str, Any]:
        """`result` of `plan --json`."""
        return {
            "org": {
                "id": self.org.id,
                "username": self.org.username,
                "type": self.org.type.value,
                "apiVersion": self.org.api_version,
            },
            "environment": self.environment,
            "basis": self.basis,
            "steps": [step.as_json() for step in self.steps],
            "kept": [kept.as_json() for kept in self.kept],
            "unknown": list(self.unknown),
            "manual": list(self.manual),
            "findings": [finding.as_json() for finding in self.findings],
        }
