"""Wire of /limits: what is left. The numbers that nothing in the local org uses up stay at their maximum."""

from __future__ import annotations

from sfsetup.localorg.http import Request, Response, json_response
from sfsetup.localorg.org import LocalOrg

_STILL = {
    "ConcurrentAsyncGetReportInstances": 200,
    "DailyApexExecutions": 250_000,
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyStreamingApiEvents": 10_000,
    "DataStorageMB": 5,
    "FileStorageMB": 20,
    "HourlyTimeBasedWorkflow": 50,
    "MassEmail": 10,
    "SingleEmail": 15,
}
"""Names of resources_limits; the figures are the local org's choice (a Developer Edition's order of magnitude)."""


def limits(org: LocalOrg, _request: Request) -> Response:
    """GET /limits."""
    left = max(0, org.call_limit - org.calls)
    found = {"DailyApiRequests": {"Max": org.call_limit, "Remaining": left}}
    found |= {name: {"Max": most, "Remaining": most} for name, most in _STILL.items()}
    return json_response(dict(sorted(found.items())))
