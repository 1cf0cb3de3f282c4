"""`sfsetup local`: the local org, from start to reset."""

from __future__ import annotations

import click

from sfsetup.cli.commands import Entry
from sfsetup.cli.lazy import LazyGroup

_RUN, _STATE, _PLAY = "Run", "State", "Look and play"

ENTRIES = (
    Entry("start", "local_start:command", _RUN, "Start a local org in the background."),
    Entry("stop", "local_stop:command", _RUN, "Stop it; its state stays."),
    Entry("status", "local_status:command", _RUN, "Tell whether it runs, and where."),
    Entry("list", "local_list:command", _RUN, "List all local orgs."),
    Entry("token", "local_token:command", _RUN, "Print an access token, and nothing else."),
    Entry("reset", "local_reset:command", _STATE, "Empty it: new state, new token, new id."),
    Entry("delete", "local_delete:command", _STATE, "Remove it with everything that belongs to it."),
    Entry("snapshot", "local_snapshot:command", _STATE, "Keep its state under a label."),
    Entry("restore", "local_restore:command", _STATE, "Bring a kept state back."),
    Entry("refresh", "local_refresh:command", _STATE, "Make an org a sandbox copy of another, without secrets."),
    Entry("requests", "local_requests:command", _PLAY, "List what was called, secrets redacted."),
    Entry("vendor", "local_vendor:command", _PLAY, "Tell the stand-in of the vendor what to accept, and when to fail."),
    Entry("callouts", "local_callouts:command", _PLAY, "Show or set where callouts may really go."),
    Entry("switches", "local_switches:command", _PLAY, "Show or turn the switches for what is uncertain."),
    Entry("faults", "local_faults:command", _PLAY, "Arm, list or clear faults: bad days on demand."),
    Entry("clock", "local_clock:command", _PLAY, "Show the org's time, or let time pass."),
    Entry("jobs", "local_jobs:command", _PLAY, "Show or set how long deploys and retrieves take."),
    Entry("users", "local_users:command", _PLAY, "List users; make users with the rights you choose."),
    Entry("apps", "local_apps:command", _PLAY, "List or make the apps that may log in by OAuth."),
)


@click.group("local", cls=LazyGroup, entries=ENTRIES)
def command() -> None:
    """Run the local org: a server on this machine that speaks Salesforce's protocols.

    NAME is the name of a local org; without it the one called `default` is meant, which is `-o local` elsewhere. Other
    commands reach NAME as `-o local:NAME`.
    """
