"""A flow that the org has as it should be and that only has to become active: no second version is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Ended, sfsetup
from tests.support.foreign_client import ForeignClient
from tests.support.local import RunningOrg, running_org

FLOW = "Send_SMS"


@pytest.fixture
def local(deployed: RunningOrg) -> RunningOrg:
    """An org to which the integration is deployed."""
    return deployed


@pytest.fixture
def client(local: RunningOrg) -> Iterator[ForeignClient]:
    """Another client of the org, in which it has deactivated the flow."""
    found = ForeignClient(local.url, local.token)
    activate(found, 0)
    yield found
    found.close()


def activate(client: ForeignClient, version: int) -> None:
    (flow,) = client.rest("GET", "tooling/query", q=f"SELECT Id FROM FlowDefinition WHERE DeveloperName = '{FLOW}'")[
        "records"
    ]
    client.rest(
        "PATCH", f"tooling/sobjects/FlowDefinition/{flow['Id']}", {"Metadata": {"activeVersionNumber": version}}
    )


def versions(client: ForeignClient) -> list[tuple[int, str]]:
    found = client.rest("GET", "tooling/query", q="SELECT VersionNumber, Status FROM Flow ORDER BY VersionNumber")
    return [(row["VersionNumber"], row["Status"]) for row in found["records"]]


def deploys(client: ForeignClient) -> int:
    return len(client.rest("GET", "tooling/query", q="SELECT Id FROM DeployRequest")["records"])


def deploy(local: RunningOrg, spec: Path, *words: str, code: int = 0) -> Ended:
    return sfsetup("deploy", spec, "-o", local.target, *words, code=code)


def test_it_is_activated_and_not_sent(local: RunningOrg, spec: Path, client: ForeignClient) -> None:
    (step,) = sfsetup("plan", spec, "-o", local.target, "--json").result["steps"]
    assert (step["id"], step["action"]) == (f"flow/{FLOW}/activate", "activate")
    assert step["changes"] == [{"path": "activeVersion", "from": None, "to": "version 1"}]
    before = deploys(client)
    ended = deploy(local, spec, "--json")
    assert ended.result["flow"] == {"activeVersion": 1, "latestVersion": 1}
    assert ended.result["activatedBy"] == "api"
    (stage,) = [stage for stage in ended.result["stages"] if stage["name"] == "flow"]
    assert (stage["status"], stage["deployId"]) == ("done", None)
    assert [(row["fullName"], row["changed"]) for row in stage["components"]] == [(FLOW, False)]
    assert versions(client) == [(1, "Active")]
    assert deploys(client) == before
    assert sfsetup("plan", spec, "-o", local.target, "--json").result["steps"] == []
    assert sfsetup("verify", spec, "-o", local.target, "--json").result["flow"]["version"] == 1


def test_a_dry_run_tries_nothing_and_says_so(local: RunningOrg, spec: Path, client: ForeignClient) -> None:
    before = deploys(client)
    ended = deploy(local, spec, "--dry-run", "--json")
    (stage,) = [stage for stage in ended.result["stages"] if stage["name"] == "flow"]
    assert stage["status"] == "notCheckable"
    assert any("Version 1 of flow Send_SMS would be activated" in warning for warning in ended.json["warnings"])
    assert ended.result["backup"] is None
    assert deploys(client) == before
    assert versions(client)[0][1] != "Active"


def test_it_is_taken_back_by_deactivating(local: RunningOrg, spec: Path, client: ForeignClient) -> None:
    backup = deploy(local, spec, "--json").result["backup"]
    (step,) = sfsetup("rollback", backup, "-o", local.target, "--dry-run", "--json").result["steps"]
    assert step["changes"] == [{"path": "activeVersion", "from": "version 1", "to": None}]
    sfsetup("rollback", backup, "-o", local.target, "--yes")
    assert versions(client)[0][1] != "Active"
    assert sfsetup("rollback", backup, "-o", local.target, "--yes", "--json").result["steps"] == []


def test_what_others_made_active_since_stays_active(local: RunningOrg, spec: Path, client: ForeignClient) -> None:
    backup = deploy(local, spec, "--json").result["backup"]
    client.edit("Flow", FLOW, ("<label>Send SMS</label>", "<label>By Olga</label>"))
    assert versions(client)[1] == (2, "Active")
    kept = sfsetup("rollback", backup, "-o", local.target, "--yes", "--json").result
    assert kept["steps"] == []
    assert "made active after the deploy" in kept["kept"][0]
    sfsetup("rollback", backup, "-o", local.target, "--yes", "--allow-destructive")
    assert [status for _number, status in versions(client)].count("Active") == 0


def test_an_older_version_is_left_unless_it_is_asked_for(local: RunningOrg, spec: Path, client: ForeignClient) -> None:
    activate(client, 1)
    file = spec / "integration.yaml"
    file.write_text(file.read_text().replace("label: Send SMS", "label: Send an SMS"))
    deploy(local, spec, "--take-flow")
    sfsetup("rollback", "-o", local.target, "--yes")
    assert [number for number, status in versions(client) if status == "Active"] == [1]
    planned = sfsetup("plan", spec, "-o", local.target, "--json").result
    assert planned["steps"] == []
    assert "--take-flow makes it the active one" in planned["kept"][0]["reason"]
    taken = deploy(local, spec, "--take-flow", "--json").result
    assert taken["flow"] == {"activeVersion": 2, "latestVersion": 2}
    assert taken["activatedBy"] == "api"
    assert [number for number, _status in versions(client)] == [1, 2]


def test_where_the_org_refuses_it_is_deployed_and_told(spec: Path, key: str, tmp_path: Path) -> None:
    file = spec / "integration.yaml"
    file.write_text(file.read_text() + "\nenvironments:\n  live: {match: {my_domain: acme}, flow: {activate: true}}\n")
    with running_org(org_type="production", my_domain="acme") as local:
        words = ("-e", "live", "--yes")
        client = ForeignClient(local.url, local.token)
        # the preference is off: what is deployed as active arrives inactive
        first = deploy(local, spec, *words, code=1)
        assert "was to be active and is not" in first.err
        local.switch(tooling_activates_in_production=False)
        planned = sfsetup("plan", spec, "-o", local.target, "-e", "live")
        assert "version 1" in planned.out
        assert "No source says whether production" in planned.out
        ended = deploy(local, spec, *words, "--json", code=1)
        assert any("it is deployed again, as a new version" in warning for warning in ended.json["warnings"])
        local.switch(tooling_activates_in_production=True)
        done = deploy(local, spec, *words, "--json").result
        assert done["activatedBy"] == "api"
        assert done["flow"]["activeVersion"] == done["flow"]["latestVersion"]
        client.close()
