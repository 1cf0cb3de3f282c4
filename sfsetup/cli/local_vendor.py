"""`sfsetup local vendor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import Seconds, name_argument
from sfsetup.cli.options import reporting


@click.command("vendor")
@name_argument
@click.option("--accept", metavar="env:VARIABLE", help="Where the right secret is: env:, file:, keyring:, stdin:.")
@click.option("--accept-any", is_flag=True, help="Take any well-formed credential again.")
@click.option("--fail", "failures", multiple=True, metavar="STATUS[:TIMES][@OPERATION]", help="Fail, as 429:2.")
@click.option("--latency", type=Seconds(0, 300), metavar="SECONDS", help="How long each answer takes.")
@click.option("--validate/--no-validate", "validate", default=None, help="Check requests against the document.")
@click.option("--expire", is_flag=True, help="End the OAuth tokens that were given out.")
@click.option("--clear", is_flag=True, help="Forget all settings first.")
@reporting()
def command(
    name: str,
    accept: str | None,
    accept_any: bool,
    failures: Sequence[str],
    latency: float | None,
    validate: bool | None,
    expire: bool,
    clear: bool,
) -> Outcome:
    """Tell the stand-in of the vendor, which the local org NAME calls, what to accept and when to fail.

    Without options it shows the settings. Status 0 of --fail cuts the connection.
    """
    from sfsetup.cli.views.local_tables import vendor_text
    from sfsetup.localorg import manage

    if accept and accept_any:
        raise click.UsageError("--accept and --accept-any exclude each other.")
    value: dict[str, Any] = {"fail": [_failure(text) for text in failures]} if failures else {}
    value |= {"accept": None} if accept_any else {}
    value |= {"latency": latency} if latency is not None else {}
    value |= {"validate": validate} if validate is not None else {}
    value |= {"expire": True} if expire else {}
    if clear:
        manage.control(name, "DELETE", "vendor")
    if accept:
        shown = _accept(name, accept, value)
    elif value:
        shown = manage.control(name, "POST", "vendor", value)
    else:
        shown = manage.control(name, "GET", "vendor")
    return Outcome(result={"org": name, **shown}, human=lambda: vendor_text(shown))


def _accept(name: str, source: str, value: dict[str, Any]) -> Any:
    from sfsetup.apply.secrets import hand_over, resolve
    from sfsetup.localorg import manage
    from sfsetup.model.secret import SecretRef

    kind, colon, locator = source.partition(":")
    if not colon:
        raise click.UsageError("--accept names where the secret is, as env:VARIABLE; it is never the secret itself.")
    resolved = resolve(SecretRef(kind, locator), what="--accept", prompt=True)
    return hand_over(
        resolved.secret, lambda secret: manage.control(name, "POST", "vendor", {**value, "accept": secret})
    )


def _failure(text: str) -> dict[str, Any]:
    """`429`, `429:2`, `429:2@Send-Sms-Single`."""
    numbers, _, operation = text.partition("@")
    status, colon, times = numbers.partition(":")
    if not status.isdigit() or (colon and not times.isdigit()):
        raise click.BadParameter(f"{text!r} is no failure: write STATUS or STATUS:TIMES, as 429:2.")
    return {"status": int(status), "times": int(times or 1), "operation": operation or None}
