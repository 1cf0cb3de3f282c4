"""Wire of /actions: lists, descriptions and runs of invocable actions (wire-protocols 2.3, external-services 7.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sfsetup.localorg.http import OURS, Request, Response, RestError, json_response
from sfsetup.localorg.invocable import Invocables, outputs_json
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.runtime import runtime_of

MAX_INPUTS = 200
"""Interviews that one request may start."""


def kinds(_org: LocalOrg, request: Request) -> Response:
    """GET /actions/custom: every kind and its URL."""
    base = _base(request)
    return json_response({kind: f"{base}/{kind}" for kind in ("externalService", "flow")})


def root(_org: LocalOrg, request: Request) -> Response:
    """GET /actions."""
    base = f"/services/data/v{request.params['version']}/actions"
    return json_response({"custom": f"{base}/custom", "standard": f"{base}/standard"})


def flows(org: LocalOrg, request: Request) -> Response:
    """GET /actions/custom/flow."""
    base = f"{_base(request)}/flow"
    entries = [
        {"label": label, "name": name, "type": "FLOW", "url": f"{base}/{quote(name)}"}
        for name, label in _invocables(org, request).flow_names()
    ]
    return json_response({"actions": entries})


def flow(org: LocalOrg, request: Request) -> Response:
    """GET describes a flow; POST runs it once for each object in `inputs`."""
    name = request.params["name"]
    invocables = _invocables(org, request)
    if request.method == "GET":
        described = invocables.describe_flow(name)
        if described is None:
            raise _not_found()
        return json_response(described)
    results = []
    for inputs in _inputs(request):
        found = invocables.run_flow(name, inputs)
        if found is None:
            raise _not_found()
        results.append(found)
    status = 200 if all(found.ok for found in results) else 400
    return json_response([found.as_json(request.version) for found in results], status)


def services(org: LocalOrg, request: Request) -> Response:
    """GET /actions/custom/externalService."""
    base = f"{_base(request)}/externalService"
    entries = [
        {"label": a.label, "name": a.name, "type": "EXTERNAL_SERVICE", "url": f"{base}/{quote(a.name, safe='')}"}
        for a in runtime_of(org).services.actions()
    ]
    return json_response({"actions": entries})


def service(org: LocalOrg, request: Request) -> Response:
    """GET describes an operation, unless the switch hides it; POST calls it."""
    name = request.params["name"]
    invocables = _invocables(org, request)
    if not org.state.switches.on("external-service-actions-described"):
        raise _not_found()
    if request.method == "GET":
        described = invocables.describe_service(name)
        if described is None:
            raise _not_found()
        return json_response(described)
    entries = []
    for inputs in _inputs(request):
        result = invocables.run_service(name, inputs)
        if result is None:
            raise _not_found()
        failed = result.fault is not None
        errors: list[dict[str, Any]] | None = (
            [{"statusCode": "UNKNOWN_EXCEPTION", "message": result.fault, "fields": []}] if failed else None
        )
        entries.append(
            {
                "actionName": name,
                "errors": errors,
                "isSuccess": not failed,
                "outputValues": None if failed else outputs_json(result),
            }
        )
    return json_response(entries, 400 if any(not entry["isSuccess"] for entry in entries) else 200)


def _invocables(org: LocalOrg, request: Request) -> Invocables:
    return Invocables(org, runtime_of(org), request.actor)


def _base(request: Request) -> str:
    return f"/services/data/v{request.params['version']}/actions/custom"


def _inputs(request: Request) -> list[dict[str, Any]]:
    """The objects of `inputs`; a request without any runs once with none."""
    body = request.json() if request.body else {}
    inputs = body.get("inputs", [{}]) if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not all(isinstance(entry, dict) for entry in inputs):
        text = f"The body must be an object whose 'inputs' is a list of objects{OURS}"
        raise RestError(400, "JSON_PARSER_ERROR", text)
    if len(inputs) > MAX_INPUTS:
        raise RestError(400, "INVALID_INPUT", f"No more than {MAX_INPUTS} inputs can be given in one request{OURS}")
    return inputs or [{}]


def _not_found() -> RestError:
    return RestError(404, "NOT_FOUND", "The requested resource does not exist")
