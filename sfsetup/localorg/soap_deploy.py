"""deploy, checkDeployStatus, cancelDeploy, deployRecentValidation and the old checkStatus: the wire alone."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from sfsetup.localorg import jobs
from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.deploy.options import DeployOptions, problem_of
from sfsetup.localorg.deploy.result import deploy_result
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.soap_fault import SoapFault
from sfsetup.localorg.soap_parse import Call, child, children, text_of, truth
from sfsetup.localorg.state import Job, User


def deploy(org: LocalOrg, user: User, call: Call, version: float) -> dict[str, Any]:
    """AsyncResult of a queued deploy."""
    data = _zip(call)
    options = _options(child(call.element, "DeployOptions"), version)
    problem = problem_of(options, org.state.settings.org)
    if problem is not None:
        raise SoapFault("INVALID_OPERATION", problem)
    return async_result(jobs.queue_deploy(org, user.id, data, options), "Pending")


def check_deploy_status(org: LocalOrg, _user: User, call: Call, version: float) -> dict[str, Any]:
    """DeployResult."""
    job = job_of(org, call.text("asyncProcessId"), "deploy")
    details = truth(call.text("includeDetails"), False)
    return status_of(org, job, details=details, version=version)


def status_of(org: LocalOrg, job: Job, *, details: bool, version: float) -> dict[str, Any]:
    """The DeployResult of a job by the clock."""
    status, share = jobs.shown_status(org.state, job, version), jobs.share_done(org.state, job)
    return deploy_result(org.state, job, status=status, share=share, details=details, version=version)


def cancel_deploy(org: LocalOrg, user: User, call: Call, _version: float) -> dict[str, Any]:
    """CancelDeployResult: done is true when the job was still queued. The child is `String`, or `id` from jsforce."""
    job = job_of(org, call.text("String", "id", "asyncProcessId"), "deploy")
    if job.completed is not None:
        # Seen: salesforcecli/plugin-source#513.
        raise SoapFault("INVALID_ID_FIELD", "Deployment already completed")
    try:
        return {"done": jobs.cancel(org, job, by=user.id), "id": job.id}
    except jobs.CannotCancel as error:
        raise SoapFault("INVALID_ID_FIELD", f"Cannot cancel: {error}{OURS}") from error


def deploy_recent_validation(org: LocalOrg, user: User, call: Call, version: float) -> str:
    """The id of the quick deploy, as plain text."""
    try:
        return jobs.quick_deploy(org, user.id, call.text("validationId") or "", version).id
    except jobs.CannotQuickDeploy as error:
        raise SoapFault("INVALID_ID_FIELD", f"Cannot quick deploy: {error}{OURS}") from error


def check_status(org: LocalOrg, _user: User, call: Call, _version: float) -> dict[str, Any]:
    """AsyncResult of either kind of job; clients of old versions still ask for it."""
    job = job_of(org, call.text("asyncProcessId"), None)
    return async_result(job, jobs.shown_status(org.state, job))


def async_result(job: Job, status: str) -> dict[str, Any]:
    """AsyncResult in the WSDL's order."""
    done = job.completed is not None
    failed = status in ("Failed", "Canceled")
    state = {"Pending": "Queued"}.get(status, ("Error" if failed else "Completed") if done else "InProgress")
    return {
        "done": done,
        "id": job.id,
        "message": job.result.get("errorMessage"),
        "state": state,
        "statusCode": job.result.get("errorStatusCode"),
    }


def job_of(org: LocalOrg, identifier: str | None, kind: str | None) -> Job:
    """The job, or SoapFault."""
    job = org.state.jobs.get(identifier) if identifier and len(identifier) in (15, 18) else None
    if job is None or kind not in (None, job.kind):
        raise SoapFault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    return job


def _zip(call: Call) -> bytes:
    element = child(call.element, "ZipFile")
    own = (element.text or "").strip().encode() if element is not None else b""
    # What was cut out of the text may have stood in a comment; then the element still has its own.
    text = call.archive if call.archive is not None and element is not None and not own else own
    if not text.strip():
        raise SoapFault("INVALID_OPERATION", f"ZipFile is missing{OURS}")
    try:
        return base64.b64decode(text.translate(None, b" \t\r\n"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SoapFault("Client", f"'ZipFile' is not base64{OURS}") from error


def _options(element: Any, version: float) -> DeployOptions:
    """Any order, unknown elements and stray text ignored (wire-protocols rule 5)."""
    if element is None:
        return DeployOptions(api_version=version)

    def flag(name: str, default: bool) -> bool:
        return truth(text_of(element, name), default)

    return DeployOptions(
        allow_missing_files=flag("allowMissingFiles", False),
        auto_update_package=flag("autoUpdatePackage", False),
        check_only=flag("checkOnly", False),
        ignore_warnings=flag("ignoreWarnings", False),
        perform_retrieve=flag("performRetrieve", False),
        purge_on_delete=flag("purgeOnDelete", False),
        rollback_on_error=flag("rollbackOnError", True),
        run_tests=tuple((each.text or "").strip() for each in children(element, "runTests")),
        single_package=flag("singlePackage", False),
        test_level=text_of(element, "testLevel"),
        api_version=version,
    )
