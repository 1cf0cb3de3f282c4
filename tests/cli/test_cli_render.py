"""`sfsetup render` through the command line: folders, layouts, SFDX projects, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sfsetup.cli.main import run

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"
SOURCE = {
    "externalCredentials/X8x8_CPaaS_Authentication.externalCredential-meta.xml",
    "externalServiceRegistrations/CPaaSSMS.externalServiceRegistration-meta.xml",
    "flows/Send_SMS.flow-meta.xml",
    "namedCredentials/X8x8_SMS_API.namedCredential-meta.xml",
    "permissionsets/CPaaS_API_Access.permissionset-meta.xml",
}


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "force-app" / "main" / "default" / "flows").mkdir(parents=True)
    (root / "force-app" / "main" / "default" / "flows" / "Other.flow-meta.xml").write_text("<Flow/>")
    _write_project(root, sourceApiVersion="64.0")
    return root


def _write_project(root: Path, **more: Any) -> None:
    value = {"packageDirectories": [{"path": "other"}, {"path": "force-app", "default": True}], **more}
    (root / "sfdx-project.json").write_text(json.dumps(value))


def test_source_is_the_default_and_twice_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(["render", str(SPEC), "-d", str(out), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert {row["path"] for row in result["files"]} == {str(out / path) for path in SOURCE}
    assert {(row["type"], row["fullName"], row["stage"]) for row in result["files"]} >= {
        ("Flow", "Send_SMS", 2),
        ("PermissionSet", "CPaaS_API_Access", 1),
    }
    first = _tree(out)
    assert set(first) == SOURCE
    assert run(["render", str(SPEC), "-d", str(out)]) == 0
    assert _tree(out) == first


def test_the_independent_judge_takes_what_the_command_writes(tmp_path: Path, judge_folder: Path) -> None:
    paths = []
    for layout in ("source", "mdapi", "zip"):
        trees = []
        for name in ("one", "two"):
            out = tmp_path / layout / name
            assert run(["render", str(SPEC), "-d", str(out), "--layout", layout]) == 0
            trees.append(_tree(out))
        assert trees[0] == trees[1]
        paths += sorted(map(str, out.glob("*.zip"))) if layout == "zip" else [str(out)]
    done = subprocess.run(
        [sys.executable, str(judge_folder / "metadata-check"), *paths], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_nothing_is_deleted(tmp_path: Path) -> None:
    keep = tmp_path / "flows" / "Mine.flow-meta.xml"
    keep.parent.mkdir()
    keep.write_text("mine")
    assert run(["render", str(SPEC), "-d", str(tmp_path)]) == 0
    assert keep.read_text() == "mine"


def test_several_specs_have_a_folder_each(tmp_path: Path) -> None:
    second = Path(shutil.copytree(SPEC, tmp_path / "second"))
    out = tmp_path / "out"
    assert run(["render", str(SPEC), str(second), "-d", str(out), "--layout", "zip"]) == 0
    assert set(_tree(out)) == {
        "8x8-sms/8x8-sms-1.zip",
        "8x8-sms/8x8-sms-2.zip",
        "second/second-1.zip",
        "second/second-2.zip",
    }


def test_findings_are_shown_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = Path(shutil.copytree(SPEC, tmp_path / "spec"))
    file = spec / "integration.yaml"
    file.write_text(file.read_text().replace("https://sms.8x8.com}", "http://sms.8x8.com}"))
    out = tmp_path / "out"
    assert run(["render", str(spec), "-d", str(out), "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert [one["rule"] for one in answer["result"]["findings"]] == ["SP-008"]
    assert not out.exists()


def test_into_a_project(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", str(SPEC), "--into", str(project)]) == 0
    folder = project / "force-app" / "main" / "default"
    assert set(_tree(folder)) == {*SOURCE, "flows/Other.flow-meta.xml"}
    assert "<apiVersion>64.0</apiVersion>" in (folder / "flows" / "Send_SMS.flow-meta.xml").read_text()
    capsys.readouterr()
    # other components of the project are not this integration's business
    assert run(["validate", str(SPEC), str(project), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]["findings"] == []


def test_into_a_project_that_keeps_schemas_beside(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_project(project, sourceApiVersion="66.0", sourceBehaviorOptions=["decomposeExternalServiceRegistrationBeta"])
    assert run(["render", str(SPEC), "--into", str(project), "--json"]) == 0
    capsys.readouterr()
    folder = project / "force-app" / "main" / "default" / "externalServiceRegistrations"
    assert set(_tree(folder)) == {"CPaaSSMS.yaml", "CPaaSSMS.externalServiceRegistration-meta.xml"}
    xml = (folder / "CPaaSSMS.externalServiceRegistration-meta.xml").read_text()
    assert "<schema>" not in xml
    assert "<schemaUploadFileExtension>json</schemaUploadFileExtension>" in xml
    assert json.loads((folder / "CPaaSSMS.yaml").read_text())["openapi"] == "3.0.1"
    assert run(["validate", str(SPEC), str(project), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]["findings"] == []


def test_into_takes_the_folder_that_a_project_uses(tmp_path: Path) -> None:
    root = tmp_path / "flat"
    (root / "force-app" / "flows").mkdir(parents=True)
    _write_project(root, sourceApiVersion="66.0")
    assert run(["render", str(SPEC), "--into", str(root)]) == 0
    assert set(_tree(root / "force-app")) == SOURCE


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Give either -d DIR or --into"),
        (["-d", "out", "--into", "."], "Give either -d DIR or --into"),
        (["--into", ".", "--layout", "zip"], "--layout does not go with --into"),
        (["--into", "."], "is no SFDX project"),
        (["-d", "out", "-e", "uat"], "no environment 'uat'"),
        (["-d", "out", "--api-version", "58.0"], "58.0 is too old"),
        (["-d", "out", "--api-version", "sixty"], "is no API version"),
    ],
)
def test_wrong_words(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["render", str(SPEC), *words]) == 2
    assert message in capsys.readouterr().err


def test_a_project_of_an_old_version_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_project(project, sourceApiVersion="50.0")
    assert run(["render", str(SPEC), "--into", str(project)]) == 2
    assert "sourceApiVersion of the project is 50.0" in capsys.readouterr().err
    assert run(["render", str(SPEC), "--into", str(project), "--api-version", "60.0"]) == 0


def test_a_project_outside_of_itself_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_project(project, packageDirectories=[{"path": "../elsewhere"}])
    assert run(["render", str(SPEC), "--into", str(project)]) == 2
    assert "outside of the project" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["render", str(SPEC), "-d", str(tmp_path / "file")]) == 2
    assert "Cannot write" in capsys.readouterr().err


def test_warnings_are_told_and_do_not_stop_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = Path(shutil.copytree(SPEC, tmp_path / "spec"))
    file = spec / "integration.yaml"
    old = "label: 8x8 SMS API,"
    file.write_text(file.read_text().replace(old, f"{old} generate_authorization_header: true,"))
    assert run(["render", str(spec), "-d", str(tmp_path / "out"), "--json"]) == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert "generate_authorization_header" in warning
    assert "integration.yaml:" in warning
