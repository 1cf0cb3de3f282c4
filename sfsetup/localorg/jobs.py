"""Deploy and retrieve jobs: queueing, running what is due, cancelling, quick deploys.

What a job's state is follows from the org's clock: Pending for the first tenth of its time, then InProgress, for the
last tenth of a deploy Finalizing, and at its due time whoever sends the next request has it run. One job runs at a
time, in the order of their due times.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sfsetup.errors import InvalidInput
from sfsetup.localorg.deploy.messages import OURS
from sfsetup.localorg.deploy.options import DeployOptions
from sfsetup.localorg.deploy.package import NoPackage, unpack
from sfsetup.localorg.soap_write import soap_time
from sfsetup.localorg.state import Job, State
from sfsetup.localorg.state.trouble import trouble_of

if TYPE_CHECKING:
    from sfsetup.localorg.org import LocalOrg

log = logging.getLogger("sfsetup.localorg")

_GUARD = threading.Lock()
_DEFECT = "An unexpected error occurred. This is a defect of the local org; its log has the details."
PENDING_SHARE = 0.1
"""The part of a job's time that it waits in the queue."""
FINALIZING_SHARE = 0.9
"""The part of a deploy's time after which it is finalized. Such a phase is documented (wire-protocols 1.3); how long it
takes is the local org's own choice."""
FINALIZING_SINCE = 65.0
"""The API version from which the status is told; older ones see InProgress."""
VALIDATION_DAYS = 10
"""How long a validation can be deployed quickly (wire-protocols 1.4)."""


class CannotCancel(Exception):
    """The deploy is past the point where it could be cancelled; the text says why."""


class CannotQuickDeploy(Exception):
    """The validation is not one that can be deployed quickly; the text says why."""


def queue_deploy(org: LocalOrg, user_id: str, data: bytes, options: DeployOptions) -> Job:
    """Queues a deploy of a zip."""
    known = options.stored() | {"zipSize": len(data)}
    if org.state.settings.job_seconds > 0:
        known["componentCount"] = _component_count(data)
    return org.state.jobs.add("deploy", by=user_id, options=known, payload=data)


def queue_retrieve(org: LocalOrg, user_id: str, request: dict[str, Any]) -> Job:
    """Queues a retrieve; `request` is what `retrieve.run_retrieve` reads."""
    return org.state.jobs.add("retrieve", by=user_id, options=request)


def quick_deploy(org: LocalOrg, user_id: str, validation_id: str, version: float) -> Job:
    """Queues the deploy of what a validation has proven. Raises CannotQuickDeploy (rules: wire-protocols 1.4)."""
    with org.state.transaction():
        # inside, so that of two who ask at once one is the second
        return _quick_deploy(org, user_id, validation_id, version)


def _quick_deploy(org: LocalOrg, user_id: str, validation_id: str, version: float) -> Job:
    found = org.state.jobs.get(validation_id)
    if found is None or found.kind != "deploy":
        raise CannotQuickDeploy(f"no deployment has the id {validation_id}")
    if not found.options.get("checkOnly"):
        raise CannotQuickDeploy("the deployment was no validation (checkOnly)")
    if found.status != "Succeeded" or found.completed is None:
        raise CannotQuickDeploy("the validation has not succeeded")
    if found.options.get("testLevel") in (None, "NoTestRun"):
        raise CannotQuickDeploy("the validation ran no Apex tests")
    if org.state.clock.now() - found.completed > timedelta(days=VALIDATION_DAYS):
        raise CannotQuickDeploy(f"the validation is older than {VALIDATION_DAYS} days")
    if not found.payload:
        raise CannotQuickDeploy("the validation has been deployed already")
    options = dict(found.options) | {"checkOnly": False, "apiVersion": version}
    job = org.state.jobs.add("deploy", by=user_id, options=options, payload=found.payload)
    org.state.jobs.save(replace(found, payload=b""))
    return job


def shown_status(state: State, job: Job, version: float = 0.0) -> str:
    """The job's status by the clock, as callers of this API version see it."""
    if version >= FINALIZING_SINCE and is_finalizing(state, job):
        return "Finalizing"
    if job.completed is not None or job.status != "Pending":
        return job.status
    span = (job.due - job.created).total_seconds()
    passed = (state.clock.now() - job.created).total_seconds()
    return "Pending" if span <= 0 or passed < span * PENDING_SHARE else "InProgress"


