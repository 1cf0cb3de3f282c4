"""Small things of the commands that talk to an org: what is asked, what is refused, what is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.commands import as_process, sfsetup
from tests.support.local import RunningOrg


def test_verify_asks_before_anything_leaves_this_machine(local: RunningOrg, spec: Path, key: str) -> None:
    sfsetup("deploy", spec, "-o", local.target)
    refused = sfsetup("verify", spec, "-o", local.target, "--callouts", "allow", "sms.8x8.com", code=2)
    assert "sends a real request" in refused.err
    assert "--yes" in refused.err
    assert local.requests() == []


def test_no_org_is_a_usage_error_that_lists_the_choices(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for command in ("plan", "deploy", "verify", "diagnose", "destroy"):
        ended = sfsetup(command, spec, code=2)
        assert "-o local" in ended.err


def test_callouts_are_for_the_local_org_and_have_one_form(local: RunningOrg, spec: Path, key: str) -> None:
    assert "allow" in sfsetup("plan", spec, "-o", local.target, "--callouts", "permit", "x", code=2).err


@pytest.mark.parametrize("command", ["plan", "deploy"])
def test_an_api_version_below_the_floor_is_refused_before_anything_is_sent(
    local: RunningOrg, spec: Path, key: str, command: str
) -> None:
    ended = sfsetup(command, spec, "-o", local.target, "--api-version", "58.0", code=2)
    assert "58.0 is too old" in ended.err
    assert "--api-version 59.0 or later" in ended.err


@pytest.mark.parametrize("command", ["report", "resume", "cancel"])
def test_a_job_that_the_org_does_not_know(local: RunningOrg, command: str) -> None:
    ended = sfsetup("job", command, "0Af000000000001", "-o", local.target, code=2)
    assert "no deploy job 0Af000000000001" in ended.err


@pytest.mark.parametrize("command", ["plan", "deploy", "verify", "destroy", "diagnose"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\n  bad: [", "integration.yaml:"),
        ("version: 1\nservice: {name: X}\nopenapi: gone.json\n", "gone.json"),
        ("version: 1\nopenapi: openapi.json\nservices: {name: X}\n", "service"),
    ],
)
def test_a_broken_spec_is_exit_2_and_nothing_is_asked(
    local: RunningOrg, spec: Path, key: str, command: str, text: str, said: str
) -> None:
    (spec / "integration.yaml").write_text(text)
    ended = sfsetup(command, spec, "-o", local.target, code=2)
    assert said in ended.err
    assert sfsetup(command, spec / "nowhere", "-o", local.target, code=2).err


def test_two_integrations_of_one_name_are_refused(local: RunningOrg, spec: Path, tmp_path: Path, key: str) -> None:
    other = Path(shutil.copytree(spec, tmp_path / "other" / "8x8-sms"))
    assert "same name" in sfsetup("deploy", spec, other, "-o", local.target, code=2).err
    assert "same name" in sfsetup("plan", spec, other, "-o", local.target, code=2).err


def test_an_api_version_that_the_org_lacks(local: RunningOrg, spec: Path, key: str) -> None:
    ended = sfsetup("deploy", spec, "-o", local.target, "--api-version", "99.0", code=2)
    assert "99.0" in ended.err


def test_tests_without_their_level_and_the_reverse(local: RunningOrg, spec: Path, key: str) -> None:
    ended = sfsetup("deploy", spec, "-o", local.target, "--test-level", "RunSpecifiedTests", code=2)
    assert "--tests" in ended.err


def test_nothing_is_sent_when_one_of_several_cannot_be(local: RunningOrg, spec: Path, tmp_path: Path, key: str) -> None:
    second = Path(shutil.copytree(spec, tmp_path / "second"))
    file = second / "integration.yaml"
    text = file.read_text().replace("EIGHT_BY_EIGHT_API_KEY}", "NOT_SET_ANYWHERE}")
    for name in ("CPaaSSMS", "X8x8_CPaaS_Authentication", "X8x8_SMS_API", "CPaaS_API_Access", "Send_SMS"):
        text = text.replace(f"name: {name}", f"name: {name}2")
    file.write_text(text)
    ended = sfsetup("deploy", spec, second, "-o", local.target, code=2)
    assert "NOT_SET_ANYWHERE" in ended.err
    assert len(sfsetup("plan", spec, "-o", local.target, "--json").result["steps"]) == 8


def test_a_failure_in_the_middle_tells_what_came_before_and_after(
    local: RunningOrg, spec: Path, tmp_path: Path, key: str
) -> None:
    second = Path(shutil.copytree(spec, tmp_path / "second"))
    local.switch(missing_named_credential_refused=True)
    local.control("POST", "faults", {"name": "cancelled", "match": "deploy", "times": 1})
    file = second / "integration.yaml"
    text = file.read_text()
    for name in ("CPaaSSMS", "X8x8_CPaaS_Authentication", "X8x8_SMS_API", "CPaaS_API_Access", "Send_SMS"):
        text = text.replace(f"name: {name}", f"name: {name}2")
    file.write_text(text)
    ended = as_process("deploy", spec, second, "-o", local.target, "--json")
    assert ended.code == 1
    runs = ended.result["runs"]
    assert runs[0]["stages"][0]["status"] == "failed"
    assert "canceled" in runs[0]["stages"][0]["message"]
    assert runs[1]["stages"] == []
    assert "Not begun" in runs[1]["problems"][0]


def test_the_spec_s_own_warnings_are_shown(local: RunningOrg, spec: Path, key: str) -> None:
    file = spec / "integration.yaml"
    file.write_text(
        file.read_text().replace("label: 8x8 SMS API,", "label: 8x8 SMS API, generate_authorization_header: true,")
    )
    checked = sfsetup("validate", spec, "--json", "--fail-on", "never").result["findings"]
    if not checked:
        pytest.skip("validate has nothing to say of the header box")
    planned = sfsetup("plan", spec, "-o", local.target, "--json").result["findings"]
    assert {finding["rule"] for finding in checked} <= {finding["rule"] for finding in planned}
    assert "generate" in sfsetup("deploy", spec, "-o", local.target).err.lower()
