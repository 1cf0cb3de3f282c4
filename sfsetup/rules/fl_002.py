"""FL-002: callouts while a record is being saved."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import EVERY_PROFILE, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow, paths, found in callouts(context):
        if flow.start is None or not flow.start.is_record_triggered:
            continue
        for callout in found:
            if callout.node.name in paths.immediate:
                yield Problem(
                    flow,
                    f"calls out in {callout.node.name} on the path that runs while the record is saved",
                    element=callout.element,
                    line=callout.node.line,
                    # a class may leave its callout to a queue
                    severity=Severity.MEDIUM if callout.kind == "apex" else None,
                    confidence=callout.confidence,
                )


RULE = Rule(
    id="FL-002",
    title="Callout while a record is saved",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("Flow",),
    what="A record-triggered flow reaches an element that calls out from its immediate path.",
    why="The platform prevents callouts while a record is being saved: the save fails, or the flow does.",
    fix="Move the callout to a path that runs asynchronously (scheduledPaths with pathType AsyncAfterCommit).",
    example="<start>\n    <connector><targetReference>Send_SMS</targetReference></connector>\n"
    "    <triggerType>RecordAfterSave</triggerType>\n</start>",
    exceptions=(
        "Elements on asynchronous and scheduled paths are not meant. An Apex action that only queues its callout is "
        "allowed: such findings are medium."
    ),
    sources=("Salesforce Help: platform.flow_considerations_trigger_record",),
    check=check,
)
