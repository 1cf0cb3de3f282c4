"""Options of `deploy` that are refused before anything begins."""

from __future__ import annotations

from pathlib import Path

from sfsetup.cli.options import TEST_LEVELS
from sfsetup.org.jobs import DeployOptions
from tests.support.commands import sfsetup


def test_a_test_level_that_does_not_exist(repository: Path) -> None:
    ended = sfsetup("deploy", str(repository / "specs" / "8x8-sms"), "-o", "local", "--test-level", "Some", code=2)
    assert "RunLocalTests" in ended.err


def test_test_levels_are_those_of_the_org_s_own_list() -> None:
    from sfsetup.localorg.deploy import options as of_the_org

    assert set(TEST_LEVELS) == set(of_the_org.TEST_LEVELS)
    assert DeployOptions().test_level is None
