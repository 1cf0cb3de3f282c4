"""Deploy jobs by their id: report, wait for, cancel, quick-deploy. The org keeps them; nothing is kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.errors import OrgRefused, Unreachable, UsageError
from sfsetup.model.event import Event, Listener, nobody

if TYPE_CHECKING:
    from sfsetup.org.connection import OrgConnection
    from sfsetup.org.jobs import DeployResult

_PREFIX = "0Af"
"""Key prefix of deploy jobs (reference 'ground truth')."""


def chosen_job(connection: OrgConnection, job_id: str | None, *, validated: bool = False) -> str:
    """The id that was given, else that of the user's latest job (`validated`: latest successful check-only job).

    Raises UsageError for an id of something else, and when there is no such job.
    """
    if job_id is not None:
        if not job_id.startswith(_PREFIX) or len(job_id) not in (15, 18) or not job_id.isalnum():
            raise UsageError(
                f"{job_id!r} is not the id of a deploy job.",
                actions=[f"It begins with {_PREFIX} and has 15 or 18 characters."],
            )
        return job_id
    from sfsetup.org.rest import soql

    records = connection.rest.tooling_query(
        soql(
            "SELECT Id, Status, CheckOnly, CreatedDate FROM DeployRequest WHERE CreatedById = {} "
            "ORDER BY CreatedDate DESC LIMIT 20",
            connection.info.user_id,
        )
    )
    for record in records:
        if not validated or (record.get("CheckOnly") and record.get("Status") == "Succeeded"):
            return str(record["Id"])
    what = "validated deployment" if validated else "deployment"
    raise UsageError(f"The org shows no {what} by {connection.info.username}.", actions=["Give the job's id."])


def report(connection: OrgConnection, job_id: str) -> DeployResult:
    """The job's state now. Raises UsageError for a job that the org does not know."""
    try:
        return connection.metadata.deploy_status(job_id)
    except (OrgRefused, Unreachable) as error:
        # for a job just begun this fault can pass, which is why polling takes it for an outage at first
        if "invalid cross reference id" not in error.message.lower():
            raise
    raise UsageError(
        f"{connection.info.username} sees no deploy job {job_id} in this org.",
        actions=["Check the id and the org; without an id your latest deployment is taken."],
    )


def resume(connection: OrgConnection, job_id: str, seconds: float, listener: Listener = nobody) -> DeployResult:
    """Waits for the job's end. Raises Unreachable when `seconds` are over: the job goes on."""
    now = report(connection, job_id)
    if now.done:
        return now
    return connection.metadata.wait(job_id, timeout=seconds, listener=listener)


def cancel(connection: OrgConnection, job_id: str, seconds: float) -> DeployResult:
    """Asks the org to cancel the job and waits until it has ended; it may still have succeeded before."""
    now = report(connection, job_id)
    return now if now.done else connection.metadata.cancel(job_id, timeout=seconds)


def quick(connection: OrgConnection, job_id: str, seconds: float, listener: Listener = nobody) -> DeployResult:
    """Deploys what a check-only job of the last days has validated, without its tests, and waits.

    Raises OrgRefused where the org does not take the validation any more.
    """
    try:
        started = connection.metadata.quick(job_id)
    except OrgRefused as error:
        error.actions = (
            *error.actions,
            "A validation can be quick-deployed for ten days, if its Apex tests ran and nothing was deployed since.",
        )
        raise
    listener(Event("deploy.sent", f"Deploy job {started}", {"id": started}))
    return connection.metadata.wait(started, timeout=seconds, listener=listener)
