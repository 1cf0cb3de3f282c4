"""`sfsetup secret status`."""

from __future__ import annotations

from pathlib import Path

import click

from sfsetup.cli import options, secret_options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode


@click.command("status")
@options.spec_argument
@options.org_option
@options.env_option
@secret_options.principal_option
@secret_options.parameter_option
@options.api_version_option
@click.option("--exit-code", "judge", is_flag=True, help="Exit 3 if a declared parameter is not stored.")
@options.reporting()
def command(
    spec: str,
    org: str | None,
    environment: str | None,
    principal: str | None,
    parameter: str | None,
    api_version: str | None,
    judge: bool,
) -> Outcome:
    """Show which parameters of the principals are stored, and their revisions. Values never come back."""
    from sfsetup.apply.stored import Chosen, open_values
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.views.secret import secret_text

    with resolve(org, writing=False, api_version=api_version) as connection:
        values = open_values(Path(spec), connection, environment, Chosen(principal, parameter))
        rows = values.status()
        result = secret_options.result(values, rows)
    unknown = any(row.present is None for row in rows)
    missing = any(row.declared and row.present is False for row in rows)
    code = ExitCode.INCOMPLETE if unknown else ExitCode.DONE
    return Outcome(
        result=result,
        human=lambda: secret_text(rows),
        exit_code=ExitCode.FINDINGS if judge and missing else code,
        warnings=["The org does not tell what is stored for some principal."] if unknown else [],
    )
