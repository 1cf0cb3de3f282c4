"""`sfsetup rollback`: takes an org back to before a deploy."""

from __future__ import annotations

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome


@click.command()
@click.argument("backup", metavar="[BACKUP]", required=False)
@options.org_option
@click.option("--list", "listing", is_flag=True, help="List the backups of the org; change nothing.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@click.option("--allow-destructive", is_flag=True, help="Also undo what others have changed since the deploy.")
@options.wait_option
@options.yes_option
@options.api_version_option
@options.reporting()
def command(
    backup: str | None,
    org: str | None,
    listing: bool,
    dry_run: bool,
    allow_destructive: bool,
    wait: float,
    yes: bool,
    api_version: str | None,
) -> Outcome:
    """Take an org back to before a deploy.

    BACKUP is the name that `deploy` printed; without it, the latest deploy from this machine. What others have changed
    since is left alone and named. Secrets that were written over cannot come back.
    """
    from sfsetup.apply import backups
    from sfsetup.apply.others import running, running_text
    from sfsetup.apply.remote import Remote
    from sfsetup.apply.rollback import Rollback
    from sfsetup.apply.tasks import TasksOutcome, carry_out, check_shown
    from sfsetup.cli.output import say
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.terminal import confirm, stoppable
    from sfsetup.cli.views.progress import progress
    from sfsetup.cli.views.tasks import planned_text, report

    reading = listing or dry_run
    with (
        stoppable(),
        progress(quiet=options.chosen_format() == "json") as listener,
        resolve(org, writing=not reading, yes=yes, api_version=api_version) as connection,
    ):
        if listing:
            return _listed(backups.names(connection.info.id))
        kept = backups.load(connection.info.id, backup)
        remote = Remote(connection.at(kept.api_version), listener)
        rollback = Rollback(kept, remote, wait * 60, overwrite=allow_destructive)
        rollback.look()
        tasks = rollback.tasks()
        others = [running_text(one) for one in running(remote.deployments())]
        if tasks and not dry_run:
            say(f"Back to before {kept.name}:\n{planned_text([task.step for task in tasks])}")
            for text in others:
                say(f"Warning: {text}")
            confirm(f"Do this on {connection.info.username}?", yes=yes)
            if not yes:
                rollback = Rollback(kept, remote, wait * 60, overwrite=allow_destructive)
                rollback.look()
                shown, tasks = tasks, rollback.tasks()
                check_shown(shown, tasks)
        outcome = TasksOutcome(
            spec=kept.spec, org=connection.info, environment=kept.environment, dry_run=dry_run, kept=rollback.kept
        )
        error = carry_out(tasks, outcome, listener, remote, named=org)
    return report(outcome, error, "taken back", warnings=others)


def _listed(names: list[str]) -> Outcome:
    text = "\n".join(names) if names else "There is no backup of this org."
    return Outcome(result={"backups": names}, human=text)
