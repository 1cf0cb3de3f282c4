"""FL-005: several callouts in a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfsetup.facts.flow_parts import ActionCall, Connector, Node
from sfsetup.facts.flow_paths import FlowPaths
from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import Callout, callouts
from sfsetup.rules.model import STRICT_ONLY, Category, Problem, Rule, Verdict

_PAUSES = ("screens", "waits")


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow, paths, found in callouts(context):
        names = {each.node.name: each for each in found}
        following = {name: _after(paths, each, names) for name, each in names.items()}
        chain = _longest(following)
        if len(chain) > 1:
            yield Problem(
                flow,
                f"calls out {len(chain)} times in one transaction: {', '.join(chain[:6])}{', …' if chain[6:] else ''}",
                element="callouts in sequence",
                line=names[chain[0]].node.line,
                severity=Severity.LOW if len(chain) == 2 else None,
            )


def _after(paths: FlowPaths, callout: Callout, names: Mapping[str, Callout]) -> frozenset[str]:
    """Callouts that follow in the same transaction, not by way of a fault."""

    def goes_on(node: Node, way: Connector) -> bool:
        return node.kind not in _PAUSES and not way.is_fault

    first = (way.target for way in callout.node.connectors if not way.is_fault)
    return frozenset(name for name in paths.reach(first, goes_on) if name in names and not _is_apart(names[name]))


def _is_apart(callout: Callout) -> bool:
    """True for an action that runs in a transaction of its own."""
    return isinstance(callout.node, ActionCall) and callout.node.transaction_model == "NewTransaction"


def _longest(following: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The longest row of callouts. Those that lead to each other, as in a loop, count as alternatives."""
    best: dict[str, tuple[str, ...]] = {}
    # who is followed by less comes later: one pass from the end suffices
    for name in sorted(following, key=lambda each: (len(following[each]), each)):
        after = (best[each] for each in sorted(following[name]) if each in best and name not in following[each])
        best[name] = (name, *max(after, key=len, default=()))
    return max(best.values(), key=len, default=())


RULE = Rule(
    id="FL-005",
    title="Several callouts in one transaction",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.RELIABILITY,
    profiles=STRICT_ONLY,
    applies_to=("Flow",),
    what="Elements that call out follow one another with neither a screen nor a pause between. Low for two of them.",
    why="One external service callout may take 120 seconds, which is also the limit of all callouts together.",
    fix="Put a pause between them, move later ones to an asynchronous path, or give them transactions of their own.",
    example="<actionCalls><name>Verify</name><connector><targetReference>Add</targetReference></connector></actionCalls>\n"
    "<actionCalls><name>Add</name>…</actionCalls>",
    exceptions="Vendors that answer in milliseconds.",
    sources=("Apex guide: apex_callouts_timeouts", "Salesforce Help: External Services callouts time out after 120 s"),
    check=check,
)
