"""The page about the local org: every command on it works, in the order in which it stands there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsetup.apply import secrets
from sfsetup.localorg import places, server
from tests.support.commands import sfsetup

PAGE = Path(__file__).resolve().parents[2] / "docs" / "local-org.md"


def blocks() -> list[list[str]]:
    """The commands of the page, block by block, without their remarks."""
    found = re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [[line.partition("  #")[0].strip() for line in block.splitlines()] for block in found]


@pytest.fixture
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("APP_SECRET", "an-app-secret")
    monkeypatch.setenv("VENDOR_KEY", "a-vendor-key")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "server.crt").write_text("-----BEGIN CERTIFICATE-----")
    secrets._taken.clear()
    yield
    secrets._taken.clear()
    for name in places.names():
        server.stop(name)


@pytest.mark.slow
@pytest.mark.usefixtures("_home")
def test_every_command_on_the_page_works() -> None:
    count = 0
    for block in blocks():
        for line in block:
            words = shlex.split(line)
            assert words[:2] == ["sfsetup", "local"], line
            ended = sfsetup(*words[1:])
            assert "an-app-secret" not in ended.text
            assert "a-vendor-key" not in ended.text
            count += 1
        if block == blocks()[0]:
            sfsetup("local", "stop", "--all")  # the rest is said of stopped orgs as well
    assert count > 30


def test_every_command_of_the_group_is_on_the_page() -> None:
    from sfsetup.cli.local import ENTRIES

    text = PAGE.read_text(encoding="utf-8")
    for entry in ENTRIES:
        assert f"sfsetup local {entry.name}" in text, entry.name


def test_every_option_on_the_page_exists() -> None:
    from sfsetup.cli.local import ENTRIES

    known = "".join(sfsetup("local", entry.name, "--help").out for entry in ENTRIES)
    known += "".join(sfsetup("local", "faults", name, "--help").out for name in ("arm", "list", "clear"))
    text = re.sub(r"`sf org [^`]*`", "", PAGE.read_text(encoding="utf-8"))
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)):
        assert option in known, option
