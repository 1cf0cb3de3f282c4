"""FL-008: flows that call out with everybody's data."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow, _paths, _found in callouts(context):
        if flow.run_in_mode == "SystemModeWithoutSharing":
            yield Problem(
                flow,
                "calls out and runs in system mode without sharing",
                element="runInMode",
                line=flow.line_of("runInMode"),
            )


RULE = Rule(
    id="FL-008",
    title="Flow calls out without sharing",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("Flow",),
    what="A flow that calls out has runInMode SystemModeWithoutSharing.",
    why="It can read every record, whoever runs it, and what it reads leaves the org.",
    fix="Use SystemModeWithSharing, or the default, and let the records' sharing decide.",
    example="<runInMode>SystemModeWithoutSharing</runInMode>",
    exceptions="Flows that send nothing which they looked up.",
    sources=("Metadata API guide: meta_visual_workflow (runInMode)",),
    check=check,
)
