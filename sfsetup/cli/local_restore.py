"""`sfsetup local restore`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting


@click.command("restore")
@name_argument
@click.option("--label", default="snapshot", show_default=True, metavar="LABEL", help="Name of the kept state.")
@reporting()
def command(name: str, label: str) -> Outcome:
    """Bring back what `local snapshot` kept of the local org NAME: token and id included.

    An org that runs is stopped for it and started again on the same port.
    """
    from sfsetup.cli.views.local import status_text
    from sfsetup.localorg import manage

    status = manage.restore(name, label)
    return Outcome(result=status.as_json(), human=lambda: f"Brought {label} back.\n{status_text(status)}")
