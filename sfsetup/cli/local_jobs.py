"""`sfsetup local jobs`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import Seconds, name_argument
from sfsetup.cli.options import reporting


@click.command("jobs")
@name_argument
@click.option("--seconds", type=Seconds(0, 3600), metavar="N", help="How long each takes by the org's clock.")
@reporting()
def command(name: str, seconds: float | None) -> Outcome:
    """Show or set how long deploys and retrieves of the local org NAME take; 0 at first."""
    from sfsetup.localorg import manage

    if seconds is None:
        found = manage.control(name, "GET", "jobs")
    else:
        found = manage.control(name, "POST", "jobs", {"seconds": seconds})
    return Outcome(result={"org": name, **found}, human=f"Deploys and retrieves take {found['seconds']:g} s.")
