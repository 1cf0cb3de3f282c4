"""Control topics `vendor` and `requests` (what `sfsetup local vendor` and `local requests` ask)."""

from __future__ import annotations

from typing import Any

from sfsetup.errors import UsageError
from sfsetup.localorg.callout import request_log
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.runtime import runtime_of
from sfsetup.localorg.vendor.settings import Failure


def requests(org: LocalOrg, method: str, _value: Any) -> Any:
    """The callouts, oldest first, secrets redacted. DELETE empties the log."""
    if method == "DELETE":
        org.state.documents.delete(request_log.COLLECTION)
    return {"requests": request_log.read(org.state.documents)}


def vendor(org: LocalOrg, method: str, value: Any) -> Any:
    """Settings of the stand-ins. POST `{accept?, fail?: [{status, times, operation?}], latency?, validate?, expire?}`.

    `accept: null` takes any well-formed credential again; DELETE forgets everything.
    """
    runtime = runtime_of(org)
    settings = runtime.settings
    if method == "DELETE":
        settings.clear()
    elif method == "POST":
        if not isinstance(value, dict):
            raise UsageError("A JSON object is expected")
        _apply(runtime, value)
    services = [
        {
            "service": action.service,
            "action": action.name,
            "method": action.operation.method.upper(),
            "path": action.document.base_path + action.operation.path,
        }
        for action in runtime.services.actions()
    ]
    return {**settings.shown(), "operations": services}


def _apply(runtime: Any, value: dict[str, Any]) -> None:
    settings = runtime.settings
    if "accept" in value:
        secret = value["accept"]
        if secret is not None and (not isinstance(secret, str) or not secret):
            raise UsageError("The secret to accept is a text that is not empty")
        settings.accept(secret)
    failures = value.get("fail") or []
    if not isinstance(failures, list) or not all(isinstance(entry, dict) for entry in failures):
        raise UsageError("fail is a list of objects with status, times and operation")
    for entry in failures:
        status, times = entry.get("status"), entry.get("times", 1)
        if isinstance(status, bool) or not isinstance(status, int) or not (status == 0 or 300 <= status <= 599):
            raise UsageError(f"{status!r} is no status to fail with: 300 to 599, or 0 for a cut connection")
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise UsageError("A failure happens at least once")
        settings.fail(Failure(status, times, entry.get("operation")))
    if "latency" in value:
        latency = value["latency"]
        if isinstance(latency, bool) or not isinstance(latency, int | float) or not 0 <= latency <= 300:
            raise UsageError("Latency is given in seconds, 0 to 300")
        settings.set("latency", latency)
    if "validate" in value:
        settings.set("validate", bool(value["validate"]))
    if value.get("expire"):
        runtime.stand_in.tokens.expire()
