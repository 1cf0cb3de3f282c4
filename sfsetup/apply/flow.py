"""What is read from a rendered flow."""

from __future__ import annotations

from sfsetup.model.component import ComponentSet
from sfsetup.planning.diff import raw, text


def called_actions(components: ComponentSet) -> tuple[str, ...]:
    """`<Service>.<operation>` of every External Service action that the flow calls."""
    flow = components.get("Flow")
    if flow is None:
        return ()
    calls = raw(flow.content).get("actionCalls", [])
    return tuple(text(call, "actionName") or "" for call in calls if text(call, "actionType") == "externalService")
