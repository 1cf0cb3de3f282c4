"""`sfsetup job`: a deployment under way."""

from __future__ import annotations

import click

from sfsetup.cli.commands import Entry
from sfsetup.cli.lazy import LazyGroup

_SECTION = "Commands"


@click.group(
    cls=LazyGroup,
    entries=(
        Entry("report", "job_commands:report", _SECTION, "Show a deployment as it is now."),
        Entry("resume", "job_commands:resume", _SECTION, "Wait for a deployment that goes on in the org."),
        Entry("cancel", "job_commands:cancel", _SECTION, "Cancel a deployment."),
        Entry("quick", "job_commands:quick", _SECTION, "Deploy what a dry run has validated, without its tests."),
    ),
)
def command() -> None:
    """Report, resume, cancel or quick-deploy a deployment.

    ID is the job's id (0Af…), which `sfsetup deploy` prints; without it, your latest deployment in the org.
    """
