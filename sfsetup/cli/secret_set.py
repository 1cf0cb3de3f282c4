"""`sfsetup secret set`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfsetup.cli import options, secret_options
from sfsetup.cli.output import Outcome
from sfsetup.errors import UsageError

if TYPE_CHECKING:
    from sfsetup.model.secret import SecretRef

_KINDS = ("env", "file", "keyring", "stdin", "prompt")


@click.command("set")
@options.spec_argument
@options.org_option
@options.env_option
@secret_options.principal_option
@secret_options.parameter_option
@click.option("--from", "source", metavar="SOURCE", help="env:NAME, file:PATH, keyring:SERVICE/USER, stdin or prompt.")
@options.yes_option
@options.api_version_option
@options.reporting()
def command(
    spec: str,
    org: str | None,
    environment: str | None,
    principal: str | None,
    parameter: str | None,
    source: str | None,
    yes: bool,
    api_version: str | None,
) -> Outcome:
    """Write the values of principals from the sources of the spec, or from --from.

    Writing again is how a key is rotated: the parameter's revision grows. Everything is read before anything is
    written. On a terminal a value whose source is not there is asked for. It is never taken from the command line.
    """
    from sfsetup.apply.environment import allow_writing
    from sfsetup.apply.stored import Chosen, open_values
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.terminal import is_interactive, stoppable
    from sfsetup.cli.views.progress import progress
    from sfsetup.cli.views.secret import secret_text

    ref = read_source(source) if source is not None else None
    with (
        stoppable(),
        progress(quiet=options.chosen_format() == "json") as listener,
        resolve(org, writing=True, yes=yes, api_version=api_version) as connection,
    ):
        values = open_values(Path(spec), connection, environment, Chosen(principal, parameter), listener)
        allow_writing(values.spec, connection.info, yes=yes)
        values.ask = is_interactive()
        rows = values.set(ref)
        result = secret_options.result(values, rows)
    return Outcome(result=result, human=lambda: secret_text(rows))


def read_source(text: str) -> SecretRef:
    """`kind:locator` as a reference. Raises UsageError; a text that is no reference is not repeated."""
    from sfsetup.model.secret import SecretRef

    kind, _, locator = text.partition(":")
    if kind not in _KINDS or (kind in ("stdin", "prompt")) == bool(locator):
        # what stands there may be the secret itself
        raise UsageError(
            "--from wants the name of a source, not a value (and not the one given here, which is not repeated).",
            actions=["Write env:NAME, file:PATH, keyring:SERVICE/USER, stdin or prompt."],
        )
    return SecretRef(kind, locator)
