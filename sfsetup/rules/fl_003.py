"""FL-003: callouts after uncommitted work."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.base import to_number
from sfsetup.facts.flow_parts import ActionCall
from sfsetup.model.finding import Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import EVERY_PROFILE, Category, Problem, Rule, Unknown, Verdict

_DECIDES_SINCE = 65
"""Winter '26: actions configured since then let the flow decide, older ones stay in the current transaction."""


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow, paths, found in callouts(context):
        saving = flow.start is not None and flow.start.is_record_triggered
        for callout in found:
            node = callout.node
            if saving and node.name in paths.immediate:
                continue  # not allowed at all: FL-002
            model = node.transaction_model if isinstance(node, ActionCall) else None
            if callout.kind != "externalService" or model not in (None, "CurrentTransaction"):
                continue
            before = paths.writes_before(node.name)
            if not before:
                continue
            newest = to_number((flow.api_version or "").partition(".")[0]) or 0
            if model is None and newest >= _DECIDES_SINCE:
                yield Unknown(flow, f"{node.name} names no flowTransactionModel, and since 65.0 its default is open")
                continue
            yield Problem(
                flow,
                f"calls out in {node.name} after {before[0].name} has changed records in the same transaction",
                element=callout.element,
                line=node.line,
                confidence=Confidence.HIGH if model else Confidence.MEDIUM,
            )


RULE = Rule(
    id="FL-003",
    title="Callout after uncommitted changes",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("Flow",),
    what=(
        "An external service action stands behind an element that creates, updates or deletes records, with neither a "
        "screen nor a pause between, and its flowTransactionModel is CurrentTransaction or absent."
    ),
    why="Uncommitted work blocks callouts: the action fails at run time.",
    fix="Set flowTransactionModel to Automatic, or move the callout before the change or behind a pause.",
    example="<recordCreates><name>Log</name><connector><targetReference>Send</targetReference></connector></recordCreates>\n"
    "<actionCalls><name>Send</name><flowTransactionModel>CurrentTransaction</flowTransactionModel></actionCalls>",
    exceptions=(
        "From API 65.0 on an action without flowTransactionModel may let the flow decide: that is reported as unknown. "
        "Callouts while a record is saved are FL-002."
    ),
    sources=("Salesforce Help: platform.flow_concepts_transaction",),
    check=check,
)
