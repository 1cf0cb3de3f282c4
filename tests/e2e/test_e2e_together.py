"""Several integrations in one command that share a component: each builds on what the one before it made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.foreign_client import ForeignClient
from tests.support.local import RunningOrg

OTHERS = (
    ("CPaaSSMS", "CPaaSTwo"),
    ("X8x8_CPaaS_Authentication", "X8x8_Two"),
    ("X8x8_SMS_API", "X8x8_Two_API"),
    ("flow: {name: Send_SMS", "flow: {name: Send_Two"),
)


@pytest.fixture
def second(spec: Path, tmp_path: Path) -> Path:
    """Another integration for the users of the first: its permission set is the same."""
    folder = Path(shutil.copytree(spec, tmp_path / "second"))
    file = folder / "integration.yaml"
    text = file.read_text()
    for before, after in OTHERS:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)
    return folder


def test_one_permission_set_keeps_the_grants_of_both(local: RunningOrg, spec: Path, second: Path, key: str) -> None:
    ended = sfsetup("deploy", spec, second, "-o", local.target, "--json")
    assert ended.json["warnings"] == []
    client = ForeignClient(local.url, local.token)
    granted = client.read("PermissionSet", "CPaaS_API_Access")
    client.close()
    assert "X8x8_CPaaS_Authentication-8x8 API Key Principal" in granted
    assert "X8x8_Two-8x8 API Key Principal" in granted
    planned = sfsetup("plan", spec, second, "-o", local.target, "--json").result
    assert [run["steps"] for run in planned["runs"]] == [[], []]


def test_one_credential_is_written_once(local: RunningOrg, spec: Path, second: Path, key: str) -> None:
    file = second / "integration.yaml"
    file.write_text(file.read_text().replace("X8x8_Two\n", "X8x8_CPaaS_Authentication\n"))
    result = sfsetup("deploy", spec, second, "-o", local.target, "--json").result
    assert [[one["action"] for one in run["secrets"]] for run in result["runs"]] == [["written"], ["present"]]
    assert [[one["action"] for one in run["assignments"]] for run in result["runs"]] == [["assigned"], ["present"]]


def test_what_the_second_would_remove_of_the_first_stops_it(
    local: RunningOrg, spec: Path, second: Path, key: str
) -> None:
    file = second / "integration.yaml"
    text = file.read_text().replace("X8x8_Two\n", "X8x8_CPaaS_Authentication\n")
    file.write_text(text.replace('headers: {Authorization: "Bearer {api_key}"}', 'headers: {X-Key: "{api_key}"}'))
    ended = sfsetup("deploy", spec, second, "-o", local.target, "--json", code=2)
    first, other = ended.result["runs"]
    assert [stage["status"] for stage in first["stages"]] == ["done"] * 4
    assert {stage["status"] for stage in other["stages"]} == {"skipped"}
    assert "Authorization" in " ".join(ended.json["actions"])
    client = ForeignClient(local.url, local.token)
    assert "Authorization" in client.read("ExternalCredential", "X8x8_CPaaS_Authentication")
    client.close()


def test_a_plan_tells_it_and_its_file_is_not_carried_out(
    local: RunningOrg, spec: Path, second: Path, key: str, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    sfsetup("plan", spec, second, "-o", local.target, "--json", "-f", file)
    planned = json.loads(file.read_text())
    assert "8x8-sms and second both bring PermissionSet CPaaS_API_Access" in planned["warnings"][0]
    assert len(planned["result"]["runs"]) == 2
    refused = sfsetup("deploy", spec, second, "-o", local.target, "--plan", file, code=2)
    assert "PermissionSet CPaaS_API_Access" in refused.err
    assert "Nothing was sent" in refused.err
    assert sfsetup("plan", spec, "-o", local.target, "--json").result["steps"]
