"""FL-011: integrations that nobody described."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow, _paths, found in callouts(context):
        if (flow.description or "").strip() or any((each.node.description or "").strip() for each in found):
            continue
        yield Problem(flow, "calls out and has no description", element="description")


RULE = Rule(
    id="FL-011",
    title="Flow that calls out has no description",
    severity=Severity.INFO,
    category=Category.DOCUMENTATION,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("Flow",),
    what="Neither a flow that calls out nor one of the elements that do has a description.",
    why="What leaves the org, to whom and why cannot be told from the labels of a flow.",
    fix="Say in the description what is sent where, and who owns the integration.",
    example="<label>Send SMS</label>\n<!-- no description -->",
    exceptions="None.",
    sources=("Seen: 23 of 28 public flows that call out",),
    check=check,
)
