"""`sfsetup local apps`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import name_argument
from sfsetup.cli.options import reporting


@click.command("apps")
@name_argument
@click.option("--put", "client_id", metavar="CLIENT_ID", help="Make this app, or replace the one there is.")
@click.option("--secret", metavar="env:VARIABLE", help="Where its client secret is: env:, file:, keyring:, stdin:.")
@click.option("--certificate", metavar="FILE", help="PEM certificate or public key of JWT bearer log-ins.")
@click.option("--run-as", metavar="USERNAME", help="User of the client credentials flow.")
@click.option("--user", "users", multiple=True, metavar="USERNAME", help="Pre-authorised users; everybody if none.")
@click.option("--clear", is_flag=True, help="Forget all apps first.")
@reporting()
def command(
    name: str,
    client_id: str | None,
    secret: str | None,
    certificate: str | None,
    run_as: str | None,
    users: Sequence[str],
    clear: bool,
) -> Outcome:
    """List the apps that may log in to the local org NAME by OAuth (JWT bearer, client credentials); make one."""
    from sfsetup.cli.views.local_tables import apps_text
    from sfsetup.localorg import manage

    if clear:
        manage.control(name, "DELETE", "apps")
    if client_id is None:
        if secret or certificate or run_as or users:
            raise click.UsageError("Name the app with --put CLIENT_ID.")
        found = manage.control(name, "GET", "apps")
    else:
        value: dict[str, Any] = {"clientId": client_id, "runAs": run_as, "users": list(users) or None}
        if certificate:
            from sfsetup.text.files import read_file

            value["certificate"] = read_file(certificate, max_bytes=64 * 1024).decode("ascii", "replace")
        found = _put(name, value, secret)
    apps = found["apps"]
    return Outcome(result={"org": name, "apps": apps}, human=lambda: apps_text(apps))


def _put(name: str, value: dict[str, Any], source: str | None) -> Any:
    from sfsetup.localorg import manage

    if source is None:
        return manage.control(name, "POST", "apps", value)
    from sfsetup.apply.secrets import hand_over, resolve
    from sfsetup.model.secret import SecretRef

    kind, colon, locator = source.partition(":")
    if not colon:
        raise click.UsageError("--secret names where the secret is, as env:VARIABLE; it is never the secret itself.")
    resolved = resolve(SecretRef(kind, locator), what="--secret")
    return hand_over(resolved.secret, lambda secret: manage.control(name, "POST", "apps", {**value, "secret": secret}))
