"""FlowDefinition and Flow of the Tooling API, and FlowDefinitionView of the standard one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sfsetup.facts import flow
from sfsetup.localorg.records.metadata import metadata_json
from sfsetup.localorg.records.tables import AUDIT, AUDIT_PARENTS, audit, audit_of, columns
from sfsetup.localorg.soql.schema import Row, Table
from sfsetup.text.xml import parse_xml

if TYPE_CHECKING:
    from sfsetup.facts.flow import Flow
    from sfsetup.localorg.state import FlowVersion, State


def tables(state: State) -> list[Table]:
    """Tooling objects."""
    return [_definitions(state), _versions(state)]


def standard_tables(state: State) -> list[Table]:
    """Objects of the standard API."""
    return [_views(state)]


def flow_names(state: State) -> list[str]:
    """Every flow that has versions."""
    return list(dict.fromkeys(version.flow for version in state.flows.all()))


def fact_of(version: FlowVersion) -> Flow:
    """The facts of one version."""
    return _fact(version.flow, version.content)


@lru_cache(maxsize=2048)
def _fact(name: str, content: bytes) -> Flow:
    return flow.read(parse_xml(content, name=name), full_name=name, file=name)


def _definition(state: State, name: str) -> Row:
    versions = state.flows.versions(name)
    first, latest = versions[0], versions[-1]
    active = next((version for version in versions if version.status == "Active"), None)
    fact = fact_of(latest)
    metadata = {
        "activeVersionNumber": active.number if active else None,
        "description": fact.description,
        "masterLabel": fact.label,
    }
    return {
        "Id": latest.definition_id,
        "DeveloperName": name,
        "MasterLabel": fact.label,
        "Description": fact.description,
        "ActiveVersionId": active.id if active else None,
        "LatestVersionId": latest.id,
        "NamespacePrefix": None,
        "ManageableState": "unmanaged",
        "FullName": name,
        "Metadata": metadata,
        **audit(first.created, first.created_by, latest.modified, latest.modified_by),
    }


def _definitions(state: State) -> Table:
    names = ("Id", "DeveloperName", "MasterLabel", "Description", "ActiveVersionId:reference", "FullName")
    return Table(
        "FlowDefinition",
        columns(*names, "LatestVersionId:reference", "NamespacePrefix", "ManageableState", "Metadata:complex", *AUDIT),
        lambda: [_definition(state, name) for name in flow_names(state)],
        parents={
            "ActiveVersion": ("Flow", "ActiveVersionId"),
            "LatestVersion": ("Flow", "LatestVersionId"),
            **AUDIT_PARENTS,
        },
        children={"Versions": ("Flow", "DefinitionId")},
        key_prefix="300",
    )


def _version(version: FlowVersion) -> Row:
    fact = fact_of(version)
    return {
        "Id": version.id,
        "DefinitionId": version.definition_id,
        "FullName": f"{version.flow}-{version.number}",
        "MasterLabel": fact.label,
        "Description": fact.description,
        "VersionNumber": version.number,
        "Status": version.status,
        "ProcessType": fact.process_type,
        "ApiVersion": _number(fact.api_version),
        "RunInMode": fact.run_in_mode,
        "ManageableState": "unmanaged",
        "Metadata": version_metadata(version),
        **audit_of(version),
    }


def version_metadata(version: FlowVersion) -> dict[str, Any]:
    """The `Metadata` of a version; its status is the version's, not the file's."""
    return {**metadata_json("Flow", version.content), "status": version.status}


def _versions(state: State) -> Table:
    names = ("Id", "DefinitionId:reference", "FullName", "MasterLabel", "Description", "VersionNumber:number", "Status")
    return Table(
        "Flow",
        columns(*names, "ProcessType", "ApiVersion:number", "RunInMode", "ManageableState", "Metadata:complex", *AUDIT),
        lambda: [_version(version) for version in state.flows.all()],
        parents={"Definition": ("FlowDefinition", "DefinitionId"), **AUDIT_PARENTS},
        key_prefix="301",
    )


def _views(state: State) -> Table:
    def rows() -> list[Row]:
        found: list[Row] = []
        for name in flow_names(state):
            row = _definition(state, name)
            fact = fact_of(state.flows.versions(name)[-1])
            found.append(
                {
                    "Id": row["Id"],
                    "DurableId": row["Id"],
                    "ApiName": name,
                    "Label": row["MasterLabel"],
                    "ProcessType": fact.process_type,
                    "IsActive": row["ActiveVersionId"] is not None,
                    "ActiveVersionId": row["ActiveVersionId"],
                    "LatestVersionId": row["LatestVersionId"],
                    "NamespacePrefix": None,
                }
            )
        return found

    names = ("Id", "DurableId", "ApiName", "Label", "ProcessType", "IsActive:boolean", "ActiveVersionId:reference")
    return Table(
        "FlowDefinitionView", columns(*names, "LatestVersionId:reference", "NamespacePrefix"), rows, key_prefix="300"
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
