"""`sfsetup local token`."""

from __future__ import annotations

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting

KINDS = ("access", "refresh", "auth-url")


@click.command("token")
@name_argument
@click.option("--kind", type=click.Choice(KINDS), default="access", show_default=True, help="What to print.")
@click.option("--user", "username", metavar="USERNAME", help="Whose token; a new one each time. The administrator's.")
@reporting()
def command(name: str, kind: str, username: str | None) -> Outcome:
    """Print the access token of the local org NAME alone. It stays the same until `local reset`.

    With it `sf`, curl and every other client log in. `refresh` is a new refresh token; `auth-url` is what
    SFSETUP_AUTH_URL takes, and `sf org login sfdx-url`, which wants the org to be started with --tls.
    """
    from sfsetup.cli.output import say
    from sfsetup.errors import UsageError
    from sfsetup.localorg import manage, server

    if kind == "access" and username is None:
        token = server.access_token(name)
    else:
        wanted = {"kind": "access" if kind == "access" else "refresh", "username": username}
        token = str(manage.control(name, "POST", "tokens", wanted)["token"])
    status = server.status(name)
    if kind == "auth-url":
        if status.url is None:
            raise UsageError(f"{name} does not run, so it has no address.", actions=[f"sfsetup local start {name}"])
        if status.ca_file is not None:
            say("This org speaks https, which an auth URL does not tell. For `-o env` set beside SFSETUP_AUTH_URL:")
            say(f"  SFSETUP_INSTANCE_URL={status.url}\n  REQUESTS_CA_BUNDLE={status.ca_file}")
        token = f"force://PlatformCLI::{token}@{status.url.partition('://')[2]}"
    result = {"name": name, "username": username or status.username, "kind": kind, "token": token}
    return Outcome(result=result, human=token)
