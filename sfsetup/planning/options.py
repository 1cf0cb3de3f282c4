"""What a caller may choose about a plan."""

from __future__ import annotations

from dataclasses import dataclass

from sfsetup.model.plan import StageName


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """Defaults are those of `deploy` without options."""

    secrets: str = "missing"
    """`missing`: write parameters that the org does not have; `always`: write all of them."""
    take_flow: bool = False
    """Overwrite a flow that somebody changed in the org."""
    only: frozenset[StageName] = frozenset(StageName)
    """Stages to plan."""
