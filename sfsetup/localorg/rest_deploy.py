"""metadata/deployRequest: deploy, status, cancel and quick deploy over REST (wire-protocols 2.2): the wire alone."""

from __future__ import annotations

from typing import Any

from sfsetup.localorg import jobs
from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.deploy.options import DeployOptions, problem_of
from sfsetup.localorg.http import Part, Request, Response, RestError, json_response, read_json
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.soap import METADATA_RIGHTS, NO_METADATA_RIGHT
from sfsetup.localorg.soap_deploy import status_of
from sfsetup.localorg.soap_parse import truth
from sfsetup.localorg.state import Job

_FLAGS = {
    "allowMissingFiles": ("allow_missing_files", False),
    "autoUpdatePackage": ("auto_update_package", False),
    "checkOnly": ("check_only", False),
    "ignoreWarnings": ("ignore_warnings", False),
    "performRetrieve": ("perform_retrieve", False),
    "purgeOnDelete": ("purge_on_delete", False),
    "rollbackOnError": ("rollback_on_error", True),
    "singlePackage": ("single_package", False),
}
_OPTIONS_PARTS = ("entity_content", "json")
"""Names of the part with the options: sf and the documentation use the first, CumulusCI the second."""


def create(org: LocalOrg, request: Request) -> Response:
    """POST: a multipart body deploys, a JSON body with validatedDeployRequestId deploys quickly."""
    _check_rights(org, request)
    if not request.headers.get("content-type", "").lower().startswith("multipart/"):
        return _quick(org, request)
    archive = next((part for part in request.parts if part.name == "file" or _is_zip(part)), None)
    described = next((part for part in request.parts if part.name in _OPTIONS_PARTS or _is_json(part)), None)
    if archive is None:
        raise RestError(400, "INVALID_MULTIPART_REQUEST", f"the part with the zip is missing{OURS}")
    content = read_json(described.data, "The part with the options") if described else {}
    options = _options(content.get("deployOptions", {}) if isinstance(content, dict) else {}, request.version)
    problem = problem_of(options, org.state.settings.org)
    if problem is not None:
        raise RestError(400, "INVALID_OPERATION", problem)
    job = jobs.queue_deploy(org, request.actor.id, archive.data, options)
    return json_response(_described(org, request, job, details=False), 201)


def one(org: LocalOrg, request: Request) -> Response:
    """GET tells the state; PATCH with status Canceling cancels."""
    _check_rights(org, request)
    job = org.state.jobs.get(request.params["id"])
    if job is None or job.kind != "deploy":
        raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
    if request.method == "PATCH":
        return _cancel(org, request, job)
    return json_response(_described(org, request, job, details=truth(request.query.get("includeDetails"), False)))


def _quick(org: LocalOrg, request: Request) -> Response:
    content = request.json() if request.body else None
    validation = content.get("validatedDeployRequestId") if isinstance(content, dict) else None
    if not isinstance(validation, str):
        raise RestError(400, "INVALID_MULTIPART_REQUEST", f"a zip or validatedDeployRequestId is expected{OURS}")
    try:
        job = jobs.quick_deploy(org, request.actor.id, validation, request.version)
    except jobs.CannotQuickDeploy as error:
        raise RestError(400, "INVALID_ID_FIELD", f"Cannot quick deploy: {error}{OURS}") from error
    return json_response({"validatedDeployRequestId": validation, **_described(org, request, job, details=False)}, 201)


def _cancel(org: LocalOrg, request: Request, job: Job) -> Response:
    content = request.json()
    result = content.get("deployResult") if isinstance(content, dict) else None
    if not isinstance(result, dict) or result.get("status") != "Canceling":
        text = 'only {"deployResult": {"status": "Canceling"}} can be sent'
        raise RestError(400, "INVALID_INPUT", f"{text}{OURS}")
    if job.completed is not None:
        raise RestError(400, "INVALID_ID_FIELD", "Deployment already completed")
    try:
        jobs.cancel(org, job, by=request.actor.id)
    except jobs.CannotCancel as error:
        raise RestError(400, "INVALID_ID_FIELD", f"Cannot cancel: {error}{OURS}") from error
    current = org.state.jobs.get(job.id) or job
    return json_response(_described(org, request, current, details=False), 202)


def _described(org: LocalOrg, request: Request, job: Job, *, details: bool) -> dict[str, Any]:
    result = status_of(org, job, details=details, version=request.version)
    options = DeployOptions.from_stored(job.options)
    return {
        "id": job.id,
        "url": f"{request.base_url}/services/data/v{request.params['version']}/metadata/deployRequest/{job.id}",
        "deployOptions": options.as_json(),
        "deployResult": result,
    }


def _options(given: Any, version: float) -> DeployOptions:
    """Booleans may come as strings (CumulusCI); unknown keys are ignored."""
    values = given if isinstance(given, dict) else {}
    flags = {ours: _flag(values.get(theirs), default) for theirs, (ours, default) in _FLAGS.items()}
    tests = values.get("runTests")
    level = values.get("testLevel")
    return DeployOptions(
        **flags,
        run_tests=tuple(str(each) for each in tests) if isinstance(tests, list) else (),
        test_level=str(level) if level is not None else None,
        api_version=version,
    )


def _flag(value: Any, default: bool) -> bool:
    return value if isinstance(value, bool) else truth(None if value is None else str(value), default)


def _check_rights(org: LocalOrg, request: Request) -> None:
    rights = org.state.permissions.of_user(request.actor.id)
    if not any(rights.may(name) for name in METADATA_RIGHTS):
        raise RestError(403, "INSUFFICIENT_ACCESS", NO_METADATA_RIGHT)


def _is_zip(part: Part) -> bool:
    return part.content_type.startswith("application/zip") or part.data[:2] == b"PK"


def _is_json(part: Part) -> bool:
    return part.content_type.startswith("application/json")
