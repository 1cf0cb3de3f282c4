"""retrieve and checkRetrieveStatus: the wire alone."""

from __future__ import annotations

import base64
from typing import Any

from sfsetup.localorg import jobs
from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.org import LocalOrg
from sfsetup.localorg.soap_deploy import async_result, job_of
from sfsetup.localorg.soap_fault import SoapFault
from sfsetup.localorg.soap_parse import Call, child, children, text_of, truth
from sfsetup.localorg.soap_write import NIL
from sfsetup.localorg.state import Job, User


def retrieve(org: LocalOrg, user: User, call: Call, version: float) -> dict[str, Any]:
    """AsyncResult of a queued retrieve. The child is `retrieveRequest`, or `request` from jsforce."""
    element = child(call.element, "retrieveRequest", "request")
    if element is None:
        raise SoapFault("INVALID_OPERATION", f"retrieveRequest is missing{OURS}")
    unpackaged = child(element, "unpackaged")
    members: dict[str, list[str]] = {}
    for entry in children(unpackaged, "types") if unpackaged is not None else ():
        name = text_of(entry, "name")
        if name:
            members.setdefault(name, []).extend((each.text or "").strip() for each in children(entry, "members"))
    asked = text_of(element, "apiVersion") or (text_of(unpackaged, "version") if unpackaged is not None else None)
    request = {
        "members": members,
        "singlePackage": truth(text_of(element, "singlePackage"), False),
        "packageNames": [(each.text or "").strip() for each in children(element, "packageNames")],
        "specificFiles": [(each.text or "").strip() for each in children(element, "specificFiles")],
        "apiVersion": asked or f"{version:.1f}",
    }
    return async_result(jobs.queue_retrieve(org, user.id, request), "Pending")


def check_retrieve_status(org: LocalOrg, _user: User, call: Call, _version: float) -> dict[str, Any]:
    """RetrieveResult. A missing includeZip means true."""
    job = job_of(org, call.text("asyncProcessId"), "retrieve")
    return retrieve_result(job, jobs.shown_status(org.state, job), zipped=truth(call.text("includeZip"), True))


def retrieve_result(job: Job, status: str, *, zipped: bool) -> dict[str, Any]:
    """In the WSDL's order. Without an archive zipFile is nil, as orgs send it (ground-truth 4)."""
    return {
        "done": job.completed is not None,
        "errorMessage": job.result.get("errorMessage"),
        "errorStatusCode": job.result.get("errorStatusCode"),
        "fileProperties": job.result.get("fileProperties"),
        "id": job.id,
        "messages": job.result.get("messages"),
        "status": status,
        "success": status == "Succeeded",
        "zipFile": base64.b64encode(job.payload) if zipped and job.payload else NIL,
    }
