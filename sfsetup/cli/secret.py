"""`sfsetup secret`: the values of principals, by themselves."""

from __future__ import annotations

import click

from sfsetup.cli.commands import Entry
from sfsetup.cli.lazy import LazyGroup

_SECTION = "Commands"


@click.group(
    cls=LazyGroup,
    entries=(
        Entry("set", "secret_set:command", _SECTION, "Write values: the first time, or a new one."),
        Entry("status", "secret_status:command", _SECTION, "Which parameters are there, and their revisions."),
        Entry("clear", "secret_clear:command", _SECTION, "Delete what is stored."),
    ),
)
def command() -> None:
    """Set, show the status of, or clear a principal's secrets.

    A value comes from an environment variable, a file, stdin or a prompt; never from the command line. It never comes
    back from an org: what can be seen is that a parameter is present, and its revision.
    """
