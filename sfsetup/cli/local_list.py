"""`sfsetup local list`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.options import reporting


@click.command("list")
@reporting()
def command() -> Outcome:
    """List all local orgs, running or not."""
    from sfsetup.cli.views.local import list_text
    from sfsetup.localorg import manage

    found = manage.every()
    return Outcome(result={"orgs": [status.as_json() for status in found]}, human=lambda: list_text(found))
