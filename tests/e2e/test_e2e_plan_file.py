"""Plan files: carried out later, refused when anything has moved, and without any secret or its source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.foreign_client import ForeignClient
from tests.support.local import RunningOrg, running_org


def plan_file(local: RunningOrg, spec: Path, folder: Path, *words: str) -> Path:
    file = folder / "plan.json"
    sfsetup("plan", spec, "-o", local.target, "--json", "-f", file, *words)
    return file


def test_a_plan_is_carried_out_and_then_spent(local: RunningOrg, spec: Path, key: str, tmp_path: Path) -> None:
    file = plan_file(local, spec, tmp_path)
    text = file.read_text()
    assert key not in text
    assert "EIGHT_BY_EIGHT_API_KEY" not in text
    result = sfsetup("deploy", spec, "-o", local.target, "--plan", file, "--json").result
    assert [stage["status"] for stage in result["stages"]] == ["done"] * 4
    spent = sfsetup("deploy", spec, "-o", local.target, "--plan", file, code=2)
    assert "has moved" in spent.err
    assert "Nothing was sent" in spent.err


def test_it_refuses_when_the_org_has_moved(local: RunningOrg, spec: Path, key: str, tmp_path: Path) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    yaml = spec / "integration.yaml"
    yaml.write_text(yaml.read_text().replace("label: 8x8 SMS API", "label: SMS API"))
    file = plan_file(local, spec, tmp_path)
    client = ForeignClient(local.url, local.token)
    client.edit("NamedCredential", "X8x8_SMS_API", ("https://sms.8x8.com", "https://sms.8x8.id"))
    refused = sfsetup("deploy", spec, "-o", local.target, "--plan", file, code=2)
    assert "has moved" in refused.err
    assert "NamedCredential" in refused.err
    assert "<label>8x8 SMS API</label>" in client.read("NamedCredential", "X8x8_SMS_API")
    client.edit("NamedCredential", "X8x8_SMS_API", ("https://sms.8x8.id", "https://sms.8x8.com"))
    client.close()
    sfsetup("deploy", spec, "-o", local.target, "--plan", file)


def test_it_refuses_when_the_integration_has_changed(local: RunningOrg, spec: Path, key: str, tmp_path: Path) -> None:
    file = plan_file(local, spec, tmp_path)
    yaml = spec / "integration.yaml"
    yaml.write_text(yaml.read_text().replace("label: 8x8 SMS API", "label: SMS API"))
    refused = sfsetup("deploy", spec, "-o", local.target, "--plan", file, code=2)
    assert "integration has changed" in refused.err


EDITS = {
    "another step": lambda run: run["steps"][0].update(fullName="Another"),
    "a step less": lambda run: run["steps"].pop(),
    "another value": lambda run: run["steps"][0]["changes"][0].update(to="x"),
    "other options": lambda run: run["options"].update(secrets="always"),
    "another org": lambda run: run["org"].update(id="00D000000000009"),
    "another basis": lambda run: run.update(basis="0" * 64),
    "another digest": lambda run: run.update(digest="0" * 64),
    "another member": lambda run: run.update(approved=True),
    "no digest": lambda run: run.pop("digest"),
}


@pytest.fixture(scope="module")
def planned(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningOrg, str]]:
    """An org to which nothing is deployed, and a plan for it."""
    with running_org() as org:
        file = plan_file(org, repository / "specs" / "8x8-sms", tmp_path_factory.mktemp("plan"))
        yield org, file.read_text()


@pytest.mark.parametrize("edit", EDITS)
def test_a_file_that_was_edited_is_told_from_an_integration_that_was(
    planned: tuple[RunningOrg, str], spec: Path, key: str, tmp_path: Path, edit: str
) -> None:
    local, text = planned
    document = json.loads(text)
    EDITS[edit](document["result"])
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document))
    refused = sfsetup("deploy", spec, "-o", local.target, "--plan", file, code=2)
    assert "plan.json: this plan file" in refused.err
    assert "changed" in refused.err
    assert "integration has changed" not in refused.err
    assert "org has moved" not in refused.err
    assert "Make the plan again" in refused.err


def test_another_layout_of_the_same_plan_is_the_same_plan(
    local: RunningOrg, spec: Path, key: str, tmp_path: Path
) -> None:
    file = plan_file(local, spec, tmp_path)
    document = json.loads(file.read_text())
    result = dict(sorted(document["result"].items(), reverse=True))
    file.write_text(json.dumps({**document, "result": result}, ensure_ascii=True))
    sfsetup("deploy", spec, "-o", local.target, "--plan", file)


def test_a_masked_secret_does_not_break_the_digest(local: RunningOrg, spec: Path, key: str, tmp_path: Path) -> None:
    yaml = spec / "integration.yaml"
    yaml.write_text(yaml.read_text().replace("label: 8x8 SMS API", f"label: {key}"))
    file = plan_file(local, spec, tmp_path)
    assert key not in file.read_text()
    sfsetup("deploy", spec, "-o", local.target, "--plan", file)


def test_it_is_for_one_org(local: RunningOrg, spec: Path, key: str, tmp_path: Path) -> None:
    file = plan_file(local, spec, tmp_path)
    with running_org() as other:
        refused = sfsetup("deploy", spec, "-o", other.target, "--plan", file, code=2)
        assert "was planned for org" in refused.err


def test_it_brings_its_own_options(local: RunningOrg, spec: Path, key: str, tmp_path: Path) -> None:
    file = plan_file(local, spec, tmp_path, "--only", "metadata")
    result = sfsetup("deploy", spec, "-o", local.target, "--plan", file, "--json").result
    assert [stage["status"] for stage in result["stages"]] == ["done", "skipped", "skipped", "skipped"]
    other = plan_file(local, spec, tmp_path)
    assert "--only" in sfsetup("deploy", spec, "-o", local.target, "--plan", other, "--only", "flow", code=2).err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"result": null}',
        '{"result": {"steps": []}}',
        '{"result": {"runs": [1]}}',
        '{"result": {"runs": {}}}',
    ],
)
def test_what_is_no_plan_is_refused(
    planned: tuple[RunningOrg, str], spec: Path, key: str, tmp_path: Path, text: str
) -> None:
    local, _plan = planned
    file = tmp_path / "no-plan.json"
    file.write_text(text)
    assert "no-plan.json" in sfsetup("deploy", spec, "-o", local.target, "--plan", file, code=2).err


def test_a_missing_plan_file(local: RunningOrg, spec: Path, tmp_path: Path) -> None:
    assert (
        "nowhere.json" in sfsetup("deploy", spec, "-o", local.target, "--plan", tmp_path / "nowhere.json", code=2).err
    )


def test_several_integrations_in_one_plan(local: RunningOrg, spec: Path, key: str, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    (second / "openapi.json").write_text((spec / "openapi.json").read_text())
    text = (spec / "integration.yaml").read_text()
    for name in ("CPaaSSMS", "X8x8_CPaaS_Authentication", "X8x8_SMS_API", "CPaaS_API_Access", "Send_SMS"):
        text = text.replace(f"name: {name}", f"name: {name}2")
    (second / "integration.yaml").write_text(text)
    file = tmp_path / "both.json"
    sfsetup("plan", spec, second, "-o", local.target, "--json", "-f", file)
    runs = json.loads(file.read_text())["result"]["runs"]
    assert [run["spec"] for run in runs] == ["8x8-sms", "second"]
    missing = sfsetup("deploy", spec, "-o", local.target, "--plan", file, code=2)
    assert "also plans second" in missing.err
    result = sfsetup("deploy", spec, second, "-o", local.target, "--plan", file, "--json").result
    assert [[stage["status"] for stage in run["stages"]] for run in result["runs"]] == [["done"] * 4] * 2
    both = sfsetup("verify", spec, second, "-o", local.target, "--json").result
    assert [run["ok"] for run in both["runs"]] == [True, True]


def test_markdown_is_a_comment(local: RunningOrg, spec: Path, key: str) -> None:
    text = sfsetup("plan", spec, "-o", local.target, "--format", "markdown").out
    assert text.startswith("## sfsetup plan: 8x8-sms")
    assert "```diff" in text
    assert text.count("```") % 2 == 0
    assert "<details><summary>+ create NamedCredential X8x8\\_SMS\\_API" in text
