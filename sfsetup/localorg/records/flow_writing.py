"""Changing flows by the Tooling API: activation, a version's metadata or status, deletion (metadata-types 5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.localorg.records.components import judge_component, write_component
from sfsetup.localorg.records.metadata import metadata_xml
from sfsetup.localorg.refusal import OURS, Refused

if TYPE_CHECKING:
    from sfsetup.localorg.state import FlowVersion, State, User

Values = Mapping[str, Any]

STATUSES = ("Active", "Draft", "Obsolete", "InvalidDraft", "UnderReview")


def change_definition(state: State, user: User, identifier: str, values: Values) -> None:
    """PATCH of FlowDefinition: `{"Metadata": {"activeVersionNumber": N}}`; 0 or null deactivates."""
    _demand(state, user)
    found = state.ids.name_of(identifier)
    versions = state.flows.versions(found[1]) if found and found[0] == "FlowDefinition" else []
    if not versions:
        raise Refused("NOT_FOUND", "The requested resource does not exist")
    metadata = values.get("Metadata")
    if not isinstance(metadata, Mapping):
        raise Refused("REQUIRED_FIELD_MISSING", "You must provide a valid Metadata field", ["Metadata"])
    if "activeVersionNumber" not in metadata:
        raise Refused("REQUIRED_FIELD_MISSING", f"Metadata has no activeVersionNumber{OURS}", ["Metadata"])
    number = metadata["activeVersionNumber"] or 0
    if isinstance(number, bool) or not isinstance(number, int):
        raise Refused("JSON_PARSER_ERROR", f"activeVersionNumber is a whole number{OURS}")
    flow = versions[0].flow
    if number == 0:
        state.flows.deactivate(flow, by=user.id)
        return
    version = next((entry for entry in versions if entry.number == number), None)
    if version is None:
        raise Refused("INVALID_FIELD", f"Invalid version number: {number}")
    _activate(state, user, version)


def create_version(state: State, user: User, values: Values) -> str:
    """POST of Flow: `{"FullName": …, "Metadata": {…}}` makes the flow, or its next version."""
    _demand(state, user)
    full_name = values.get("FullName")
    if not isinstance(full_name, str) or not full_name:
        raise Refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName]", ["FullName"])
    write_component(state, user, "Flow", full_name, _content(values.get("Metadata"), {}), code="FLOW_EXCEPTION")
    latest = state.flows.latest(full_name)
    assert latest is not None
    return latest.id


def _content(metadata: Any, more: Values) -> bytes:
    if not isinstance(metadata, Mapping):
        raise Refused("REQUIRED_FIELD_MISSING", "You must provide a valid Metadata field", ["Metadata"])
    try:
        return metadata_xml("Flow", {**metadata, **more})
    except InvalidInput as error:
        raise Refused("INVALID_FIELD", f"{error.message}{OURS}", ["Metadata"]) from error


def change_version(state: State, user: User, identifier: str, values: Values) -> None:
    """PATCH of Flow: its whole metadata, or its status alone."""
    _demand(state, user)
    version = _version(state, identifier)
    metadata = values.get("Metadata")
    if not isinstance(metadata, Mapping):
        raise Refused("REQUIRED_FIELD_MISSING", "You must provide a valid Metadata field", ["Metadata"])
    status = metadata.get("status", version.status)
    if status not in STATUSES:
        raise Refused("INVALID_FIELD", f"'{status}' is no status of a flow{OURS}", ["Metadata"])
    if set(metadata) - {"status"}:
        if version.status == "Active":
            # messages 1, Flow
            raise Refused(
                "FLOW_EXCEPTION", "The version of the flow you're updating is active and can't be overwritten"
            )
        content = _content(metadata, {"status": status})
        judge_component(state, "Flow", version.flow, content, code="FLOW_EXCEPTION")
        state.flows.replace(version, content, "Draft" if status == "Active" else status, by=user.id)
        version = replace(version, status="Draft")
    if status == "Active":
        _activate(state, user, version)
    elif status != version.status:
        state.flows.set_status(version.flow, version.number, status, by=user.id)
    _mirror(state, user, version.flow)


def delete_version(state: State, user: User, identifier: str) -> None:
    """DELETE of Flow: a version that is not active; with the last one the flow goes."""
    _demand(state, user)
    version = _version(state, identifier)
    if version.status == "Active":
        raise Refused("DELETE_FAILED", f"The version is active: deactivate it first{OURS}")
    state.flows.delete(version.flow, version.number)
    if state.flows.versions(version.flow):
        _mirror(state, user, version.flow)
    else:
        state.components.delete("Flow", version.flow)


def _activate(state: State, user: User, version: FlowVersion) -> None:
    if version.status == "InvalidDraft":
        raise Refused("FLOW_EXCEPTION", f"An InvalidDraft cannot be activated{OURS}")
    if state.settings.org.is_production and not state.switches.on("tooling-activates-in-production"):
        raise Refused(
            "INSUFFICIENT_ACCESS_OR_READONLY", f"The org does not let flows be activated by an API{OURS}", in_body=True
        )
    if version.status != "Active":
        state.flows.activate(version.flow, version.number, by=user.id)


def _mirror(state: State, user: User, flow: str) -> None:
    """What the org keeps of the flow as a component is its latest version (holdings)."""
    version = state.flows.latest(flow)
    stored = state.components.get("Flow", flow)
    if version is not None and stored is not None and stored.content != version.content:
        state.components.put("Flow", flow, version.content, by=user.id)


def _version(state: State, identifier: str) -> FlowVersion:
    found = next((version for version in state.flows.all() if version.id[:15] == identifier[:15]), None)
    if found is None:
        raise Refused("NOT_FOUND", "The requested resource does not exist")
    return found


def _demand(state: State, user: User) -> None:
    rights = state.permissions.of_user(user.id)
    if not any(rights.may(name) for name in ("ManageFlow", "ManageInteraction", "CustomizeApplication")):
        raise Refused("INSUFFICIENT_ACCESS_OR_READONLY", f"Changing flows needs Manage Flow{OURS}", in_body=True)
