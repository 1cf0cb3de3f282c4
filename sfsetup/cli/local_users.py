"""`sfsetup local users`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting


@click.command("users")
@name_argument
@click.option("--put", "username", metavar="USERNAME", help="Make this user, or change the one there is.")
@click.option("--profile", metavar="PROFILE", help="Its profile; Standard User at first.")
@click.option("--permission", "permissions", multiple=True, metavar="NAME", help="Exactly these, in an own profile.")
@click.option("--permission-set", "permission_sets", multiple=True, metavar="NAME", help="Assign this set.")
@click.option("--active/--inactive", "active", default=None, help="Whether it can log in.")
@click.option("--flow-user/--no-flow-user", "flow_user", default=None, help="The checkbox Flow User.")
@click.option("--type", "user_type", metavar="TYPE", help="Standard, Guest, AutomatedProcess, CloudIntegrationUser.")
@reporting()
def command(
    name: str,
    username: str | None,
    profile: str | None,
    permissions: Sequence[str],
    permission_sets: Sequence[str],
    active: bool | None,
    flow_user: bool | None,
    user_type: str | None,
) -> Outcome:
    """List the users of the local org NAME; with --put make or change one.

    Its token is printed by `sfsetup local token NAME --user USERNAME`.
    """
    from sfsetup.cli.views.local_tables import users_text
    from sfsetup.localorg import manage

    given: dict[str, Any] = {"profile": profile, "isActive": active, "isFlowUser": flow_user, "userType": user_type}
    given |= {"permissions": list(permissions) or None, "permissionSets": list(permission_sets) or None}
    given = {key: value for key, value in given.items() if value is not None}
    if given and username is None:
        raise click.UsageError("Name the user with --put USERNAME.")
    if username:
        found = manage.control(name, "POST", "users", {"username": username, **given})
    else:
        found = manage.control(name, "GET", "users")
    users = [_camel(user) for user in found["users"]]
    return Outcome(result={"org": name, "users": users, "profiles": found["profiles"]}, human=lambda: users_text(users))


def _camel(user: dict[str, Any]) -> dict[str, Any]:
    def key(name: str) -> str:
        first, *others = name.split("_")
        return first + "".join(part.capitalize() for part in others)

    return {key(name): value for name, value in user.items()}
