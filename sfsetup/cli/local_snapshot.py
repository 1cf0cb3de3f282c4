"""`sfsetup local snapshot`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting


@click.command("snapshot")
@name_argument
@click.option("--label", default="snapshot", show_default=True, metavar="LABEL", help="Name of the kept state.")
@click.option("--list", "only_list", is_flag=True, help="Keep nothing; list what is kept.")
@reporting()
def command(name: str, label: str, only_list: bool) -> Outcome:
    """Keep the state of the local org NAME, running or not, to be brought back by `local restore`.

    A label that exists is written over. The file holds the org's secrets and only you can read it.
    """
    from sfsetup.localorg import manage, server

    kept = None if only_list else server.snapshot(name, label)
    labels = manage.snapshots(name)
    result = {"name": name, "label": None if kept is None else label, "file": str(kept) if kept else None}
    human = "\n".join(labels) if only_list else f"Kept {name} as {label}: {kept}"
    return Outcome(result={**result, "labels": labels}, human=human or f"Nothing is kept of {name}.")
