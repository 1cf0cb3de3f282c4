"""FL-015: scheduled flows with one callout per record."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow, paths, found in callouts(context):
        start = flow.start
        if start is None or start.trigger_type != "Scheduled" or not start.object:
            continue
        for callout in found:
            if callout.node.name in paths.immediate:
                narrowed = "" if start.has_filters else ", of all of them"
                yield Problem(
                    flow,
                    f"calls out in {callout.node.name} for each {start.object} record of a schedule{narrowed}",
                    element=callout.element,
                    line=callout.node.line,
                    confidence=callout.confidence,
                )


RULE = Rule(
    id="FL-015",
    title="Scheduled callout per record",
    severity=Severity.LOW,
    category=Category.RELIABILITY,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("Flow",),
    what="A scheduled flow is started for each record of an object and calls out.",
    why="Interviews run in batches of up to 200 in one transaction, which has 100 callouts: the rest fail.",
    fix="Let the schedule collect and call once, or narrow its filter below 100 records.",
    example=(
        "<start>\n    <object>Contact</object>\n    <schedule>…</schedule>\n"
        "    <triggerType>Scheduled</triggerType>\n</start>"
    ),
    exceptions="Filters that never match more than 100 records.",
    sources=("Apex guide: apex_callouts_timeouts (100 callouts a transaction)",),
    check=check,
)
