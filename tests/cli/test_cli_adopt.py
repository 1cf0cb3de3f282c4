"""`sfsetup adopt`: from files and from an org; what it writes, shows and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfsetup.cli.main import run
from tests.support.local import running_org

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"


@pytest.fixture
def rendered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert run(["render", str(SPEC), "-d", str(tmp_path / "rendered")]) == 0
    capsys.readouterr()
    return tmp_path / "rendered"


def adopted(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    code = run(["adopt", *map(str, words), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code == 0, answer
    return answer["result"]


def test_one_service_goes_to_stdout(rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["adopt", str(rendered)]) == 0
    shown = capsys.readouterr().out
    assert "service: {name: CPaaSSMS}" in shown
    assert "env: CPAASSMS_API_KEY" in shown


@pytest.mark.parametrize("layout", ["source", "mdapi", "zip"])
def test_every_layout_renders_the_same_again(layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, spec, second = tmp_path / "first", tmp_path / "8x8-sms", tmp_path / "second"
    assert run(["render", str(SPEC), "-d", str(first), "--layout", layout]) == 0
    assert run(["adopt", str(first), "-d", str(spec)]) == 0
    assert run(["render", str(spec), "-d", str(second), "--layout", layout]) == 0
    trees = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (first, second)
    ]
    assert trees[0] == trees[1]
    assert run(["validate", str(spec), str(first)]) == 0
    assert "no findings" in capsys.readouterr().out


def test_nothing_is_overwritten(rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adopted(capsys, rendered, "-d", tmp_path / "spec")
    (tmp_path / "spec" / "integration.yaml").write_text("mine")
    assert run(["adopt", str(rendered), "-d", str(tmp_path / "spec")]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "spec" / "integration.yaml").read_text() == "mine"
    adopted(capsys, rendered, "-d", tmp_path / "spec", "--force")
    assert (tmp_path / "spec" / "integration.yaml").read_text() != "mine"


def test_several_services_have_a_folder_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    golden = Path(__file__).resolve().parents[1] / "golden" / "expected"
    paths = [golden / case / "source" for case in ("8x8-sms", "basic")]
    assert run(["adopt", *map(str, paths)]) == 2
    assert "There are 2 services" in capsys.readouterr().err
    result = adopted(capsys, *paths, "-d", tmp_path)
    assert [one["service"] for one in result["integrations"]] == ["CPaaSSMS", "Meters"]
    assert (tmp_path / "meters" / "integration.yaml").is_file()
    assert adopted(capsys, *paths, "--service", "Meters")["integrations"][0]["variables"] == [
        "METERS_USERNAME",
        "METERS_PASSWORD",
    ]


def test_what_is_not_there(rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["adopt", str(tmp_path / "nowhere")]) == 2
    capsys.readouterr()
    assert run(["adopt", str(rendered), "--service", "Other"]) == 2
    assert "Services here: CPaaSSMS" in "".join(capsys.readouterr())
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(["adopt", str(empty)]) == 2
    assert "no registered External Service" in capsys.readouterr().err
    assert run(["adopt", str(rendered), "-o", "local"]) == 2
    assert "do not go together" in capsys.readouterr().err


def test_what_cannot_be_described_is_told(rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rendered / "namedCredentials" / "X8x8_SMS_API.namedCredential-meta.xml").unlink()
    assert run(["adopt", str(rendered)]) == 2
    told = "".join(capsys.readouterr())
    assert "named credential X8x8_SMS_API is not there" in told


def test_an_org_is_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EIGHT_BY_EIGHT_API_KEY", "a-key-of-this-test-0001")
    with running_org() as org:
        assert run(["deploy", str(SPEC), "-o", org.target]) == 0
        capsys.readouterr()
        result = adopted(capsys, "-o", org.target, "-d", tmp_path / "8x8-sms")
        assert [one["service"] for one in result["integrations"]] == ["CPaaSSMS"]
        text = (tmp_path / "8x8-sms" / "integration.yaml").read_text()
        assert "a-key-of-this-test-0001" not in text
        # what was adopted changes nothing where it came from
        monkeypatch.setenv("CPAASSMS_API_KEY", "a-key-of-this-test-0001")
        code = run(["plan", str(tmp_path / "8x8-sms"), "-o", org.target, "--json"])
        plan = json.loads(capsys.readouterr().out)
        assert code == 0, plan
        assert plan["result"]["steps"] == []
