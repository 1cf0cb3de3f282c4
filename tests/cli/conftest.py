"""What the tests of the command line share."""

from __future__ import annotations

import pytest

from tests.support.pauses import shorten


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch)
