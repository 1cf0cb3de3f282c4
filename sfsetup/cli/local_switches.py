"""`sfsetup local switches`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.local_options import target_option
from sfsetup.cli.options import reporting


@click.command("switches")
@click.argument("settings", metavar="[NAME=on|off]…", nargs=-1)
@click.option("--defaults", is_flag=True, help="Set every switch back first.")
@click.option(
    "--from",
    "answers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Turn the switches as a real org answered: the file that tests/real_org writes.",
)
@target_option
@reporting()
def command(settings: Sequence[str], defaults: bool, answers: Path | None, name: str) -> Outcome:
    """Show the switches, or turn some. Each stands for a fact about Salesforce that is not settled.

    A bare NAME shows that switch alone.
    """
    from sfsetup.cli.views.local_tables import switches_text
    from sfsetup.errors import UsageError
    from sfsetup.localorg import manage

    wanted, shown = _parsed(settings)
    if answers is not None:
        known = manage.control(name, "GET", "switches")
        # what is said on the command line weighs more than the file
        wanted = {**{key: value for key, value in _answers(answers).items() if key in known}, **wanted}
    if defaults:
        manage.control(name, "DELETE", "switches")
    found = manage.control(name, "POST", "switches", wanted) if wanted else manage.control(name, "GET", "switches")
    names = [*wanted, *shown]
    if unknown := [entry for entry in shown if entry not in found]:
        raise UsageError(f"The local org has no switch {unknown[0]!r}.", actions=["sfsetup local switches"])
    rows = [row for key, row in found.items() if not names or key in names]
    return Outcome(result={"org": name, "switches": rows}, human=lambda: switches_text(rows))


def _answers(path: Path) -> dict[str, bool]:
    """Answered questions of an answers file. Raises UsageError or InvalidInput."""
    from sfsetup.errors import InvalidInput
    from sfsetup.text.documents import read_document
    from sfsetup.text.files import read_file

    value = read_document(read_file(path), name=str(path)).value
    entries = value.get("answers") if isinstance(value, dict) and value.get("format") == 1 else None
    if not isinstance(entries, dict):
        raise InvalidInput(
            f"{path} is no answers file of format 1",
            actions=["Write one with SFSETUP_ANSWERS=FILE python -m pytest tests/real_org."],
            file=str(path),
        )
    answered = {key: entry.get("value") for key, entry in entries.items() if isinstance(entry, dict)}
    return {key: answer for key, answer in answered.items() if isinstance(answer, bool)}


def _parsed(settings: Sequence[str]) -> tuple[dict[str, bool], list[str]]:
    wanted: dict[str, bool] = {}
    shown = []
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            shown.append(key)
        elif value not in ("on", "off"):
            raise click.BadParameter(f"{setting!r}: a switch is on or off.")
        else:
            wanted[key] = value == "on"
    return wanted, shown
