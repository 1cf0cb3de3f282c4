"""Bad days, one after the other: a sentence and an exit code, no traceback, and the next deploy brings all to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsetup.localorg.faults import FAULTS
from sfsetup.org import credentials, recovery
from tests.support.commands import sfsetup
from tests.support.local import RunningOrg

PLACES = (
    "query",
    "retrieve",
    "deploy",
    "checkDeployStatus",
    "named-credentials",
    "PermissionSetAssignment",
    "actions/custom",
)


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "LOOKS", (0.01, 0.05, 0.1))
    monkeypatch.setattr(credentials, "_SETTLE", (0.01, 0.05, 0.1))


def bad_day(local: RunningOrg, spec: Path, fault: str, place: str, times: int) -> int:
    local.control("POST", "faults", {"name": fault, "match": place, "times": times, "seconds": 0.05})
    ended = sfsetup("deploy", spec, "-o", local.target, "--wait", "0.1", code=None)
    local.control("DELETE", "faults")
    assert ended.code in (0, 1, 4), ended.text
    if ended.code:
        assert "Error: " in ended.err
        assert "defect of sfsetup" not in ended.err
        assert "<html" not in ended.err
    mended = sfsetup("deploy", spec, "-o", local.target, "--json", code=None)
    assert mended.code == 0, (fault, place, ended.text, mended.text)
    assert mended.result["flow"] == {"activeVersion": 1, "latestVersion": 1}
    plan = sfsetup("plan", spec, "-o", local.target, "--json").result
    assert (plan["steps"], plan["unknown"]) == ([], [])
    return ended.code


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("times", [1, 60], ids=["once", "for long"])
def test_every_fault_everywhere(local: RunningOrg, spec: Path, key: str, fault: str, place: str, times: int) -> None:
    bad_day(local, spec, fault, place, times)


@pytest.mark.parametrize(
    ("fault", "place", "times", "code"),
    [
        ("maintenance", "query", 60, 4),
        ("unavailable", "query", 1, 0),
        ("cut-after", "deploy", 1, 0),
        ("cut-short", "checkDeployStatus", 1, 0),
        ("request-limit", "query", 60, 1),
        ("cancelled", "deploy", 1, 1),
    ],
)
def test_how_it_ends(local: RunningOrg, spec: Path, key: str, fault: str, place: str, times: int, code: int) -> None:
    assert bad_day(local, spec, fault, place, times) == code
