"""`sfsetup local status`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting


@click.command("status")
@name_argument
@reporting()
def command(name: str) -> Outcome:
    """Tell whether the local org NAME runs, and where. Never tells its token."""
    from sfsetup.cli.views.local import status_text
    from sfsetup.localorg import server

    status = server.status(name)
    return Outcome(result=status.as_json(), human=lambda: status_text(status))
