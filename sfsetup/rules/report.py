"""What an audit found, as values; views turn it into text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from sfsetup.model.finding import Finding, counts
from sfsetup.rules.model import UnknownVerdict
from sfsetup.values import dataclass


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that somebody accepted, with the reason."""

    finding: Finding
    reason: str
    expires: str | None
    """ISO date; None for a baseline, which does not expire."""
    by: str
    """`suppression` or `baseline`."""

    def as_json(self) -> dict[str, Any]:
        """The finding with `suppression: {reason, expires, by}`."""
        accepted = {"reason": self.reason, "expires": self.expires, "by": self.by}
        return {**self.finding.as_json(), "suppression": accepted}


@dataclass(frozen=True, slots=True, order=True)
class NotJudged:
    """A file or a rule that could not be judged; the rest went on without it."""

    what: str
    """The file, or the rule id."""
    reason: str
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """`{what, reason, line}`."""
        return {"what": self.what, "reason": self.reason, "line": self.line}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What was looked at."""

    source: str
    """The folder, the archive, or the org's username."""
    kind: str = "files"
    """`files` or `org`."""
    types: Mapping[str, int] = field(default_factory=dict)
    """Metadata type -> number of components read."""
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Metadata type that no rule judges -> number of files."""
    missing_rights: tuple[str, ...] = ()
    org_id: str | None = None
    profile: str = "default"

    def as_json(self) -> dict[str, Any]:
        """`{source, kind, types, passedOver, missingRights, orgId, profile}`."""
        return {
            "source": self.source,
            "kind": self.kind,
            "types": dict(sorted(self.types.items())),
            "passedOver": dict(sorted(self.passed_over.items())),
            "missingRights": list(self.missing_rights),
            "orgId": self.org_id,
            "profile": self.profile,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The result of one audit. Tuples are in report order."""

    scope: Scope
    findings: tuple[Finding, ...] = ()
    unknown: tuple[UnknownVerdict, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    """Rule -> why it has no object here."""
    rules: tuple[str, ...] = ()
    """Every rule that was run."""

    @property
    def read_nothing(self) -> bool:
        """True if no component at all was read: such an audit must not look clean. An org that has none is none."""
        return self.scope.kind != "org" and not any(self.scope.types.values())

    @property
    def incomplete(self) -> bool:
        """True if part of the evidence could not be read."""
        return bool(self.unknown or self.not_judged or self.scope.missing_rights)

    def as_json(self) -> dict[str, Any]:
        """`result` of `audit --json`."""
        return {
            "scope": self.scope.as_json(),
            "findings": [finding.as_json() for finding in self.findings],
            "unknown": [verdict.as_json() for verdict in self.unknown],
            "notJudged": [entry.as_json() for entry in self.not_judged],
            "suppressed": [entry.as_json() for entry in self.suppressed],
            "notApplicable": dict(sorted(self.not_applicable.items())),
            "rules": list(self.rules),
            "counts": counts(self.findings),
        }
