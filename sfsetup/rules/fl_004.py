"""FL-004: callouts in loops."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import EVERY_PROFILE, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow, paths, found in callouts(context):
        for callout in found:
            around = paths.loops_around(callout.node.name)
            if around:
                yield Problem(
                    flow,
                    f"calls out in {callout.node.name} once for every item of the loop {around[0].name}",
                    element=callout.element,
                    line=callout.node.line,
                    confidence=callout.confidence,
                )


RULE = Rule(
    id="FL-004",
    title="Callout in a loop",
    severity=Severity.HIGH,
    category=Category.RELIABILITY,
    profiles=EVERY_PROFILE,
    applies_to=("Flow",),
    what="An element that calls out lies in the body of a loop: the loop leads to it, and it leads back to the loop.",
    why=(
        "A transaction has 100 callouts and 120 seconds for all of them together. Twenty items whose answers take ten "
        "seconds each are too many already."
    ),
    fix="Collect in the loop and call once behind it, or call from a scheduled path or a platform event per item.",
    example="<loops><name>Each</name><nextValueConnector><targetReference>Send</targetReference></nextValueConnector></loops>\n"
    "<actionCalls><name>Send</name><connector><targetReference>Each</targetReference></connector></actionCalls>",
    exceptions="Collections of two or three items that can never grow. A callout behind the loop is not meant.",
    sources=("Apex guide: apex_callouts_timeouts (100 callouts, 120 s cumulative)",),
    check=check,
)
