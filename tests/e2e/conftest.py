"""What end-to-end tests share: a fresh local org, a secret in the environment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local import RunningOrg, running_org
from tests.support.pauses import shorten

VARIABLE = "EIGHT_BY_EIGHT_API_KEY"
KEY = "tst-5b1d0c7e-key-of-the-tests"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch)


@pytest.fixture
def local() -> Iterator[RunningOrg]:
    """A fresh local org."""
    with running_org() as org:
        yield org


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The secret that the shipped integration reads."""
    monkeypatch.setenv(VARIABLE, KEY)
    return KEY


@pytest.fixture
def spec(repository: Path, tmp_path: Path) -> Path:
    """A copy of the shipped integration that a test may change."""
    return Path(shutil.copytree(repository / "specs" / "8x8-sms", tmp_path / "8x8-sms"))
