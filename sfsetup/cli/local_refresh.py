"""`sfsetup local refresh`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.options import reporting


@click.command("refresh")
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@reporting()
def command(source: str, target: str) -> Outcome:
    """Make the local org TARGET a sandbox copy of SOURCE, as refreshing a sandbox does.

    Metadata and users are copied (usernames get the sandbox's suffix), secrets, sessions and assignments are not, and
    the org id is a new one. What TARGET had is gone.
    """
    from sfsetup.cli.views.local import status_text
    from sfsetup.localorg import manage

    status = manage.refresh(source, target)
    return Outcome(result=status.as_json(), human=lambda: f"Refreshed {target} from {source}.\n{status_text(status)}")
