"""FL-010: flows of old API versions."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.base import to_number
from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict

_BEHIND = 9
"""Versions; three releases a year."""


def check(context: AuditContext) -> Iterator[Verdict]:
    floor = context.settings.minimum_flow_version
    newest = _major(context.evidence.org.api_version) if context.evidence else None
    for flow, _paths, _found in callouts(context):
        version = _major(flow.api_version)
        line = flow.line_of("apiVersion")
        if version is None:
            yield Problem(flow, "names no API version", element="apiVersion", line=line)
        elif version < floor:
            yield Problem(
                flow, f"runs at API version {flow.api_version}, below {floor}.0", element="apiVersion", line=line
            )
        elif newest is not None and version < newest - _BEHIND:
            yield Problem(
                flow,
                f"runs at API version {flow.api_version}; the org is at {newest}.0",
                element="apiVersion",
                line=line,
                severity=Severity.INFO,
            )


def _major(text: str | None) -> int | None:
    return to_number((text or "").partition(".")[0])


RULE = Rule(
    id="FL-010",
    title="Old API version of a flow",
    severity=Severity.LOW,
    category=Category.HYGIENE,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("Flow",),
    what=(
        "A flow that calls out names no apiVersion, or one below the floor (minimum_flow_version, 50). Info where it "
        "is more than nine versions behind its org."
    ),
    why="From 50.0 on the version decides how a flow behaves; without one it runs as the oldest.",
    fix="Open the flow, set the API version in its properties, test and save.",
    example="<apiVersion>49.0</apiVersion>",
    exceptions="Flows that are about to be replaced.",
    sources=("Seen: 770 of 2,922 public flows below 50, 381 without", "Metadata API guide: apiVersion since 50.0"),
    check=check,
)
