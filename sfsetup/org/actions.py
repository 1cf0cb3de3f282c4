"""Invocable actions: what the org says of an External Service's operations, running a flow, its versions.

Sources: reference 'wire protocols', 2.3; 'metadata types', 5 (status and versions of flows).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sfsetup.errors import OrgRefused, OutcomeUnknown
from sfsetup.model.snapshot import FlowVersions, RegisteredOperation
from sfsetup.org.failures import RestRefused
from sfsetup.org.rest import Record, Rest, in_lists, soql


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRun:
    """What came of one interview."""

    ok: bool
    """The interview finished. Whether the callout did what it should is for the flow's outputs to tell."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    """`CODE: message` of each error, in the org's words."""
    version: int | None = None
    """The flow version that ran; None where the org does not tell (before 63.0)."""
    status: str | None = None
    """Flow__InterviewStatus: Created, Started, Finished, Error, Waiting."""
    interview: str | None = None


class Actions:
    """Flows and External Service operations of one org."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def run_flow(self, name: str, inputs: Mapping[str, Any]) -> FlowRun:
        """Runs an autolaunched flow once, for real, as the user of the session.

        Raises OrgRefused for a flow that cannot be started (unknown, no access), OutcomeUnknown when the answer was
        lost: a flow is never run a second time by itself.
        """
        path = f"actions/custom/flow/{quote(name, safe='')}"
        try:
            answer = self._rest.send("POST", path, {"inputs": [dict(inputs)]})
        except OutcomeUnknown as error:
            raise OutcomeUnknown(
                f"The flow {name} was started and the connection broke: whether it ran to its end is not known. "
                f"({error.message})",
                actions=["Look at what the vendor received before you run it again."],
            ) from None
        except RestRefused as error:
            run = _failed_run(error)
            if run is None:
                raise
            return run
        entry = answer[0] if isinstance(answer, list) and answer else answer
        if not isinstance(entry, Mapping) or "isSuccess" not in entry:
            raise OrgRefused(f"The org's answer to running the flow {name} is not understood.")
        return flow_run(entry)

    def operation(self, service: str, operation: str) -> RegisteredOperation | None:
        """What the org says of `<service>.<operation>`; None when it has no such action or does not tell."""
        name = f"{service}.{operation}"
        found = self._rest.describe_action("externalService", name)
        return registered(service, name, found) if isinstance(found, Mapping) else None

    def operation_names(self) -> frozenset[str] | None:
        """Names of all External Service actions; None when the org does not list them."""
        found = self._rest.describe_action("externalService")
        if not isinstance(found, Mapping) or not isinstance(found.get("actions"), Sequence):
            return None
        return frozenset(
            str(entry["name"]) for entry in found["actions"] if isinstance(entry, Mapping) and "name" in entry
        )

    def flow_versions(self, names: Sequence[str]) -> dict[str, FlowVersions]:
        """Active and latest version of each flow that the org has."""
        definitions: list[Record] = []
        for some in in_lists(names):
            query = "SELECT Id, DeveloperName, ActiveVersionId, LatestVersionId FROM FlowDefinition "
            definitions += self._rest.tooling_query(soql(query + "WHERE DeveloperName IN {}", some))
        ids = (str(d[key]) for d in definitions for key in ("ActiveVersionId", "LatestVersionId") if d.get(key))
        versions: dict[str, Mapping[str, Any]] = {}
        for some in in_lists(ids):
            query = "SELECT Id, VersionNumber, Status, LastModifiedDate, LastModifiedBy.Name FROM Flow WHERE Id IN {}"
            versions |= {str(record["Id"]): record for record in self._rest.tooling_query(soql(query, some))}
        return {str(d["DeveloperName"]): _flow_versions(d, versions) for d in definitions}

    def activate(self, name: str, version: int | None) -> None:
        """Makes a version the active one; None (or 0) deactivates the flow. Raises OrgRefused, Unreachable."""
        found = self._rest.tooling_query(
            soql("SELECT Id FROM FlowDefinition WHERE DeveloperName = {} AND NamespacePrefix = null", name)
        )
        if not found:
            raise OrgRefused(f"The org has no flow {name}.")
        body = {"Metadata": {"activeVersionNumber": version or 0}}
        path = f"tooling/sobjects/FlowDefinition/{found[0]['Id']}"
        try:
            self._rest.send("PATCH", path, body)
        except OutcomeUnknown:
            # to activate the same version once more changes nothing
            self._rest.send("PATCH", path, body)


def flow_run(entry: Mapping[str, Any]) -> FlowRun:
    """One entry of the answer to running a flow."""
    outputs = dict(entry.get("outputValues") or {})
    status = outputs.pop("Flow__InterviewStatus", None)
    interview = outputs.pop("Flow__InterviewGuid", None)
    errors = tuple(
        f"{error.get('statusCode') or error.get('errorCode') or 'ERROR'}: {error.get('message') or ''}"
        for error in entry.get("errors") or ()
        if isinstance(error, Mapping)
    )
    version = entry.get("version")
    return FlowRun(
        ok=bool(entry.get("isSuccess")) and status not in ("Error",),
        outputs=outputs,
        errors=errors,
        version=int(version) if isinstance(version, int | float) else None,
        status=status,
        interview=interview,
    )


def _failed_run(error: RestRefused) -> FlowRun | None:
    """The run behind an HTTP 400 whose body is the array of results; None for any other refusal."""
    body = error.body
    entry = body[0] if isinstance(body, list) and body else None
    if isinstance(entry, Mapping) and "isSuccess" in entry:
        return flow_run(entry)
    return None


def registered(service: str, name: str, action: Mapping[str, Any]) -> RegisteredOperation:
    """An action's description as the org gives it."""
    told = str(action.get("name") or "")
    return RegisteredOperation(
        service=service,
        # what was asked for and found is what a flow calls; the description may name the operation alone
        action_name=told if told.startswith(f"{service}.") else name,
        inputs=_parameters(action.get("inputs")),
        outputs=_parameters(action.get("outputs")),
    )


def _parameters(entries: object) -> dict[str, str | None]:
    if not isinstance(entries, Sequence):
        return {}
    return {
        str(entry["name"]): (str(entry["apexClass"]) if entry.get("apexClass") else None)
        for entry in entries
        if isinstance(entry, Mapping) and "name" in entry
    }


def _flow_versions(definition: Mapping[str, Any], versions: Mapping[str, Mapping[str, Any]]) -> FlowVersions:
    active = versions.get(str(definition.get("ActiveVersionId")), {})
    latest = versions.get(str(definition.get("LatestVersionId")), {})
    editor = latest.get("LastModifiedBy")
    return FlowVersions(
        full_name=str(definition["DeveloperName"]),
        active=_whole(active.get("VersionNumber")),
        latest=_whole(latest.get("VersionNumber")),
        latest_status=latest.get("Status"),
        last_modified_by=editor.get("Name") if isinstance(editor, Mapping) else None,
        last_modified_date=latest.get("LastModifiedDate"),
    )


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None
