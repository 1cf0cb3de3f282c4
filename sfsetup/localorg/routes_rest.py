"""Routes of the REST side: sobjects, query, tooling, Connect, actions, limits. `routes.py` joins the tables."""

from __future__ import annotations

from sfsetup.localorg.http import Route

_DATA = "/services/data/v{version}"
_CUSTOM = f"{_DATA}/actions/custom"

REST: tuple[Route, ...] = (
    Route(f"{_DATA}/actions", ("GET",), "actions:root"),
    Route(_CUSTOM, ("GET",), "actions:kinds"),
    Route(f"{_CUSTOM}/flow", ("GET",), "actions:flows"),
    Route(f"{_CUSTOM}/flow/{{name}}", ("GET", "POST"), "actions:flow"),
    Route(f"{_CUSTOM}/externalService", ("GET",), "actions:services"),
    Route(f"{_CUSTOM}/externalService/{{name}}", ("GET", "POST"), "actions:service"),
)
