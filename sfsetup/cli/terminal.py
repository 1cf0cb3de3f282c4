"""What is known of the terminal, and the only questions that are ever asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sfsetup.errors import Terminated, UsageError

if TYPE_CHECKING:
    from rich.console import Console


def is_interactive() -> bool:
    """True when a person can answer: stdin and stderr are terminals and no CI is announced."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


def is_terminal() -> bool:
    """True when stdout is a terminal that takes colour and tables."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def wants_colour() -> bool:
    """False where the user has said no to colour (NO_COLOR)."""
    return not os.environ.get("NO_COLOR")


def width() -> int:
    """Columns of the terminal; 100 where there is none."""
    import shutil

    return shutil.get_terminal_size((100, 40)).columns if is_terminal() else 100


def rendered(renderable: object) -> str:
    """A rich renderable (table, tree, text) as text: with colour on a terminal, plain elsewhere.

    Pass text from outside as `rich.text.Text` or plain cells; markup is off.
    """
    console = _console()
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def _console() -> Console:
    from rich.console import Console

    colour = is_terminal() and wants_colour()
    return Console(
        file=sys.stdout,
        force_terminal=colour,
        no_color=not colour,
        markup=False,
        highlight=False,
        emoji=False,
        width=width(),
    )


@contextmanager
def stoppable() -> Iterator[None]:
    """While it lasts, SIGTERM ends the command as Ctrl-C does: with what was done, and how to go on."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        # only the main thread may choose what a signal does
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def confirm(question: str, *, yes: bool) -> None:
    """Asks on a terminal; without one, or on any other answer than yes, raises UsageError naming `--yes`."""
    if yes:
        return
    if not is_interactive():
        raise UsageError(f"{question} There is nobody to ask here.", actions=["Add --yes if this is what you want."])
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("Stopped; nothing was changed.")
