"""What the rules over flows share: which elements call out, and the ways between them.

Base of all rules FL (reference 'audit rules', section 4.5): flows with an external service action (a Flow HTTP callout
is one too), with an Apex action whose class calls out, or with a subflow that leads to either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sfsetup.facts.flow_parts import ActionCall, Node, Subflow
from sfsetup.facts.flow_paths import FlowPaths
from sfsetup.model.finding import Confidence

if TYPE_CHECKING:
    from sfsetup.facts.flow import Flow
    from sfsetup.rules.context import AuditContext


@dataclass(frozen=True)
class Callout:
    """An element of a flow that calls out, as far as the facts tell."""

    flow: Flow
    node: Node
    kind: str
    """`externalService`, `apex` or `subflow`."""

    @property
    def element(self) -> str:
        """The element as findings name it: `action Send_SMS`."""
        return element_of(self.node)

    @property
    def confidence(self) -> Confidence:
        """An external service is sure; that a class calls out does not say that this method does."""
        return Confidence.HIGH if self.kind == "externalService" else Confidence.MEDIUM


def element_of(node: Node) -> str:
    """`action Send_SMS`, `subflow Notify`, else the element's kind in the file with its name."""
    kind = {"actionCalls": "action", "subflows": "subflow"}.get(node.kind, node.kind)
    return f"{kind} {node.name}"


def callouts(context: AuditContext) -> tuple[tuple[Flow, FlowPaths, tuple[Callout, ...]], ...]:
    """Every flow that calls out, with its ways and the elements that do."""
    made = context.shared("flow callouts", _callouts)
    return cast("tuple[tuple[Flow, FlowPaths, tuple[Callout, ...]], ...]", made)


def services(context: AuditContext) -> Iterator[tuple[FlowPaths, ActionCall]]:
    """Every external service action that can run, with the ways of its flow."""
    for flow, paths, _found in callouts(context):
        for call in flow.external_calls:
            if runs(paths, call):
                yield paths, call


def runs(paths: FlowPaths, node: Node) -> bool:
    """False for an element that no way leads to: left over in the file, it never runs."""
    return paths.flow.start is None or paths.is_reachable(node.name)


def _callouts(context: AuditContext) -> tuple[tuple[Flow, FlowPaths, tuple[Callout, ...]], ...]:
    calling: Mapping[str, bool] = {source.full_name.lower(): source.makes_callouts for source in context.facts.apex}
    leading = {id(flow) for flow in context.integration_flows}
    result = []
    for flow in context.integration_flows:
        paths = FlowPaths(flow)
        found = [_of(context, flow, node, calling, leading) for node in flow.nodes if runs(paths, node)]
        result.append((flow, paths, tuple(each for each in found if each)))
    return tuple(result)


def _of(
    context: AuditContext, flow: Flow, node: Node, calling: Mapping[str, bool], leading: set[int]
) -> Callout | None:
    if isinstance(node, ActionCall):
        if node.is_external_service:
            return Callout(flow, node, "externalService")
        if node.action_type == "apex" and calling.get(node.action_name.lower()):
            return Callout(flow, node, "apex")
    elif isinstance(node, Subflow):
        called = context.graph.subflow_of(node)
        if called is not None and called is not flow and id(called) in leading:
            return Callout(flow, node, "subflow")
    return None
