"""What end-to-end tests share: a fresh local org, a secret in the environment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsetup.org import polling
from tests.support.local import RunningOrg, running_org

VARIABLE = "EIGHT_BY_EIGHT_API_KEY"
KEY = "tst-5b1d0c7e-key-of-the-tests"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The jobs of a local org are done at once; the pauses of polling have tests of their own."""
    monkeypatch.setattr(polling, "FIRST_PAUSE", 0.005)
    monkeypatch.setattr(polling, "ALLOWANCE", 0.01)


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
