"""`sfsetup secret clear`."""

from __future__ import annotations

from pathlib import Path

import click

from sfsetup.cli import options, secret_options
from sfsetup.cli.output import Outcome


@click.command("clear")
@options.spec_argument
@options.org_option
@options.env_option
@secret_options.principal_option
@secret_options.parameter_option
@options.yes_option
@options.api_version_option
@options.reporting()
def command(
    spec: str,
    org: str | None,
    environment: str | None,
    principal: str | None,
    parameter: str | None,
    yes: bool,
    api_version: str | None,
) -> Outcome:
    """Delete what is stored for the principals. Callouts fail from then on; it asks first, or wants --yes."""
    from sfsetup.apply.environment import allow_writing
    from sfsetup.apply.stored import Chosen, open_values
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.terminal import confirm, stoppable
    from sfsetup.cli.views.progress import progress
    from sfsetup.cli.views.secret import secret_text

    with (
        stoppable(),
        progress(quiet=options.chosen_format() == "json") as listener,
        resolve(org, writing=True, yes=yes, api_version=api_version) as connection,
    ):
        values = open_values(Path(spec), connection, environment, Chosen(principal, parameter), listener)
        allow_writing(values.spec, connection.info, yes=yes)
        stored = [row for row in values.status() if row.present is not False]
        if stored:
            names = ", ".join(f"{row.principal} / {row.parameter}" for row in stored)
            confirm(f"This deletes {names} on {connection.info.username}; callouts then fail. Go on?", yes=yes)
        rows = values.clear()
        result = secret_options.result(values, rows)
    return Outcome(result=result, human=lambda: secret_text(rows))
