"""`sfsetup local callouts`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import target_option
from sfsetup.cli.options import reporting


@click.command("callouts")
@click.argument("words", metavar="[allow HOST… | none]", nargs=-1)
@target_option
@reporting()
def command(words: Sequence[str], name: str) -> Outcome:
    """Show where callouts of a running local org may really go, or set it until the org stops.

    `allow HOST` lets a Named Credential on that host call out for real; `allow 127.0.0.1:PORT` sends every callout
    there; `none` sends all to the stand-in again.
    """
    from sfsetup.errors import UsageError
    from sfsetup.localorg import manage, server

    if words and (words[0] not in ("allow", "none") or (words[0] == "allow") is (len(words) == 1)):
        raise click.UsageError("Write `allow HOST`, or `none`.")
    if words and not server.status(name).running:
        raise UsageError(
            f"{name} does not run, and where callouts may go is not kept.",
            actions=[f"sfsetup local start {name} --callouts allow HOST"],
        )
    value = {"allow": list(words[1:])}
    shown = manage.control(name, "POST", "callouts", value) if words else manage.control(name, "GET", "callouts")
    allowed = shown["allow"]
    human = "\n".join(allowed) if allowed else "Every callout goes to the stand-in of its vendor."
    return Outcome(result={"org": name, "allow": allowed}, human=human)
