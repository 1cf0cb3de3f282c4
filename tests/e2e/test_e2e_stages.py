"""Two stages: what an org refuses in one package, and that deploy succeeds whatever the org's mood."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsetup.localorg.switches import SWITCHES
from sfsetup.model.component import ComponentSet
from sfsetup.model.secret import Secret
from sfsetup.org.jobs import DeployOptions
from sfsetup.org.login import connect
from sfsetup.org.logins import AccessToken
from tests.support.commands import sfsetup
from tests.support.local import RunningOrg

SWITCH = "registration_and_flow_refused"


def one_package(local: RunningOrg, spec: Path) -> tuple[bool, list[str]]:
    """Deploys all five components in one package by the client's own conversation: (success, problems)."""
    from sfsetup.metadata.layout import deploy_zip
    from sfsetup.render.components import render
    from sfsetup.spec.reader import load_integration

    connection = connect(AccessToken(local.url, Secret(local.token)))
    components = render(*load_integration(spec), api_version=connection.api_version)
    whole = ComponentSet(components.api_version, tuple(components))
    result = connection.metadata.wait(connection.metadata.deploy(deploy_zip(whole), DeployOptions()), timeout=60)
    connection.close()
    return result.succeeded, [message.problem or "" for message in result.failures]


def test_one_package_fails_on_a_fresh_org_while_the_switch_is_on(local: RunningOrg, spec: Path) -> None:
    succeeded, problems = one_package(local, spec)
    assert not succeeded
    assert any('"apexClass" is invalid' in problem.replace("“", '"').replace("”", '"') for problem in problems), (
        problems
    )


def test_one_package_passes_when_the_switch_is_off(local: RunningOrg, spec: Path) -> None:
    local.switch(**{SWITCH: False})
    assert one_package(local, spec) == (True, [])


@pytest.mark.parametrize("on", [True, False])
def test_deploy_succeeds_under_both(local: RunningOrg, spec: Path, key: str, on: bool) -> None:
    local.switch(**{SWITCH: on})
    sfsetup("deploy", spec, "-o", local.target)
    sfsetup("verify", spec, "-o", local.target)
    again = sfsetup("deploy", spec, "-o", local.target, "--json").result
    assert {stage["status"] for stage in again["stages"]} == {"unchanged"}
    assert again["flow"] == {"activeVersion": 1, "latestVersion": 1}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_each_switch_flipped_leaves_success_or_a_clear_message(
    local: RunningOrg, spec: Path, key: str, name: str
) -> None:
    standing = local.control("GET", "switches")[name]["value"]
    local.control("POST", "switches", {name: not standing})
    ended = sfsetup("deploy", spec, "-o", local.target, code=None)
    if ended.code == 0:
        checked = sfsetup("verify", spec, "-o", local.target, code=None)
        assert checked.code == 0 or checked.err.strip(), checked.text
        assert "steps" in sfsetup("plan", spec, "-o", local.target, "--json", code=None).result
    else:
        assert ended.code in (1, 2, 4), ended.text
        assert "Error: " in ended.err
        assert "defect" not in ended.err
