"""`sfsetup local reset`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting


@click.command("reset")
@name_argument
@reporting()
def command(name: str) -> Outcome:
    """Empty the local org NAME: metadata, secrets, users, token and id are new. Type and My Domain stay.

    An org that runs is stopped for it and started again on the same port.
    """
    from sfsetup.cli.views.local import status_text
    from sfsetup.localorg import manage

    status = manage.reset(name)
    return Outcome(result=status.as_json(), human=lambda: f"Emptied {name}.\n{status_text(status)}")
