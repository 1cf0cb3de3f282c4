"""What somebody may have meant: a path or a command that is spelled nearly like the one that is not there."""

from __future__ import annotations

from sfsetup.errors import InvalidInput, SfsetupError, UsageError

_THERE_IS_NO = "There is no "


def near_path(error: SfsetupError) -> str | None:
    """`Did you mean …?` for a path that is missing; None where nothing beside it is alike, or it is another error."""
    if not isinstance(error, UsageError) or isinstance(error, InvalidInput):
        return None
    text = error.file
    if text is None and error.message.startswith(_THERE_IS_NO):
        text = error.message.removeprefix(_THERE_IS_NO)
    if not text or len(text) > 1000:
        return None
    import difflib
    import os
    from pathlib import Path

    path = Path(text)
    if os.path.lexists(path):
        return None
    try:
        beside = sorted(one.name for one in path.parent.iterdir() if not one.name.startswith("."))
    except OSError:
        return None
    close = difflib.get_close_matches(path.name, beside, n=1)
    return f"Did you mean {path.parent / close[0]}?" if close else None


def near_command(name: str, *, exact: bool = False) -> str | None:
    """The whole command of a group whose own command this is, as `openapi check` for `check`; None if there is none.

    Without `exact`, one that is spelled nearly like it will do.
    """
    import difflib
    import importlib

    import click

    from sfsetup.cli.commands import COMMANDS

    known: dict[str, list[str]] = {}
    for entry in COMMANDS:
        module, _, attribute = entry.target.partition(":")
        if entry.name in ("openapi", "job", "secret", "org", "local"):
            group = getattr(importlib.import_module(f"sfsetup.cli.{module}"), attribute)
            for own in group.list_commands(click.Context(group)):
                known.setdefault(own, []).append(entry.name)
    close = [name] if name in known else []
    if not close and not exact:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return " or ".join(f"'{group} {own}'" for own in close for group in known[own]) or None
