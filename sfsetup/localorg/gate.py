"""Admission: what must hold before a handler sees a request: API version, session, due jobs."""

from __future__ import annotations

import re
from dataclasses import replace

from sfsetup.localorg.http import Access, Request, RestError, Route
from sfsetup.localorg.org import NEWEST_API, OLDEST_API, LocalOrg
from sfsetup.localorg.refusal import OURS

_DATA = "/services/data/"
_VERSION = re.compile(r"([1-9][0-9]{0,2})\.0\Z")


def admit(org: LocalOrg, row: Route, request: Request) -> Request:
    """The request with its user, or RestError. Jobs that have become due run first, whoever asks for what."""
    if "version" in request.params and not row.path.startswith("/services/Soap"):
        _check_version(request.params["version"])
    if row.access is not Access.OPEN:
        token = _token(request)
        session = org.state.sessions.find(token) if token else None
        user = org.state.users.get(session.user_id) if session and not session.expired else None
        if user is None or not user.is_active:
            raise RestError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if row.access is Access.CONTROL and user.id != org.state.admin_id:
            raise RestError(403, "INSUFFICIENT_ACCESS", f"Only the administrator may do this{OURS}")
        if row.path.startswith(_DATA) and not org.state.permissions.of_user(user.id).may("ApiEnabled"):
            # the code is inferred (wire-protocols 1.6), the words are those of the SOAP side
            raise RestError(403, "API_DISABLED_FOR_ORG", f"the user has no permission API Enabled{OURS}")
        request = replace(request, user=user, token=token)
    if not row.at_once:
        run_due_jobs(org)
    return request


def run_due_jobs(org: LocalOrg) -> None:
    """Runs the deploys and retrieves whose time has come."""
    if org.state.jobs.any_unfinished():
        from sfsetup.localorg.jobs import run_due

        run_due(org)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    # "OAuth <token>" is the older spelling that Salesforce takes as well.
    return token.strip() if scheme.lower() in ("bearer", "oauth") else ""


def _check_version(text: str) -> None:
    found = _VERSION.match(text)
    number = int(found.group(1)) if found else 0
    if found and number < OLDEST_API:
        # wire-protocols 2.4: REST with a retired version
        raise RestError(410, "GONE", f"API version {text} is retired{OURS}")
    if number > NEWEST_API or not found:
        raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
