"""What end-to-end tests share: a fresh local org, a secret in the environment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.local import RunningOrg, fresh_name, running_org
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


@pytest.fixture(scope="session")
def _deployed_state(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a local org to which the shipped integration was deployed once, for all tests of this process."""
    from sfsetup.localorg import places

    kept = tmp_path_factory.mktemp("deployed") / "state"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        shorten(patch)
        with running_org() as org:
            sfsetup("deploy", repository / "specs" / "8x8-sms", "-o", org.target)
    shutil.copytree(places.folder(org.name), kept)
    return kept


@pytest.fixture
def deployed(_deployed_state: Path, key: str) -> Iterator[RunningOrg]:
    """An org of its own to which the shipped integration is deployed; the backup of that deploy is not its own."""
    from sfsetup.localorg import places

    name = fresh_name()
    shutil.copytree(_deployed_state, places.folder(name), dirs_exist_ok=True)
    with running_org(name) as org:
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
