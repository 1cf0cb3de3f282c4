"""Connections that break at the worst moment: never two deploys, never a lost secret, a clear sentence otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsetup.org import credentials, recovery
from tests.support.commands import sfsetup
from tests.support.cutting_proxy import WAYS, CuttingProxy, Matches, When
from tests.support.local import RunningOrg

QUICK = ("before_send", "after_commit")
"""The two ends of the range, for every run of the tests."""


@pytest.fixture
def proxy(local: RunningOrg, monkeypatch: pytest.MonkeyPatch) -> Iterator[CuttingProxy]:
    """A proxy before the local org, which `-o env` goes through."""
    monkeypatch.setattr(recovery, "LOOKS", (0.05, 0.1, 0.2))
    monkeypatch.setattr(credentials, "_SETTLE", (0.05, 0.1, 0.2))
    with CuttingProxy(local.port) as cutting:
        monkeypatch.setenv("SFSETUP_INSTANCE_URL", cutting.url)
        monkeypatch.setenv("SFSETUP_ACCESS_TOKEN", local.token)
        yield cutting


def deploys(proxy: CuttingProxy) -> int:
    return sum(1 for _method, path, body in proxy.forwarded if "/services/Soap/m/" in path and b"<met:deploy>" in body)


@pytest.mark.parametrize("which", [0, pytest.param(1, marks=pytest.mark.slow)], ids=["stage 1", "stage 2"])
@pytest.mark.parametrize("when", [way if way in QUICK else pytest.param(way, marks=pytest.mark.slow) for way in WAYS])
def test_a_cut_deploy_is_never_sent_twice(
    local: RunningOrg, proxy: CuttingProxy, spec: Path, key: str, when: When, which: int
) -> None:
    seen = 0

    def matches(_method: str, path: str, body: bytes) -> bool:
        nonlocal seen
        if "/services/Soap/m/" in path and b"<met:deploy>" in body:
            seen += 1
            return seen == which + 1
        return False

    proxy.cut(when, matches)
    ended = sfsetup("deploy", spec, "-o", "env", code=None)
    assert proxy.cuts == 1
    arrived = local.server.org.state.jobs
    assert arrived is not None
    if when in ("after_send", "after_commit"):
        assert ended.code == 0, ended.text
        assert deploys(proxy) == 2
    else:
        assert ended.code == 4
        assert "did not arrive" in ended.err
        assert deploys(proxy) == which
    # whatever happened, the same command brings it to its end
    sfsetup("deploy", spec, "-o", "env")
    result = sfsetup("plan", spec, "-o", "env", "--json").result
    assert result["steps"] == []
    assert deploys(proxy) == 2
    again = sfsetup("deploy", spec, "-o", "env", "--json").result
    assert again["flow"] == {"activeVersion": 1, "latestVersion": 1}


def path_is(method: str, part: str) -> Matches:
    return lambda asked, path, _body: asked == method and part in path


@pytest.mark.slow
@pytest.mark.parametrize("when", WAYS)
@pytest.mark.parametrize(
    "what",
    [path_is("POST", "named-credentials/credential"), path_is("POST", "PermissionSetAssignment")],
    ids=["secret", "assignment"],
)
def test_a_cut_secret_or_assignment_is_settled(
    local: RunningOrg, proxy: CuttingProxy, spec: Path, key: str, when: When, what: Matches
) -> None:
    proxy.cut(when, what)
    ended = sfsetup("deploy", spec, "-o", "env", code=None)
    assert proxy.cuts == 1
    assert ended.code in (0, 4), ended.text
    sfsetup("deploy", spec, "-o", "env")
    assert sfsetup("plan", spec, "-o", "env", "--json").result["steps"] == []
    status = sfsetup("secret", "status", spec, "-o", "env", "--json").result["secrets"]
    assert [(row["present"], row["revision"]) for row in status] == [(True, 1)]
    assert len(local.server.org.state.permissions.assignments()) == 1 + _without_set(local)
    sfsetup("verify", spec, "-o", "env")


def _without_set(local: RunningOrg) -> int:
    """Assignments of sets that belong to profiles, which every org has."""
    state = local.server.org.state
    ours = state.permissions.get("CPaaS_API_Access")
    assert ours is not None
    return sum(1 for one in state.permissions.assignments() if one.permission_set_id != ours.id)


def test_a_cut_flow_run_is_not_repeated(local: RunningOrg, proxy: CuttingProxy, spec: Path, key: str) -> None:
    sfsetup("deploy", spec, "-o", "env")
    proxy.cut("after_commit", path_is("POST", "actions/custom/flow/"))
    ended = sfsetup("verify", spec, "-o", "env", code=4)
    assert "not known" in ended.err
    assert len(local.requests()) == 1
