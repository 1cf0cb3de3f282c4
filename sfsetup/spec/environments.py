"""Environments of a spec: the values for one, and the one that an org matches. Pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfsetup.errors import UsageError
from sfsetup.spec.build import build
from sfsetup.spec.model import IntegrationSpec, Match

if TYPE_CHECKING:
    from sfsetup.model.snapshot import OrgInfo


def for_environment(spec: IntegrationSpec, name: str | None) -> IntegrationSpec:
    """The spec with the environment's values: maps merged, lists replaced. None gives the top level.

    Raises UsageError for a name that the spec does not have.
    """
    if name is not None and name not in spec.environments:
        import difflib

        close = difflib.get_close_matches(name, spec.environments, n=1)
        known = ", ".join(spec.environments) or "none"
        raise UsageError(
            f"{spec.name} has no environment {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
            actions=[f"Environments of the spec: {known}."],
            file=str(spec.path),
            line=spec.line("/environments"),
        )
    if name == spec.environment or spec.source is None:
        return spec
    built = build(spec.path, spec.source, name)
    return replace(built, path=spec.path, name=spec.name)


def matching(spec: IntegrationSpec, org: OrgInfo) -> str | None:
    """Name of the environment that the org matches; an organization id counts before a My Domain name."""
    for by in (_same_id, _same_domain):
        for environment in spec.environments.values():
            if by(environment.match, org):
                return environment.name
    return None


def matches(match: Match, org: OrgInfo) -> bool:
    """True if the org has the organization id, or the My Domain name, of the match."""
    return _same_id(match, org) or _same_domain(match, org)


def _same_id(match: Match, org: OrgInfo) -> bool:
    # an id has 15 characters that count; the other three repeat their case
    return match.org_id is not None and match.org_id[:15] == org.id[:15]


def _same_domain(match: Match, org: OrgInfo) -> bool:
    return (
        match.my_domain is not None and org.my_domain is not None and match.my_domain.lower() == org.my_domain.lower()
    )
