"""What an update of a registered External Service would run into: what Salesforce refuses is told before it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.model.component import Component
from sfsetup.model.finding import Certainty, Finding, Severity
from sfsetup.model.snapshot import OrgComponent
from sfsetup.planning.diff import Node, raw, text
from sfsetup.spec.model import IntegrationSpec

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument


def called_operations(flow: Component, service: str) -> tuple[str, ...]:
    """Names of the operations that a flow calls in one service, as the flow writes them (`Service.operation`)."""
    found = []
    for call in raw(flow.content).get("actionCalls", []):
        name = text(call, "actionName") or ""
        if text(call, "actionType") == "externalService" and name.split("::")[-1].startswith(f"{service}."):
            found.append(name.split("::")[-1].partition(".")[2])
    return tuple(found)


def active_operations(registration: bytes) -> frozenset[str]:
    """Registration names (encoded, lower case) of the operations that are active."""
    operations = raw(registration).get("operations", [])
    return frozenset((text(entry, "name") or "").casefold() for entry in operations if text(entry, "active") == "true")


def schema_findings(spec: IntegrationSpec, component: Component, existing: OrgComponent) -> Iterator[Finding]:
    """What Salesforce refuses of the new document, and what breaks callers. Empty when both documents mean the same."""
    from sfsetup.openapi.change_values import ChangeKind
    from sfsetup.openapi.changes import changes

    old, new = _document(raw(existing.content), "registered schema"), _document(raw(component.content), "new schema")
    if old is None or new is None:
        return
    for change in changes(old, new, active=set(active_operations(existing.content))):
        if change.kind is ChangeKind.SAFE:
            continue
        refused = change.kind is ChangeKind.REFUSED
        yield Finding(
            rule="PF-008" if refused else "PF-009",
            severity=Severity.HIGH if refused else Severity.MEDIUM,
            certainty=Certainty.DOCUMENTED,
            component=component.ref,
            element=change.pointer,
            message=(
                f"{change.pointer}: {change.was} becomes {change.is_}. "
                + ("Salesforce refuses this for an active operation." if refused else "This breaks callers.")
            ),
            fix=(
                "Keep it in the document; or free and deactivate the operation first, deploy, and activate it again."
                if refused
                else "Look at the flows and Apex classes that use it before you deploy."
            ),
            file=str(spec.openapi_path),
            pointer=change.pointer,
        )


def _document(node: Node, name: str) -> OpenApiDocument | None:
    from sfsetup.openapi.document import parse

    try:
        return parse((text(node, "schema") or "").encode(), name=name)
    except InvalidInput:
        return None
