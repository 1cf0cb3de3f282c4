"""`sfsetup destroy`: removes an integration from an org."""

from __future__ import annotations

from pathlib import Path

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome


@click.command()
@options.spec_argument
@options.org_option
@options.env_option
@click.option("--dry-run", is_flag=True, help="Show what would be removed; change nothing.")
@click.option("--allow-destructive", is_flag=True, help="Also lose what others have put into these components.")
@options.wait_option
@options.yes_option
@options.api_version_option
@options.reporting()
def command(
    spec: str,
    org: str | None,
    environment: str | None,
    dry_run: bool,
    allow_destructive: bool,
    wait: float,
    yes: bool,
    api_version: str | None,
) -> Outcome:
    """Remove an integration from an org: flow, assignments, permission set, registration, credentials, secrets.

    Shows first what will go and asks, or wants --yes. It stops where the org says no; what is left can be removed by
    running it again.
    """
    from sfsetup.apply.destroy import Destruction
    from sfsetup.apply.environment import allow_writing
    from sfsetup.apply.options import ApplyOptions
    from sfsetup.apply.others import running, running_text
    from sfsetup.apply.prepare import prepare
    from sfsetup.apply.remote import Remote
    from sfsetup.apply.tasks import TasksOutcome, carry_out, check_shown
    from sfsetup.cli.output import say
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.terminal import confirm, stoppable
    from sfsetup.cli.views.progress import progress
    from sfsetup.cli.views.tasks import planned_text, report

    chosen = ApplyOptions(environment=environment, api_version=api_version)
    with (
        stoppable(),
        progress(quiet=options.chosen_format() == "json") as listener,
        resolve(org, writing=not dry_run, yes=yes, api_version=api_version) as connection,
    ):
        prepared = prepare(Path(spec), connection, chosen, listener)
        if not dry_run:
            allow_writing(prepared.spec, connection.info, yes=yes)
        remote = Remote(connection.at(prepared.components.api_version), listener)
        destruction = Destruction(prepared, remote, wait * 60)
        destruction.check(allow_destructive=allow_destructive or dry_run)
        tasks = destruction.tasks()
        others = [running_text(one) for one in running(remote.deployments())]
        if tasks and not dry_run:
            say(planned_text([task.step for task in tasks]))
            for text in others:
                say(f"Warning: {text}")
            confirm(f"Remove all of this from {connection.info.username}?", yes=yes)
            if not yes:
                destruction = Destruction(prepare(Path(spec), connection, chosen, listener), remote, wait * 60)
                destruction.check(allow_destructive=allow_destructive)
                shown, tasks = tasks, destruction.tasks()
                check_shown(shown, tasks)
        outcome = TasksOutcome(
            spec=prepared.spec.name, org=connection.info, environment=prepared.spec.environment, dry_run=dry_run
        )
        error = carry_out(tasks, outcome, listener, remote, named=org)
    lost = [f"Would be lost too: {text}" for text in destruction.foreign()] if dry_run else []
    return report(outcome, error, "removed", warnings=[*others, *lost])
