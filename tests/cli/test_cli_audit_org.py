"""`audit -o` and `inventory -o` over a local org, and over what was saved from one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from report_schemas import check_sarif

from tests.support.commands import sfsetup
from tests.support.local import RunningOrg, running_org

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"
ORG = "local:audited"


@pytest.fixture(scope="module")
def org() -> Iterator[RunningOrg]:
    with running_org("audited") as running:
        yield running


@pytest.fixture(scope="module")
def saved(org: RunningOrg, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A local org with the 8x8 integration in it, and what an audit saved from it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EIGHT_BY_EIGHT_API_KEY", "key-of-the-audit-test")
        sfsetup("deploy", SPEC, "-o", ORG)
        folder = tmp_path_factory.mktemp("evidence") / "saved"
        ended = sfsetup("audit", "-o", ORG, "--profile", "strict", "--save-evidence", folder, "--json")
        (folder.parent / "report.json").write_text(ended.out)
        yield folder


def test_what_we_deploy_is_clean(saved: Path) -> None:
    result = json.loads((saved.parent / "report.json").read_text())["result"]
    assert {finding["severity"] for finding in result["findings"]} <= {"info"}
    assert result["unknown"] == []
    assert result["notJudged"] == []
    assert result["scope"]["kind"] == "org"
    assert result["scope"]["types"]["Flow"] == 1
    assert result["scope"]["missingRights"] == []


def test_findings_of_an_org_have_no_place_in_a_file(saved: Path) -> None:
    result = json.loads((saved.parent / "report.json").read_text())["result"]
    assert result["findings"]
    assert {finding["file"] for finding in result["findings"]} == {None}
    document = json.loads(sfsetup("audit", "-o", ORG, "--profile", "strict", "--format", "sarif").out)
    check_sarif(document)
    places = [
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in document["runs"][0]["results"]
    ]
    assert all(place.startswith("salesforce-org/") for place in places)


def test_saved_evidence_gives_the_same_findings_without_the_org(saved: Path) -> None:
    before = json.loads((saved.parent / "report.json").read_text())["result"]
    again = sfsetup("audit", saved, "--profile", "strict", "--json").result
    marks = {one["fingerprint"] for one in before["findings"]}
    assert marks
    assert {one["fingerprint"] for one in again["findings"]} == marks
    assert again["scope"]["kind"] == "org"
    assert again["unknown"] == []
    compared = sfsetup(
        "audit", saved, "--profile", "strict", "--compare", saved.parent / "report.json", "--json"
    ).result
    assert compared["comparison"]["new"] == []
    assert compared["comparison"]["fixed"] == []


def test_saved_evidence_holds_no_secret(saved: Path) -> None:
    for path in saved.rglob("*"):
        if path.is_file():
            assert b"key-of-the-audit-test" not in path.read_bytes()


def test_evidence_that_is_none(saved: Path, tmp_path: Path) -> None:
    for text in ("{}", "[]", "3", '{"org": {"id": 1}}', "not json"):
        (tmp_path / "sfsetup-evidence.json").write_text(text)
        assert "sfsetup-evidence.json" in sfsetup("audit", tmp_path, code=2).err


def test_a_folder_that_holds_something_else_is_left_alone(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert "holds something else" in sfsetup("audit", "-o", ORG, "--save-evidence", tmp_path, code=2).err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_inventory_tells_who_may_and_who_changed_it(saved: Path) -> None:
    rows = sfsetup("inventory", "-o", ORG, "--json").result["integrations"]
    assert [row["name"] for row in rows] == ["X8x8_SMS_API"]
    row = rows[0]
    assert row["activeUsers"] == 1
    assert row["lastChanged"]["by"]
    assert row["whoMay"][0]["name"] == "CPaaS_API_Access"
    assert row["file"] is None
    assert "1 active user" in sfsetup("inventory", saved).out


def test_an_empty_org_is_clean() -> None:
    ended = sfsetup("audit", "-o", "local:empty-one")
    assert "No findings" in ended.out
    assert "Outbound integrations of" in sfsetup("inventory", "-o", "local:empty-one").out


def test_a_user_without_rights_is_told_first_and_nothing_looks_clean(
    saved: Path, org: RunningOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = org.server.org.state
    rights = ("ApiEnabled", "ModifyMetadata", "RunFlow")
    state.permissions.put("Deployer", label="Deployer", user_permissions=rights, profile=True)
    token = org.user_token("deployer@acme.example", profile="Deployer")
    monkeypatch.setenv("SFSETUP_INSTANCE_URL", org.url)
    monkeypatch.setenv("SFSETUP_ACCESS_TOKEN", token)
    ended = sfsetup("audit", "-o", "env", code=5)
    lines = [line for line in ended.out.splitlines() if line.strip()]
    assert "Right that is lacking: View Setup and Configuration" in "\n".join(lines[:6])
    assert "part of the evidence could not be read" in lines[-1]
    assert token not in ended.text
    result = sfsetup("audit", "-o", "env", "--json", code=5).result
    assert result["scope"]["missingRights"] == ["View Setup and Configuration"]
    assert result["unknown"]
    assert [one for one in result["findings"] if one["severity"] in ("critical", "high", "medium")] == []


def test_no_org_at_all_lists_the_choices() -> None:
    for command in ("audit", "inventory"):
        ended = sfsetup(command, code=2)
        assert "-o local" in ended.err
