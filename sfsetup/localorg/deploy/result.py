"""The DeployResult of a job, in the WSDL's order (wire-protocols 1.3, ground-truth 4). One form for SOAP and REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sfsetup.localorg.soap_write import soap_time

if TYPE_CHECKING:
    from sfsetup.localorg.state import Job, State

NO_TESTS = {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0}
"""A pending deploy has it already (ground-truth 4)."""

_SIZES_SINCE = 64.0
DONE = frozenset(("Succeeded", "SucceededPartial", "Failed", "Canceled"))


def deploy_result(
    state: State, job: Job, *, status: str, share: float, details: bool, version: float
) -> dict[str, Any]:
    """What checkDeployStatus tells. `status` and `share` (of the job's time, 0 to 1) are those by the clock."""
    creator = state.users.get(job.created_by)
    canceler = state.users.get(job.canceled_by) if job.canceled_by else None
    options, result = job.options, job.result
    waits = status == "Pending"
    changed = job.completed or (job.created if waits else state.clock.now())
    return {
        "canceledBy": job.canceled_by,
        "canceledByName": canceler.name if canceler else None,
        "checkOnly": options["checkOnly"],
        "completedDate": soap_time(job.completed) if job.completed else None,
        "createdBy": job.created_by,
        "createdByName": creator.name if creator else "",
        "createdDate": soap_time(job.created),
        "details": _details(result, details),
        "done": status in DONE,
        "errorMessage": result.get("errorMessage"),
        "errorStatusCode": result.get("errorStatusCode"),
        "id": job.id,
        "ignoreWarnings": options["ignoreWarnings"],
        "lastModifiedDate": soap_time(changed),
        **_counts(job, status, share),
        "numberFiles": result.get("numberFiles") if version >= _SIZES_SINCE else None,
        "numberTestErrors": result.get("numberTestErrors", 0),
        "numberTestsCompleted": result.get("numberTestsCompleted", 0),
        "numberTestsTotal": result.get("numberTestsTotal", 0),
        "rollbackOnError": options["rollbackOnError"],
        "runTestsEnabled": options["testLevel"] not in (None, "NoTestRun"),
        "startDate": None if waits else result.get("startDate", soap_time(job.created)),
        "stateDetail": result.get("stateDetail"),
        "status": status,
        "success": status in ("Succeeded", "SucceededPartial"),
        "zipSize": options.get("zipSize") if version >= _SIZES_SINCE else None,
    }


_COUNTS = ("numberComponentErrors", "numberComponentsDeployed", "numberComponentsTotal")


def _counts(job: Job, status: str, share: float) -> dict[str, Any]:
    """While a job runs nothing is judged yet: what is told is how much of its time has passed."""
    if status in ("InProgress", "Finalizing", "Canceling"):
        total = int(str(job.options.get("componentCount", 0)))
        return dict(zip(_COUNTS, (0, int(total * share), total), strict=True))
    return {name: job.result.get(name, 0) for name in _COUNTS}


def _details(result: Mapping[str, Any], wanted: bool) -> dict[str, Any]:
    """The element is required by the WSDL: without details it holds the tests' result alone."""
    tests = result.get("tests") or NO_TESTS
    if not wanted:
        return {"runTestResult": tests}
    messages = result.get("messages") or ()
    return {
        "componentFailures": [each for each in messages if not each["success"]],
        "componentSuccesses": [each for each in messages if each["success"]],
        "retrieveResult": result.get("retrieveResult"),
        "runTestResult": tests,
    }
