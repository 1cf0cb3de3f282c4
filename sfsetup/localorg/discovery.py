"""What an org tells about itself before anything else: API versions and resources (wire-protocols 2.1)."""

from __future__ import annotations

from sfsetup.localorg.http import Request, Response, RestError, json_response
from sfsetup.localorg.org import LocalOrg, api_versions

_RELEASES = ("Winter", "Spring", "Summer")


def versions(_org: LocalOrg, _request: Request) -> Response:
    """GET /services/data: oldest first; clients take the last."""
    found = [
        {"label": _label(version), "url": f"/services/data/v{version}", "version": version}
        for version in api_versions()
    ]
    return json_response(found)


def _label(version: str) -> str:
    """Release of an API version: 65.0 is Winter '26, 66.0 Spring '26, 67.0 Summer '26 (metadata-types, releases)."""
    number = int(version.split(".", maxsplit=1)[0])
    release = _RELEASES[(number - 65) % 3]
    year = 26 + (number - 65) // 3
    return f"{release} '{year % 100:02d}"


def resources(org: LocalOrg, request: Request) -> Response:
    """GET /services/data/vNN.0: the map of resources. sf calls it to see whether its session lives."""
    if request.headers.get("authorization"):
        token = request.headers["authorization"].partition(" ")[2].strip()
        session = org.state.sessions.find(token)
        if session is None or session.expired:
            raise RestError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        user_id = session.user_id
    else:
        user_id = org.state.admin_id
    base = f"/services/data/v{request.params['version']}"
    found = {
        name: f"{base}/{name}"
        for name in ("actions", "composite", "limits", "metadata", "query", "sobjects", "tooling", "named-credentials")
    }
    found["identity"] = f"{request.base_url}/id/{org.state.settings.org.id}/{user_id}"
    return json_response(found)
