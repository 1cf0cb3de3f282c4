"""`sfsetup local faults`."""

from __future__ import annotations

from typing import Any

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import Seconds, target_option
from sfsetup.cli.options import reporting


@click.group("faults")
def command() -> None:
    """Bad days on demand: expired sessions, cut connections, maintenance pages, limits."""


@command.command("arm")
@click.argument("fault", metavar="FAULT")
@click.option("--match", default="", metavar="TEXT", help="Strike only requests with this in method, path or body.")
@click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="How many requests it strikes.")
@click.option("--skip", type=click.IntRange(0), default=0, show_default=True, help="How many it lets pass first.")
@click.option("--seconds", type=Seconds(0, 600), default=0.0, help="How long `slow` waits.")
@target_option
@reporting()
def arm(fault: str, match: str, times: int, skip: int, seconds: float, name: str) -> Outcome:
    """Arm FAULT for the next requests that match. `faults list` names all faults."""
    from sfsetup.localorg import manage

    value = {"name": fault, "match": match, "times": times, "skip": skip, "seconds": seconds}
    return _shown(name, manage.control(name, "POST", "faults", value))


@command.command("list")
@target_option
@reporting()
def list_(name: str) -> Outcome:
    """List the armed faults and all that can be armed."""
    from sfsetup.localorg import manage

    return _shown(name, manage.control(name, "GET", "faults"))


@command.command("clear")
@target_option
@reporting()
def clear(name: str) -> Outcome:
    """Disarm all faults."""
    from sfsetup.localorg import manage

    return _shown(name, manage.control(name, "DELETE", "faults"))


def _shown(name: str, found: dict[str, Any]) -> Outcome:
    from sfsetup.cli.views.local_tables import faults_text

    known = list(found["known"].values())
    return Outcome(
        result={"org": name, "armed": found["armed"], "known": known},
        human=lambda: faults_text(found["armed"], known),
    )
