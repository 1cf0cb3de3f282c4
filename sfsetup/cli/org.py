"""`sfsetup org`: which orgs there are, and what one is."""

from __future__ import annotations

import click

from sfsetup.cli.commands import LOOK, Entry
from sfsetup.cli.lazy import LazyGroup

ENTRIES = (
    Entry("list", "org_list:command", LOOK, "List the orgs that sfsetup can reach."),
    Entry("display", "org_display:command", LOOK, "Show what an org is, and what is left of its limits."),
)


@click.group("org", cls=LazyGroup, entries=ENTRIES)
def command() -> None:
    """List and show the orgs that sfsetup can reach."""
