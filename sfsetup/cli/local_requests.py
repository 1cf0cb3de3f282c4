"""`sfsetup local requests`."""

from __future__ import annotations

from typing import Any

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting


@click.command("requests")
@name_argument
@click.option("--host", metavar="HOST", help="Only requests to this host.")
@click.option("--method", metavar="METHOD", help="Only requests with this method.")
@click.option("--status", type=int, metavar="N", help="Only requests that were answered so; 0: those without answer.")
@click.option("--action", metavar="NAME", help="Only requests of this action, as Service.operation.")
@click.option("--contains", metavar="TEXT", help="Only requests with this text in their address or body.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the newest N.")
@click.option("--clear", is_flag=True, help="Empty the log after showing it.")
@reporting()
def command(
    name: str,
    host: str | None,
    method: str | None,
    status: int | None,
    action: str | None,
    contains: str | None,
    last: int | None,
    clear: bool,
) -> Outcome:
    """List the callouts that the flows of the local org NAME made, oldest first. Secrets are never stored in it."""
    from sfsetup.cli.views.local_tables import requests_text
    from sfsetup.localorg import manage

    rows: list[dict[str, Any]] = manage.control(name, "GET", "requests")["requests"]
    if host:
        rows = [row for row in rows if _host(row) == host.lower()]
    if method:
        rows = [row for row in rows if row["method"] == method.upper()]
    if status is not None:
        rows = [row for row in rows if (row["status"] or 0) == status]
    if action:
        rows = [row for row in rows if row.get("action") == action]
    if contains:
        rows = [row for row in rows if contains in row["url"] or contains in row["body"]]
    rows = rows[-last:] if last else rows
    if clear:
        manage.control(name, "DELETE", "requests")
    return Outcome(result={"org": name, "requests": rows}, human=lambda: requests_text(rows))


def _host(row: dict[str, Any]) -> str:
    from urllib.parse import urlsplit

    return urlsplit(str(row["url"])).netloc.lower()
