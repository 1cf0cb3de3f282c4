"""What happens, as it happens: one line per event in CI, a moving line on a terminal. Talk, so it goes to stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sfsetup.cli.output import bare, clean, mask, say
from sfsetup.model.event import Event, Listener

_MARKS = {"done": "✓", "failed": "✗", "kept": "•", "note": "•", "warning": "!"}
_COLOURS = {"done": "\x1b[32m", "failed": "\x1b[31m", "warning": "\x1b[33m"}
_PLAIN_EVERY = 5.0
"""Seconds between two lines about the same job in a log."""


class Progress:
    """A listener. Events whose kind ends in `.progress` move; all others stay on the screen."""

    def __init__(self, *, live: bool, colour: bool) -> None:
        self._live = live
        self._colour = colour
        self._shown = ""
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        text = bare(clean(mask(event.message))).replace("\n", " ")
        if event.kind.endswith(".progress"):
            self._move(text)
            return
        self._wipe()
        mark = str(event.data.get("mark", ""))
        if event.kind == "stage.started":
            say(f"\x1b[1m{text}\x1b[0m" if self._colour else text, coloured=True)
        elif mark:
            sign = _MARKS.get(mark, "•")
            before, after = (_COLOURS[mark], "\x1b[0m") if self._colour and mark in _COLOURS else ("", "")
            say(f"  {before}{sign}{after} {text}", coloured=True)
        else:
            say(f"  {text}")
        self._shown = ""

    def _move(self, text: str) -> None:
        if self._live:
            self._wipe()
            sys.stderr.write(f"  {text}"[: _columns() - 1])
            sys.stderr.flush()
            self._shown = text
            return
        now = time.monotonic()
        if text != self._shown and now - self._last >= _PLAIN_EVERY:
            say(f"  {text}")
            self._shown, self._last = text, now

    def _wipe(self) -> None:
        if self._live and self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wipe()


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size((120, 40)).columns


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Listener]:
    """The listener that fits the terminal; with `quiet` (machine formats on a terminal) one that says nothing."""
    import os

    if quiet:
        yield lambda _event: None
        return
    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
    with Progress(live=live, colour=live and not os.environ.get("NO_COLOR")) as listener:
        yield listener