def is_finalizing(state: State, job: Job) -> bool:
    """True while a deploy that changes the org is being finalized."""
    return (
        job.kind == "deploy"
        and job.completed is None
        and job.status == "Pending"
        and not job.options.get("checkOnly")
        and share_done(state, job) >= FINALIZING_SHARE
        and state.switches.on("deploys-finalize")
    )


def share_done(state: State, job: Job) -> float:
    """How much of the job's time has passed, from 0 to 1."""
    span = (job.due - job.created).total_seconds()
    passed = (state.clock.now() - job.created).total_seconds()
    return 0.0 if span <= 0 else min(1.0, max(0.0, passed / span))


def cancel(org: LocalOrg, job: Job, *, by: str) -> bool:
    """Cancels a deploy. True: it was still queued and is cancelled; False: it runs, and will be Canceled soon.

    A job that has ended stays as it is (False). Raises CannotCancel for one that is being finalized: documented, what
    an org answers is not known. Source: wire-protocols 1.3, 1.4.
    """
    # A job that is being run has its end before it can be cancelled: what was cancelled is never stored.
    with _lock_of(org), org.state.transaction():
        current = org.state.jobs.get(job.id)
        if current is None or current.completed is not None:
            return False
        if is_finalizing(org.state, current):
            raise CannotCancel("the deployment is being finalized")
        now = org.state.clock.now()
        if shown_status(org.state, current) == "Pending":
            org.state.jobs.save(_canceled(current, now, by))
            return True
        # Ending takes a tenth of the job's own time.
        ends = now + (current.due - current.created) * PENDING_SHARE
        due = min(current.due, ends)
        org.state.jobs.save(replace(current, status="Canceling", canceled_by=by, due=due))
        return False


def run_due(org: LocalOrg) -> None:
    """Runs every job whose time has come. Safe from any thread; a second caller waits for the first."""
    with _lock_of(org):
        for identifier in org.state.jobs.due(org.state.clock.now()):
            job = org.state.jobs.get(identifier)
            if job is not None and job.completed is None:
                _run(org, job)


def _lock_of(org: LocalOrg) -> threading.Lock:
    with _GUARD:
        lock: threading.Lock = org.live.setdefault("job_lock", threading.Lock())
        return lock


def _run(org: LocalOrg, job: Job) -> None:
    if job.status == "Canceling":
        org.state.jobs.save(_canceled(job, max(job.due, job.created), job.canceled_by or job.created_by))
        return
    try:
        if job.kind == "deploy":
            from sfsetup.localorg.deploy.run import run_deploy

            run_deploy(org, job)
        else:
            from sfsetup.localorg.retrieve import run_retrieve

            run_retrieve(org, job)
    except Exception as error:  # noqa: BLE001 a defect must not keep a job pending for ever, nor take the server down
        _fail(org, job, error)


def _fail(org: LocalOrg, job: Job, error: Exception) -> None:
    """Ends a job of which nothing was stored. It waits where even its end cannot be written."""
    told = trouble_of(error) if isinstance(error, sqlite3.Error) else None
    if told is None:
        log.error("unexpected error in job %s", job.id, exc_info=error)
    message = f"{told}{OURS}" if told else _DEFECT
    outcome = {"errorStatusCode": "UNKNOWN_EXCEPTION", "errorMessage": message}
    now = org.state.clock.now()
    try:
        org.state.jobs.save(replace(job, status="Failed", completed=now, payload=b"", result=outcome))
    except sqlite3.Error as again:
        reason = trouble_of(again)
        if reason is None:
            raise
        if job.id not in org.live.setdefault("jobs_that_wait", set()):
            org.live["jobs_that_wait"].add(job.id)
            log.warning("job %s waits: %s", job.id, reason)


def _canceled(job: Job, moment: datetime, by: str) -> Job:
    result = dict(job.result) | {"startDate": soap_time(job.created)}
    return replace(job, status="Canceled", completed=moment, canceled_by=by, payload=b"", result=result)


def _component_count(data: bytes) -> int:
    try:
        return sum(len(package.incoming) for package in unpack(data))
    except (InvalidInput, NoPackage):
        return 0
