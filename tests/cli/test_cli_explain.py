"""`sfsetup explain`: what approvers ask is answered, and nothing that a file says breaks the text."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from sfsetup.cli.main import run

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"
GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def explained(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert run(["explain", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_what_approvers_ask_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    text = explained(capsys, SPEC)
    for wanted in (
        "# Change request: CPaaSSMS",
        "Callouts go to `sms.8x8.com`",
        "| NamedCredential | `X8x8_SMS_API` |",
        "`POST https://sms.8x8.com/api/v1/subaccounts/{subAccountId}/messages`",
        "`destination`",
        "`status.code`",
        "Header `Authorization`: `Bearer {api_key}`",
        "stored encrypted, taken from env",
        "System permission: Run Flows",
        "Object User External Credentials: Read",
        "## Taking it back",
    ):
        assert wanted in text, wanted


def test_the_same_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", str(SPEC), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert result["endpoint"] == {"url": "https://sms.8x8.com", "host": "sms.8x8.com", "port": 443, "basePath": ""}
    assert [one["type"] for one in result["components"]][-1] == "Flow"
    assert result["operations"][0]["action"] == "CPaaSSMS.Send-Sms-Single"
    assert "EIGHT_BY_EIGHT_API_KEY" not in json.dumps(result)


def test_every_protocol_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    specs = sorted(path.parent for path in GOLDEN.glob("*/integration.yaml"))
    text = explained(capsys, *specs)
    assert text.count("# Change request:") == len(specs)
    assert "A person must log in to the vendor once" in text
    assert "Flow access: Create\\_Order" in text or "Flow access: Create_Order" in text
    assert "Modify All" in text


def test_environments_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = Path(shutil.copytree(SPEC, tmp_path / "spec"))
    with (spec / "integration.yaml").open("a") as file:
        file.write(
            "environments:\n"
            "  uat: {match: {my_domain: acme--uat}, named_credential: {url: https://sms.8x8.uk}, assign: [me]}\n"
            "  production: {match: {org_id: 00D000000000001}, flow: {activate: false}}\n"
        )
    text = explained(capsys, spec)
    assert "| uat | `acme--uat` | `https://sms.8x8.uk` | active | me |" in text
    assert "| production | `00D000000000001` | `https://sms.8x8.com` | draft |" in text
    assert "sms.8x8.uk" in explained(capsys, spec, "-e", "uat").split("## What is added")[0]


def test_text_from_files_stays_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = Path(shutil.copytree(SPEC, tmp_path / "spec"))
    document = json.loads((spec / "openapi.json").read_text())
    operation = next(iter(document["paths"].values()))["post"]
    operation["summary"] = "<script>alert(1)</script> | [x](http://evil.example) @team `code`\n# Heading"
    (spec / "openapi.json").write_text(json.dumps(document))
    text = explained(capsys, spec)
    assert "<script>" not in text
    assert not re.search(r"(?<!\\)\]\(http", text)
    assert "@team" not in text
    assert not re.search(r"^# Heading", text, re.MULTILINE)


def test_a_spec_with_errors_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = Path(shutil.copytree(SPEC, tmp_path / "spec"))
    file = spec / "integration.yaml"
    file.write_text(file.read_text().replace("https://sms.8x8.com}", "http://sms.8x8.com}"))
    assert run(["explain", str(spec)]) == 2
    assert "SP-008" in capsys.readouterr().err


def test_it_can_be_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "change.md"
    assert run(["explain", str(SPEC), "--format", "markdown", "-f", str(target)]) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text().startswith("# Change request")
