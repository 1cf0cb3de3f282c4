"""`sfsetup org list`."""

from __future__ import annotations

import os
from typing import Any

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.options import reporting


@click.command("list")
@reporting()
def command() -> Outcome:
    """List the orgs that `-o` can name: local ones, the environment's, the Salesforce CLI's. Logs in to none."""
    from sfsetup.cli.targets import default_target
    from sfsetup.cli.views.org import list_text
    from sfsetup.errors import SfsetupError
    from sfsetup.org import logins, salesforce_cli

    warnings: list[str] = []
    orgs: list[dict[str, Any]] = _local_orgs()
    if logins.is_described(os.environ):
        orgs.append(_environment())
    installed = salesforce_cli.is_installed()
    if installed:
        try:
            orgs += [_known(org) for org in salesforce_cli.known_orgs()]
        except SfsetupError as error:
            warnings.append(str(error))
    default = default_target()
    for org in orgs:
        org["default"] = default is not None and default in (org["target"], org["username"])
    result = {"orgs": orgs, "default": default, "salesforceCli": installed}
    return Outcome(result=result, human=lambda: list_text(result), warnings=warnings)


def _local_orgs() -> list[dict[str, Any]]:
    from sfsetup.localorg import places, server

    found = []
    for name in sorted({"default", *places.names()}):
        status = server.status(name)
        found.append(
            {
                "target": "local" if name == "default" else f"local:{name}",
                "kind": "local",
                "username": status.username,
                "instanceUrl": status.url,
                "orgId": status.org_id,
                "type": status.type,
                "status": "running" if status.running else "stopped",
            }
        )
    return found


def _environment() -> dict[str, Any]:
    from sfsetup.errors import UsageError
    from sfsetup.org import logins

    entry: dict[str, Any] = {"target": "env", "kind": "environment", "username": None, "orgId": None, "type": None}
    try:
        login = logins.from_environment(os.environ)
    except UsageError as error:
        return {**entry, "instanceUrl": None, "status": f"incomplete: {error.message}"}
    url = getattr(login, "instance_url", None) or getattr(login, "login_url", None)
    status = f"described ({type(login).__name__})"
    return {**entry, "username": getattr(login, "username", None), "instanceUrl": url, "status": status}


def _known(org: Any) -> dict[str, Any]:
    return {
        "target": org.alias or org.username,
        "kind": "salesforceCli",
        "username": org.username,
        "instanceUrl": org.instance_url,
        "orgId": org.org_id,
        "type": org.kind,
        "status": org.connected or "logged in",
    }
