"""A local org answers at once: what a client waits between two questions has tests of its own."""

from __future__ import annotations

import time

import pytest

from sfsetup.org.login import connect


def shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every connection of this test wait 5 ms at most."""

    def pause(seconds: float) -> None:
        time.sleep(min(seconds, 0.005))

    monkeypatch.setitem(connect.__kwdefaults__, "sleep", pause)
