"""`sfsetup local stop`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting


@click.command("stop")
@name_argument
@click.option("--all", "everything", is_flag=True, help="Stop every local org.")
@reporting()
def command(name: str, everything: bool) -> Outcome:
    """Stop the local org NAME. Its state stays; an org that does not run is no error."""
    from sfsetup.localorg import places, server

    names = places.names() if everything else [name]
    stopped = [entry for entry in names if server.stop(entry)]
    result = {**server.status(name).as_json(), "stopped": stopped}
    nothing = "No local org was running." if everything else f"{name} was not running."
    return Outcome(result=result, human=f"Stopped: {', '.join(stopped)}." if stopped else nothing)
