"""sfsetup's own routes: switches, faults, clock, users, callouts, request log, vendor stand-in. No org has them.

A topic is a row: its name and the function that answers, `function(org, method, value) -> JSON value`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from importlib import import_module
from typing import Any

from sfsetup.errors import UsageError
from sfsetup.localorg import faults
from sfsetup.localorg.http import Request, Response, RestError, json_response
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.switches import SWITCHES

Topic = Callable[[LocalOrg, str, Any], Any]

MOST = 1e12
"""No number that a topic takes is as large; NaN is no number either."""

TOPICS = {
    "switches": "control:switches",
    "faults": "control:armed_faults",
    "clock": "control:clock",
    "jobs": "control:jobs",
    "users": "control_people:users",
    "tokens": "control_people:tokens",
    "apps": "control_people:apps",
    "callouts": "control:callouts",
    "requests": "vendor.control:requests",
    "vendor": "vendor.control:vendor",
}


def ready(org: LocalOrg, _request: Request) -> Response:
    """GET /sfsetup/ready: the server's own mark, no secret."""
    return Response(200, org.mark.encode(), "text/plain")


def topic(org: LocalOrg, request: Request) -> Response:
    """GET reads a topic, POST changes it, DELETE empties it."""
    value = request.json() if request.body else None
    try:
        return json_response(run(org, request.params["topic"], request.method, value))
    except UsageError as error:
        raise RestError(400, "INVALID_INPUT", " ".join((error.message, *error.actions))) from error


def run(org: LocalOrg, name: str, method: str, value: Any) -> Any:
    """The answer of a topic. Raises UsageError."""
    if name not in TOPICS:
        raise UsageError(f"There is no control topic {name!r}", actions=(f"Known are: {', '.join(TOPICS)}.",))
    return _function(TOPICS[name])(org, method, value)


@cache
def _function(name: str) -> Topic:
    module, _, function = name.partition(":")
    found: Topic = getattr(import_module(f"sfsetup.localorg.{module}"), function)
    return found


def switches(org: LocalOrg, method: str, value: Any) -> Any:
    """All switches with their meaning. POST `{name: bool}`; DELETE sets all back."""
    with org.state.transaction():
        if method == "POST":
            for name, wanted in mapping(value).items():
                if not isinstance(wanted, bool):
                    raise UsageError(f"The switch {name} is turned with true or false")
                org.state.switches.set(name, wanted)
        elif method == "DELETE":
            org.state.settings.set("switches", {})
        standing = org.state.switches.all()
    return {name: asdict(SWITCHES[name]) | {"value": standing[name]} for name in standing}


def armed_faults(org: LocalOrg, method: str, value: Any) -> Any:
    """The armed faults and the table. POST `{name, match?, times?, seconds?, skip?}`; DELETE disarms all."""
    if method == "POST":
        wanted = mapping(value)
        faults.arm(
            org,
            str(wanted.get("name", "")),
            match=str(wanted.get("match", "")),
            times=int(number({"times": 1, **wanted}, "times")),
            seconds=number({"seconds": 0, **wanted}, "seconds"),
            skip=int(number({"skip": 0, **wanted}, "skip")),
        )
    elif method == "DELETE":
        org.state.documents.delete(faults.COLLECTION)
    armed = [entry for _, entry in org.state.documents.items(faults.COLLECTION)]
    return {"armed": armed, "known": {name: asdict(row) for name, row in faults.FAULTS.items()}}


def clock(org: LocalOrg, method: str, value: Any) -> Any:
    """The org's time. POST `{advance: seconds}`; DELETE goes by the machine's clock again."""
    if method == "POST":
        org.state.clock.advance(number(value, "advance"))
    elif method == "DELETE":
        org.state.settings.set("clock_offset", 0)
    return {"now": org.state.clock.now().isoformat()}


def jobs(org: LocalOrg, method: str, value: Any) -> Any:
    """How long deploys and retrieves take. POST `{seconds: 2}`."""
    if method == "POST":
        org.state.settings.set("job_seconds", max(0.0, number(value, "seconds")))
    return {"seconds": org.state.settings.job_seconds}


def callouts(org: LocalOrg, method: str, value: Any) -> Any:
    """Hosts that callouts may really reach. POST `{allow: [host, …]}` replaces the list."""
    if method == "POST":
        hosts = mapping(value).get("allow", [])
        if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
            raise UsageError("allow is a list of hosts")
        org.callouts = tuple(hosts)
    return {"allow": list(org.callouts)}


def mapping(value: Any) -> dict[str, Any]:
    """The value as an object. Raises UsageError."""
    if not isinstance(value, dict):
        raise UsageError("A JSON object is expected")
    return value


def number(value: Any, name: str) -> float:
    """A number of an object. Raises UsageError."""
    found = mapping(value).get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) < MOST:
        raise UsageError(f"{name} must be a number")
    return float(found)
