"""FL-012: callouts after which nothing looks at how they went."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfsetup.facts.flow import Flow
from sfsetup.facts.flow_parts import ActionCall
from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import element_of, services
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict

_TELLING = re.compile(r"(?i)(?:responseCode|default|defaultExc|[1-5](?:\d\d|XX)Exc)\Z")
"""Outputs that tell how the call went (reference 'external services', section 5)."""


def check(context: AuditContext) -> Iterator[Verdict]:
    for paths, call in services(context):
        if not _looks(paths.flow, call):
            yield Problem(
                paths.flow,
                f"takes every answer to {call.name} for a success: nothing reads its response code or error output",
                element=element_of(call),
                line=call.line,
            )


def _looks(flow: Flow, call: ActionCall) -> bool:
    """True if something reads an output that tells, or decides by any output of the call."""
    telling = {output.assign_to.partition(".")[0] for output in call.outputs if _TELLING.match(output.name)}
    taken = {output.assign_to.partition(".")[0] for output in call.outputs}
    if any(variable.is_output for variable in flow.variables if variable.name in telling):
        return True
    for reference in flow.references:
        root, _, rest = reference.text.partition(".")
        if root == call.name and _TELLING.match(rest.partition(".")[0]):
            return True
        if root in telling and reference.element != "assignToReference":
            return True
    for decision in flow.decisions:
        for rule in decision.rules:
            if any(condition.left.partition(".")[0] in taken | {call.name} for condition in rule.conditions):
                return True
    return False


RULE = Rule(
    id="FL-012",
    title="Outcome of a callout is ignored",
    severity=Severity.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.RELIABILITY,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("Flow",),
    what=(
        "After an external service action nothing reads responseCode, the default output or an error output, no output "
        "of the flow takes them, and no decision looks at any output of the action."
    ),
    why=(
        "Whether an HTTP error takes the fault path or the normal one is open; and vendors answer 200 with a body that "
        "says no. A flow that looks at neither takes both for success."
    ),
    fix="Decide by responseCode (and by the status in the body), and read the error output where it is not a success.",
    example="<outputParameters><name>responseCode</name>…</outputParameters>\n<!-- and nothing that reads it -->",
    exceptions="Messages that may get lost.",
    sources=("Seen: most public flows with an external service action", "8x8: status.code REJECTED in a 200 answer"),
    check=check,
)
