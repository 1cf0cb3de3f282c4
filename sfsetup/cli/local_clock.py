"""`sfsetup local clock`."""

from __future__ import annotations

import re

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)\Z")


@click.command("clock")
@name_argument
@click.option("--advance", metavar="AMOUNT", help="Let time pass: 30, 90s, 5m, 2h, 11d.")
@click.option("--reset", "back", is_flag=True, help="Go by the machine's clock again.")
@reporting()
def command(name: str, advance: str | None, back: bool) -> Outcome:
    """Show the time of the local org NAME, or let time pass without waiting."""
    from sfsetup.localorg import manage

    found = manage.control(name, "DELETE", "clock") if back else None
    if advance:
        found = manage.control(name, "POST", "clock", {"advance": _seconds(advance)})
    found = found or manage.control(name, "GET", "clock")
    return Outcome(result={"org": name, **found}, human=str(found["now"]))


def _seconds(text: str) -> float:
    found = _AMOUNT.match(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no amount of time: write 30, 90s, 5m, 2h or 11d.")
    return float(found[1]) * _UNITS[found[2] or "s"]
