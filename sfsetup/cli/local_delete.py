"""`sfsetup local delete`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome, confirm
from sfsetup.cli.options import reporting, yes_option


@click.command("delete")
@click.argument("name", metavar="NAME")
@yes_option
@reporting()
def command(name: str, yes: bool) -> Outcome:
    """Remove the local org NAME with its state, snapshots, certificates and log."""
    from sfsetup.localorg import manage, places

    places.check_name(name)
    if name not in places.names():
        return Outcome(result={"name": name, "deleted": False}, human=f"There is no local org {name}.")
    confirm(f"Remove the local org {name} with its snapshots?", yes=yes)
    deleted = manage.delete(name)
    return Outcome(result={"name": name, "deleted": deleted}, human=f"Removed {name}.")
