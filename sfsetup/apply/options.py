"""What a caller may choose about a deploy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfsetup.model.plan import StageName
from sfsetup.planning.options import PlanOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """Defaults are those of `deploy` without options."""

    environment: str | None = None
    api_version: str | None = None
    dry_run: bool = False
    only: frozenset[StageName] = frozenset(StageName)
    secrets: str = "missing"
    take_flow: bool = False
    allow_destructive: bool = False
    test_level: str | None = None
    tests: tuple[str, ...] = ()
    wait: float = 33 * 60.0
    """Seconds to wait for one job; the default is that of Salesforce's own CLI (33 minutes)."""
    settle: float = 90.0
    """Seconds in which stage 2 is tried again while the org has not finished registering the service."""

    @property
    def planning(self) -> PlanOptions:
        """The part that the planner needs."""
        return PlanOptions(secrets=self.secrets, take_flow=self.take_flow, only=self.only)

    def as_json(self) -> dict[str, Any]:
        """What of the choices a plan depends on, as plan files keep it."""
        return {
            "only": [stage.value for stage in StageName if stage in self.only],
            "secrets": self.secrets,
            "takeFlow": self.take_flow,
        }
