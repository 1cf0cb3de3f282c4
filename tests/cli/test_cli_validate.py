"""`sfsetup validate` through the command line: what it judges, in which words, with which exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sfsetup.cli.main import run

HERE = Path(__file__).parent


@pytest.fixture
def spec(tmp_path: Path, repository: Path) -> Path:
    """A copy of the shipped integration that a test may spoil."""
    return Path(shutil.copytree(repository / "specs" / "8x8-sms", tmp_path / "8x8-sms"))


@pytest.fixture
def guide(spec: Path) -> Path:
    """The vendor's guide, followed to the letter."""
    shutil.copy(HERE / "guide.yaml", spec / "integration.yaml")
    return spec


def validated(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    code = run(["validate", *map(str, words), "--json"])
    output = json.loads(capsys.readouterr().out)
    assert output["status"] == code
    return code, output["result"]


def test_a_clean_integration_is_zero(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = validated(capsys, spec)
    assert code == 0
    assert result["findings"] == []
    assert [one["kind"] for one in result["checked"]] == ["spec", "document", "metadata"]
    assert result["checked"][2]["components"] == 5


def test_the_guide_followed_to_the_letter_gives_five_findings(guide: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = validated(capsys, guide)
    assert code == 3
    lines = (guide / "integration.yaml").read_text().splitlines()
    found = {
        (one["rule"], one["severity"], lines[one["line"] - 1].strip().split(":")[0]): one for one in result["findings"]
    }
    assert set(found) == {
        ("SP-016", "high", "Authorization"),
        ("SP-020", "medium", "generate_authorization_header"),
        ("SP-014", "high", "to"),
        ("SP-014", "high", "from"),
        ("SP-013", "high", "service"),
    }
    assert "headers: {Authorization:" in found["SP-016", "high", "Authorization"]["fix"]
    assert "Leave it out" in found["SP-020", "medium", "generate_authorization_header"]["fix"]
    assert "destination" in found["SP-014", "high", "to"]["fix"]
    assert "source" in found["SP-014", "high", "from"]["fix"]
    assert "CPaaSSMS" in found["SP-013", "high", "service"]["fix"]


def test_the_guide_as_people_read_it(guide: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(guide)]) == 3
    shown = capsys.readouterr().out
    assert "line 29" in shown
    assert "Fix: Did you mean `destination`?" in shown
    assert "5 findings: 4 high, 1 medium" in shown


def test_warnings_alone_do_not_fail(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = spec / "integration.yaml"
    file.write_text(
        file.read_text().replace("label: 8x8 SMS API,", "label: 8x8 SMS API, generate_authorization_header: true,")
    )
    code, result = validated(capsys, spec)
    assert code == 0
    assert [one["rule"] for one in result["findings"]] == ["SP-020"]
    code, _result = validated(capsys, spec, "--fail-on", "medium")
    assert code == 3


@pytest.mark.parametrize(
    ("name", "content", "rule", "line"),
    [
        ("integration.yaml", "service: {name: CPaaSSMS\nopenapi: x\n", "SP-001", 2),
        ("integration.yaml", "", "SP-001", 1),
        ("integration.yaml", "- a\n- b\n", "SP-001", 1),
        ("integration.yaml", "a: &x [*x]\n", "SP-001", 1),
        ("openapi.json", '{"openapi": "3.0.1",\n "paths": {', "SP-010", 2),
        ("openapi.json", "[]", "SP-010", 1),
        ("openapi.json", "", "SP-010", 1),
    ],
)
def test_broken_files_are_findings(
    name: str, content: str, rule: str, line: int, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (spec / name).write_text(content)
    code, result = validated(capsys, spec)
    assert code == 3
    first = result["findings"][0]
    assert (first["rule"], first["line"], Path(first["file"]).name) == (rule, line, name)
    assert first["fix"]


def test_text_that_is_no_utf_8(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (spec / "integration.yaml").write_bytes(b"service: {name: \xff\xfe}\n")
    code, result = validated(capsys, spec)
    assert code == 3
    assert result["findings"][0]["rule"] == "SP-001"


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(tmp_path / "nowhere")]) == 2
    assert "There is no" in capsys.readouterr().err
    assert run(["validate", str(tmp_path)]) == 2
    assert "There is no metadata" in capsys.readouterr().err


def test_json_specs_are_read_too(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (spec / "integration.yaml").unlink()
    value = {"openapi": "openapi.json", "service": {"name": "CPaaSSMS"}, "sevrice": 1}
    (spec / "integration.json").write_text(json.dumps(value, indent=1))
    code, result = validated(capsys, spec)
    assert code == 3
    assert ("SP-002", 6) in [(one["rule"], one["line"]) for one in result["findings"]]


@pytest.mark.parametrize("layout", ["source", "mdapi", "zip"])
def test_rendered_metadata_is_what_the_spec_says(
    layout: str, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["render", str(spec), "-d", str(out), "--layout", layout]) == 0
    capsys.readouterr()
    code, result = validated(capsys, spec, out)
    assert (code, result["findings"]) == (0, [])
    assert result["checked"][-1] == {"kind": "metadata", "path": str(out), "components": 5, "rendered": False}
    paths = sorted(out.glob("*.zip")) if layout == "zip" else [out]
    code, result = validated(capsys, *paths)
    assert (code, result["findings"]) == (0, [])


def test_metadata_of_another_spec_is_told(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(["render", str(spec), "-d", str(out)]) == 0
    capsys.readouterr()
    (out / "permissionsets" / "CPaaS_API_Access.permissionset-meta.xml").unlink()
    url = out / "namedCredentials" / "X8x8_SMS_API.namedCredential-meta.xml"
    url.write_text(url.read_text().replace("https://sms.8x8.com", "https://sms.8x8.uk"))
    code, result = validated(capsys, spec, out)
    assert code == 3
    found = {(one["rule"], one["component"]["type"]): one for one in result["findings"]}
    assert set(found) == {("MD-060", "PermissionSet"), ("MD-061", "NamedCredential")}
    different = found["MD-061", "NamedCredential"]
    assert url.read_text().splitlines()[different["line"] - 1].strip().startswith("<parameterValue>https://sms.8x8.uk")
    assert "https://sms.8x8.com" in different["fix"]


def test_package_xml_and_files_must_agree(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(["render", str(spec), "-d", str(out), "--layout", "mdapi"]) == 0
    capsys.readouterr()
    (out / "stage1" / "permissionsets" / "CPaaS_API_Access.permissionset").unlink()
    code, result = validated(capsys, out)
    assert code == 3
    finding = next(one for one in result["findings"] if one["rule"] == "MD-005")
    assert "was not found in zipped directory" in finding["message"]
    manifest = (out / "stage1" / "package.xml").read_text().splitlines()
    assert "CPaaS_API_Access" in manifest[finding["line"] - 1]


def test_metadata_that_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "namedCredentials"
    folder.mkdir()
    (folder / "A.namedCredential-meta.xml").write_text("<NamedCredential>\n<label>x</NamedCredential>")
    (folder / "B.namedCredential-meta.xml").write_text("<Other/>")
    code, result = validated(capsys, tmp_path)
    assert code == 3
    assert [(one["rule"], one["component"]["fullName"]) for one in result["findings"]] == [
        ("MD-001", "A"),
        ("MD-001", "B"),
    ]


def test_a_broken_archive_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 no archive")
    code, result = validated(capsys, tmp_path / "x.zip")
    assert code == 3
    assert result["findings"][0]["rule"] == "MD-001"


def test_elements_of_another_version(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(["render", str(spec), "-d", str(out)]) == 0
    capsys.readouterr()
    code, result = validated(capsys, out, "--api-version", "58.0")
    assert code == 3
    assert any("not valid in version 58.0" in one["message"] for one in result["findings"])


def test_several_specs_are_runs(spec: Path, guide: Path, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = validated(capsys, repository / "specs" / "8x8-sms", guide)
    assert code == 3
    assert [len(one["findings"]) for one in result["runs"]] == [0, 5]


def test_an_environment_must_exist(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(spec), "-e", "uat"]) == 2
    assert "no environment 'uat'" in capsys.readouterr().err


def test_every_report_format(guide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {}
    for name in ("sarif", "junit", "github", "markdown", "csv", "html"):
        assert run(["validate", str(guide), "--format", name]) == 3
        texts[name] = capsys.readouterr().out
        assert "SP-016" in texts[name]
    results = json.loads(texts["sarif"])["runs"][0]["results"]
    assert len(results) == 5
    assert ElementTree.fromstring(texts["junit"]).tag == "testsuites"
    assert texts["csv"].count("\n") == 6
    target = tmp_path / "report.html"
    assert run(["validate", str(guide), "--format", "html", "-f", str(target)]) == 3
    assert "SP-013" in target.read_text()


def test_absent_variables_do_not_matter(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EIGHT_BY_EIGHT_API_KEY", raising=False)
    assert run(["validate", str(spec)]) == 0


def test_text_of_the_document_that_xml_cannot_hold(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = spec / "openapi.json"
    value = json.loads(file.read_text())
    value["info"]["description"] = "bell \u0007"
    file.write_text(json.dumps(value, indent=2))
    code, result = validated(capsys, spec)
    # JSON writes the character as an escape, which XML can hold
    assert (code, result["findings"]) == (0, [])


def test_a_character_of_the_document_that_no_escape_saves(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = spec / "openapi.json"
    value = json.loads(file.read_text())
    value["info"]["description"] = "no character \ufffe"
    file.write_text(json.dumps(value, indent=2))
    code, result = validated(capsys, spec)
    assert code == 3
    assert [one["rule"] for one in result["findings"]] == ["SP-038"]
    assert "U+FFFE" in result["findings"][0]["message"]
    assert result["findings"][0]["line"]


def test_labels_that_come_from_the_document_are_one_line(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((spec / "openapi.json").read_text())
    document["info"]["title"] = "8x8\n SMS\u0007 API"
    for path in document["paths"].values():
        path["post"]["summary"] = "Send\tone\nSMS\u0000"
    (spec / "openapi.json").write_text(json.dumps(document))
    minimal = {
        "openapi": "openapi.json",
        "service": {"name": "Sms"},
        "named_credential": {"url": "https://sms.8x8.com"},
    }
    (spec / "integration.yaml").write_text(json.dumps(minimal))
    code, result = validated(capsys, spec)
    assert code == 0, result
    assert run(["render", str(spec), "-d", str(spec / "out")]) == 0
    assert "<label>Send one SMS</label>" in (spec / "out" / "flows" / "Send_one_SMS.flow-meta.xml").read_text()
    assert (spec / "out" / "namedCredentials" / "X8x8_SMS_API.namedCredential-meta.xml").is_file()


def test_a_document_given_for_a_spec(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = validated(capsys, spec / "openapi.json")
    assert code == 3
    assert [one["rule"] for one in result["findings"]] == ["SP-001"]
    assert "sfsetup init" in result["findings"][0]["fix"]


def test_a_folder_of_integrations(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(spec.parent)]) == 2
    assert str(spec) in capsys.readouterr().err


@pytest.mark.parametrize("version", ["66", "66.1", "x"])
def test_versions_are_written_in_full(version: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(spec), "--api-version", version]) == 2
    assert "is no API version" in capsys.readouterr().err


def test_single_files(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", str(spec), "-d", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    code, result = validated(capsys, tmp_path / "out" / "flows" / "Send_SMS.flow-meta.xml")
    assert code == 0
    assert result["checked"][0]["components"] == 1
    code, result = validated(capsys, spec / "integration.yaml")
    assert (code, result["findings"]) == (0, [])
