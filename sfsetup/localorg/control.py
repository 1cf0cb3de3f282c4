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

TOPICS = {
    "switches": "control:switches",
    "faults": "control:armed_faults",
    "clock": "control:clock",
    "jobs": "control:jobs",
    "users": "control:users",
    "callouts": "control:callouts",
    "requests": "vendor.control:requests",
    "vendor": "vendor.control:vendor",
}


def ready(org: LocalOrg, _request: Request) -> Response:
    """GET /sfsetup/ready: the server's own mark, no secret."""
    return Response(200, org.mark.encode(), "text/plain")


def topic(org: LocalOrg, request: Request) -> Response:
    """GET reads a topic, POST changes it, DELETE empties it."""
    name = request.params["topic"]
    if name not in TOPICS:
        raise RestError(404, "NOT_FOUND", f"There is no control topic {name!r}")
    value = request.json() if request.body else None
    try:
        return json_response(_function(TOPICS[name])(org, request.method, value))
    except UsageError as error:
        raise RestError(400, "INVALID_INPUT", " ".join((error.message, *error.actions))) from error


@cache
def _function(name: str) -> Topic:
    module, _, function = name.partition(":")
    found: Topic = getattr(import_module(f"sfsetup.localorg.{module}"), function)
    return found


def switches(org: LocalOrg, method: str, value: Any) -> Any:
    """All switches with their meaning. POST `{name: bool}`; DELETE sets all back."""
    with org.state.transaction():
        if method == "POST":
            for name, wanted in _mapping(value).items():
                org.state.switches.set(name, bool(wanted))
        elif method == "DELETE":
            org.state.settings.set("switches", {})
        standing = org.state.switches.all()
    return {name: asdict(SWITCHES[name]) | {"value": standing[name]} for name in standing}


def armed_faults(org: LocalOrg, method: str, value: Any) -> Any:
    """The armed faults and the table. POST `{name, match?, times?, seconds?, skip?}`; DELETE disarms all."""
    if method == "POST":
        wanted = _mapping(value)
        faults.arm(
            org,
            str(wanted.get("name", "")),
            match=str(wanted.get("match", "")),
            times=int(wanted.get("times", 1)),
            seconds=float(wanted.get("seconds", 0)),
            skip=int(wanted.get("skip", 0)),
        )
    elif method == "DELETE":
        org.state.documents.delete(faults.COLLECTION)
    armed = [entry for _, entry in org.state.documents.items(faults.COLLECTION)]
    return {"armed": armed, "known": {name: asdict(row) for name, row in faults.FAULTS.items()}}


def clock(org: LocalOrg, method: str, value: Any) -> Any:
    """The org's time. POST `{advance: seconds}`."""
    if method == "POST":
        org.state.clock.advance(float(_mapping(value)["advance"]))
    return {"now": org.state.clock.now().isoformat()}


def jobs(org: LocalOrg, method: str, value: Any) -> Any:
    """How long deploys and retrieves take. POST `{seconds: 2}`."""
    if method == "POST":
        org.state.settings.set("job_seconds", max(0.0, float(_mapping(value)["seconds"])))
    return {"seconds": org.state.settings.job_seconds}


def users(org: LocalOrg, method: str, value: Any) -> Any:
    """All users. POST `{username, profile?, isActive?, isFlowUser?, permissions?}` makes or changes one.

    `token: true` also issues an access token, which is in the answer to the POST alone.
    """
    token = None
    if method == "POST":
        wanted = _mapping(value)
        with org.state.transaction():
            user = _put_user(org, wanted)
            token = org.state.sessions.issue(user.id) if wanted.get("token") else None
    found = [asdict(user) for user in org.state.users.all()]
    return {"users": found, "profiles": org.state.permissions.profiles()} | ({"token": token} if token else {})


def _put_user(org: LocalOrg, wanted: dict[str, Any]) -> Any:
    username = str(wanted.get("username", ""))
    if "@" not in username:
        raise UsageError(f"{username!r} is no username: it has the form of an email address")
    state = org.state
    profile = str(wanted.get("profile", "Standard User"))
    if "permissions" in wanted:
        # A profile of its own for a user with exactly these permissions.
        profile = str(wanted.get("profile", f"Profile of {username}"))
        state.permissions.put(profile, label=profile, user_permissions=wanted["permissions"], profile=True)
    if state.permissions.of_profile(profile) is None:
        raise UsageError(f"There is no profile {profile!r}", actions=(", ".join(state.permissions.profiles()),))
    changes = {"is_active": bool(wanted.get("isActive", True)), "is_flow_user": bool(wanted.get("isFlowUser", False))}
    found = state.users.by_username(username)
    if found:
        return state.users.update(found, profile=profile, **changes)
    return state.users.add(username, name=str(wanted.get("name", "")), profile=profile, **changes)


def callouts(org: LocalOrg, method: str, value: Any) -> Any:
    """Hosts that callouts may really reach. POST `{allow: [host, …]}` replaces the list."""
    if method == "POST":
        org.callouts = tuple(str(host) for host in _mapping(value).get("allow", ()))
    return {"allow": list(org.callouts)}


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError("A JSON object is expected")
    return value
