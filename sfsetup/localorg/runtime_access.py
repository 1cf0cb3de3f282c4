"""What a user may do while a flow runs: the three grants, and which version is theirs.

Run Flows or the Flow User checkbox (metadata-types 4); with isAdditionalPermissionRequiredToRun the flow's own access
on top, even for administrators of flows (help 005226794); inactive flows need Manage Flow (Trailhead). A flow admin
runs the latest version, everybody else the active one (wire-protocols 2.3). Principal access and Read on User
External Credentials are asked for when the callout is made (`callout.access`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfsetup.localorg.flow.values import FlowFault

if TYPE_CHECKING:
    from sfsetup.facts.flow import Flow
    from sfsetup.localorg.state import EffectiveRights, FlowVersion, State, User

FLOW_ACCESS = "FlowDefinition"
"""SetupEntityType of a grant of flowAccesses."""


@dataclass(frozen=True, slots=True)
class UserRights:
    """Rights as `callout.access` asks for them."""

    rights: EffectiveRights

    def reaches(self, entity_type: str, name: str) -> bool:
        """Access to an entity."""
        return self.rights.reaches(entity_type, name)

    def reads(self, sobject: str) -> bool:
        """Read on an object, however it was given."""
        found = self.rights.objects.get(sobject)
        return found is not None and (found.read or found.view_all or found.modify_all)

    def modifies_all(self, sobject: str) -> bool:
        """Modify All Records on an object."""
        found = self.rights.objects.get(sobject)
        return found is not None and found.modify_all


def version_for(state: State, user: User, flow: str) -> FlowVersion | None:
    """The version that this user runs; None if there is no such flow. Raises FlowFault for an inactive flow."""
    latest = state.flows.latest(flow)
    if latest is None:
        return None
    if state.permissions.of_user(user.id).may("ManageFlow"):
        return latest
    active = state.flows.active(flow)
    if active is None:
        raise FlowFault(
            f"The flow {flow} has no active version; running an inactive flow needs the permission Manage Flow.",
            code="INSUFFICIENT_ACCESS",
        )
    return active


def demand_run(state: State, user: User, flow: Flow) -> None:
    """Raises FlowFault when the user may not run this flow."""
    rights = state.permissions.of_user(user.id)
    if not (rights.may("RunFlow") or rights.may("ManageFlow") or user.is_flow_user):
        # `Insufficient Privileges` is what such a user sees on opening a screen flow (messages 3).
        raise FlowFault(
            f"Insufficient Privileges: running the flow {flow.full_name} needs the permission Run Flows.",
            code="INSUFFICIENT_ACCESS",
        )
    if flow.needs_permission and not rights.reaches(FLOW_ACCESS, flow.full_name):
        raise FlowFault(
            f"Insufficient Privileges: the flow {flow.full_name} is restricted, "
            "and neither a permission set nor the profile of the user gives access to it.",
            code="INSUFFICIENT_ACCESS",
        )
