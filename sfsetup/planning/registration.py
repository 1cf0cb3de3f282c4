"""What an update of a registered External Service would run into: what Salesforce refuses is told before it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sfsetup.errors import InvalidInput
from sfsetup.model.component import Component
from sfsetup.model.finding import Certainty, Finding, Severity
from sfsetup.model.snapshot import OrgComponent
from sfsetup.planning.diff import Node, raw, text
from sfsetup.planning.merge import write
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
                f"{change.message} ({change.pointer}) "
                + ("Salesforce refuses this while the operation is active." if refused else "This breaks callers.")
            ),
            fix=(
                "Keep it in the document; or free flows and Apex from it and deploy with --allow-destructive, which "
                "deactivates the operation first."
                if refused
                else "Look at the flows and Apex classes that use it before you deploy."
            ),
            file=str(spec.openapi_path),
            pointer=change.pointer,
        )


@dataclass(frozen=True, slots=True)
class Freed:
    """The registration as the org has it, with the operations switched off that a new document takes something from."""

    component: Component
    operations: tuple[str, ...]


def freed(component: Component, existing: OrgComponent) -> Freed | None:
    """What to send before `component`: Salesforce takes a new document only from operations that are not active.

    None when nothing is refused. Source: reference 'external services' section 8.
    """
    from sfsetup.facts.registration import Operation
    from sfsetup.openapi.change_values import ChangeKind
    from sfsetup.openapi.changes import changes

    theirs = raw(existing.content)
    old, new = _document(theirs, "registered schema"), _document(raw(component.content), "new schema")
    if old is None or new is None:
        return None
    found = changes(old, new, active=set(active_operations(existing.content)))
    losing = {name for change in found if change.kind is ChangeKind.REFUSED for name in change.subject.operations}
    operations: list[Node | str] = []
    switched: list[str] = []
    for entry in theirs.get("operations", []):
        name = text(entry, "name") or ""
        hit = next((label for label in losing if Operation(name, active=True).is_named(label)), None)
        if isinstance(entry, dict) and hit is not None and text(entry, "active") == "true":
            entry = {**entry, "active": ["false"]}
            switched.append(hit)
        operations.append(entry)
    if not switched:
        return None
    content = write(component.type, {**theirs, "operations": operations})
    return Freed(replace(component, content=content), tuple(sorted(switched)))


def _document(node: Node, name: str) -> OpenApiDocument | None:
    from sfsetup.openapi.document import parse

    try:
        return parse((text(node, "schema") or "").encode(), name=name)
    except InvalidInput:
        return None
