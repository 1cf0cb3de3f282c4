"""Arguments and options that the `local` commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT = "default"


class Seconds(click.FloatRange):
    """A number of seconds within bounds; click takes `nan` for one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found: float = super().convert(value, param, ctx)
        if found != found:
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return found


name_argument = click.argument("name", metavar="[NAME]", default=DEFAULT, required=False)


def target_option(function: F) -> F:
    """`-o local[:NAME]` for commands whose words mean something else; the command gets `name`."""

    def convert(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
        from sfsetup.cli.targets import local_name

        if value is None:
            return DEFAULT
        found = local_name(value)
        if found is None:
            raise click.BadParameter(f"{value!r} is no local org: write local or local:NAME.")
        return found

    return click.option(
        "-o", "--target-org", "name", metavar="local[:NAME]", callback=convert, help="Which local org."
    )(function)
