"""The commands of `sfsetup job`."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode, Interrupted

if TYPE_CHECKING:
    from sfsetup.model.event import Listener
    from sfsetup.org.connection import OrgConnection
    from sfsetup.org.jobs import DeployResult

_MINUTES = 33.0

job_argument = click.argument("job_id", metavar="[ID]", required=False)
wait_option = click.option(
    "--wait", metavar="MINUTES", type=click.FloatRange(min=0), default=_MINUTES, show_default=True, help="Wait so long."
)


@click.command("report")
@job_argument
@options.org_option
@options.api_version_option
@options.reporting()
def report(job_id: str | None, org: str | None, api_version: str | None) -> Outcome:
    """Show a deployment as it is now. Exit code 1 if it has failed."""
    from sfsetup.apply import jobs

    return _run(
        org,
        api_version,
        lambda connection, _listener: jobs.report(connection, jobs.chosen_job(connection, job_id)),
        job_id=job_id,
    )


@click.command("resume")
@job_argument
@options.org_option
@wait_option
@options.api_version_option
@options.reporting()
def resume(job_id: str | None, org: str | None, wait: float, api_version: str | None) -> Outcome:
    """Wait for a deployment that goes on in the org, and tell how it ended."""
    from sfsetup.apply import jobs

    return _run(
        org,
        api_version,
        lambda connection, listener: jobs.resume(connection, jobs.chosen_job(connection, job_id), wait * 60, listener),
        job_id=job_id,
    )


@click.command("cancel")
@job_argument
@options.org_option
@wait_option
@options.yes_option
@options.api_version_option
@options.reporting()
def cancel(job_id: str | None, org: str | None, wait: float, yes: bool, api_version: str | None) -> Outcome:
    """Cancel a deployment and wait until it has ended. Exit code 1 if it had ended already."""
    from sfsetup.apply import jobs

    outcome = _run(
        org,
        api_version,
        lambda connection, _listener: jobs.cancel(connection, jobs.chosen_job(connection, job_id), wait * 60),
        job_id=job_id,
        interrupted="Interrupted; whether the org cancels the deployment is not known.",
        writing=True,
        yes=yes,
    )
    if outcome.result["status"] == "Canceled":
        return Outcome(result=outcome.result, human=outcome.human)
    return Outcome(
        result=outcome.result,
        human=outcome.human,
        exit_code=ExitCode.REFUSED,
        message=f"The deployment {outcome.result['id']} was not canceled: it ended as {outcome.result['status']}.",
        name="OrgRefused",
    )


@click.command("quick")
@job_argument
@options.org_option
@wait_option
@options.yes_option
@options.api_version_option
@options.reporting()
def quick(job_id: str | None, org: str | None, wait: float, yes: bool, api_version: str | None) -> Outcome:
    """Deploy what a dry run has validated, without running its tests again. ID is that of the dry run."""
    from sfsetup.apply import jobs

    return _run(
        org,
        api_version,
        lambda connection, listener: jobs.quick(
            connection, jobs.chosen_job(connection, job_id, validated=True), wait * 60, listener
        ),
        interrupted="Interrupted; whether the org has begun the deployment is not known.",
        writing=True,
        yes=yes,
    )


def _run(
    org: str | None,
    api_version: str | None,
    act: Callable[[OrgConnection, Listener], DeployResult],
    *,
    job_id: str | None = None,
    interrupted: str = "Interrupted; the deployment goes on in the org.",
    writing: bool = False,
    yes: bool = False,
) -> Outcome:
    """`job_id` is the job that was named and is told about; `interrupted` is what is known after Ctrl-C."""
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.terminal import stoppable
    from sfsetup.cli.views.job import job_text
    from sfsetup.cli.views.progress import progress

    with (
        stoppable(),
        progress(quiet=options.chosen_format() == "json") as listener,
        resolve(org, writing=writing, yes=yes, api_version=api_version) as connection,
    ):
        try:
            result = act(connection, listener)
        except KeyboardInterrupt as cause:
            target = f"{f' {job_id}' if job_id else ''}{f' -o {shlex.quote(org)}' if org else ''}"
            raise Interrupted(
                interrupted,
                cause=cause,
                actions=[
                    f"`sfsetup job report{target}` tells how far it is, `sfsetup job resume{target}` waits for its end."
                ],
            ) from None
    failed = result.done and not result.success
    return Outcome(
        result={**result.as_json(), "components": components(result)},
        human=lambda: job_text(result),
        exit_code=ExitCode.REFUSED if failed else ExitCode.DONE,
        message=f"The deployment {result.id} ended as {result.status}." if failed else None,
        name="OrgRefused" if failed else None,
    )


def components(result: DeployResult) -> list[dict[str, Any]]:
    """The components of a job as rows; Salesforce's own texts."""
    rows = [
        {
            "type": message.component_type,
            "fullName": message.full_name,
            "changed": message.changed,
            "created": message.created,
            "deleted": message.deleted,
            "success": message.success,
            "problem": message.problem,
            "line": message.line,
        }
        for message in (*result.failures, *result.successes)
        if not message.is_manifest
    ]
    return sorted(rows, key=lambda row: (str(row["type"]), str(row["fullName"])))
