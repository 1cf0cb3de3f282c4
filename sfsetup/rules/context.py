"""What a rule is given: facts, links, evidence and settings, and the questions that many rules ask of them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfsetup.rules.secrets import Suspicion, suspect
from sfsetup.rules.settings import AuditSettings

if TYPE_CHECKING:
    from sfsetup.facts.graph import Graph
    from sfsetup.facts.reader import FactSet
    from sfsetup.rules.evidence import OrgEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditContext:
    """The input of every audit rule; nothing in it changes while rules run."""

    facts: FactSet
    graph: Graph
    evidence: OrgEvidence | None = None
    """None for a folder or an archive without saved evidence."""
    settings: AuditSettings = field(default_factory=AuditSettings)
    today: datetime.date = datetime.date.min
    report_key: bytes = b"\0" * 16
    """Random for each report; keys the fingerprints of secrets."""
    complete: frozenset[str] = frozenset()
    """Metadata types of which everything that exists was read: what is not there does not exist."""

    def secret(self, value: str | None, *, name: str | None = None) -> Suspicion | None:
        """What a value looks like; None for nothing to worry about."""
        return suspect(value, key=self.report_key, name=name)

    def is_complete(self, metadata_type: str) -> bool:
        """True if a component of this type that was not read does not exist."""
        return metadata_type in self.complete
