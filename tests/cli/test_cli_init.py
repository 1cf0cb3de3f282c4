"""`sfsetup init`: flags where nobody can be asked, questions on a terminal, and a folder that validates."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sfsetup.cli import terminal
from sfsetup.cli.main import run
from sfsetup.spec.reader import check_integration, load_integration

DOCUMENT = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms" / "openapi.json"
URL = ["--url", "https://sms.8x8.com"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def begun(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    code = run(["init", *map(str, words), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code == 0, answer
    return answer["result"]


def test_a_folder_that_validates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = begun(capsys, DOCUMENT, *URL, "--secret", "api_key=EIGHT", "--service", "CPaaSSMS")
    folder = tmp_path / result["folder"]
    assert result["findings"] == []
    assert result["variables"] == ["EIGHT"]
    assert sorted(path.name for path in folder.iterdir()) == ["integration.yaml", "openapi.json"]
    assert (folder / "openapi.json").read_text() == DOCUMENT.read_text()
    spec, _document = load_integration(folder)
    assert spec.service.name == "CPaaSSMS"
    assert spec.external_credential.protocol == "custom"
    assert [header.template for header in spec.external_credential.headers] == ["Bearer {api_key}"]
    assert spec.operations == ("Send-Sms-Single", "Send-Many-Sms")
    assert set(spec.verify.inputs) == {"subAccountId", "body"}
    assert run(["validate", str(folder), "--fail-on", "low"]) == 0


def test_what_only_a_person_can_decide_names_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(DOCUMENT)]) == 2
    told = capsys.readouterr().err
    assert "4 servers" in told
    assert "--url" in told
    assert not list(Path().iterdir())


def test_operations_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    result = begun(capsys, DOCUMENT, *URL, "--operation", "Send-Many-Sms", "-d", "many")
    assert result["spec"]["operations"] == ["Send-Many-Sms"]
    assert result["spec"]["flow"]["operation"] == "Send-Many-Sms"
    assert result["findings"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--operation", "Send-Sms-Singel"], "no operation Send-Sms-Singel"),
        (["--service", "8x8 SMS"], "cannot be the name of a service"),
        (["--protocol", "custum"], "Did you mean custom?"),
        (["--secret", "api_key=sk-live-not-a-variable"], "not the name of an environment variable"),
        (["--secret", "api_key"], "--secret takes NAME=VALUE"),
        (["--set", "token_url=https://x.example"], "has no setting token_url"),
        (["--protocol", "oauth_client_credentials"], "needs token_url"),
        (["--protocol", "oauth_browser"], "exactly one of auth_provider and identity_provider"),
        (["--flow-operation", "Other"], "not among the chosen operations"),
    ],
)
def test_wrong_words(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(DOCUMENT), *URL, *words]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert "sk-live" not in told
    assert not list(Path().iterdir())


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    begun(capsys, DOCUMENT, *URL, "-d", "out")
    before = Path("out/integration.yaml").read_text()
    assert run(["init", str(DOCUMENT), *URL, "-d", "out", "--service", "Other"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert Path("out/integration.yaml").read_text() == before
    begun(capsys, DOCUMENT, *URL, "-d", "out", "--service", "Other", "--force")
    assert "Other" in Path("out/integration.yaml").read_text()


def test_a_document_that_lies_in_the_folder_stays(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    shutil.copy(DOCUMENT, "mine/openapi.json")
    begun(capsys, "mine/openapi.json", *URL, "-d", "mine")
    assert check_integration(Path("mine")).findings == ()


def test_a_terminal_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(terminal, "is_interactive", lambda: True)
    answers = io.StringIO("8 x 8\nMySms\n9\n2\n3\n")
    monkeypatch.setattr("sys.stdin", answers)
    assert run(["init", str(DOCUMENT), "-d", "asked"]) == 0
    spec, _document = load_integration(Path("asked"))
    assert spec.service.name == "MySms"
    assert spec.operations == ("Send-Many-Sms",)
    assert spec.named_credential.url == "https://sms.8x8.uk"
    told = capsys.readouterr().err
    assert "cannot be the name of a service" in told
    assert "There is no 9" in told


def test_a_terminal_that_goes_away_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "is_interactive", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(["init", str(DOCUMENT), "-d", "asked"]) == 2
    assert "nothing was written" in capsys.readouterr().err
    assert not Path("asked").exists()


def test_other_protocols_take_their_settings(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--protocol", "oauth_client_credentials", "--set", "token_url=https://login.example.com/token"]
    result = begun(capsys, DOCUMENT, *URL, *words, "-d", "oauth")
    assert result["findings"] == []
    principal = result["spec"]["external_credential"]["principals"][0]
    assert set(principal["parameters"]) == {"client_id", "client_secret"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("adyen-payout.json", []),
        ("museum-31.yaml", []),
        ("petstore-v3.yaml", ["--url", "https://petstore.example.com"]),
        ("twilio-lookups-v2.json", []),
        ("messagebird-sms.yaml", []),
        ("petstore-v2.json", ["--url", "https://petstore.example.com"]),
        ("petstore-v2.json", ["--url", "https://petstore.example.com", "--flow-operation", "updateUser"]),
        ("museum-31.yaml", ["--flow-operation", "updateSpecialEvent"]),
        ("ups-rating.yaml", ["--url", "https://onlinetools.ups.com", "--flow-operation", "Rate"]),
    ],
)
def test_real_documents_begin_without_errors(
    name: str, words: list[str], openapi_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = begun(capsys, openapi_corpus / name, *words, "-d", "real")
    assert [one for one in result["findings"] if one["severity"] in ("critical", "high")] == []


def _document(tmp_path: Path, body: dict[str, Any]) -> Path:
    path = tmp_path / "api.json"
    content = {"application/json": {"schema": body}}
    operation = {"operationId": "change", "requestBody": {"required": True, "content": content}}
    operation["responses"] = {"200": {"description": "Done"}}
    document = {"openapi": "3.0.1", "info": {"title": "Things", "version": "1"}, "paths": {"/a": {"put": operation}}}
    path.write_text(json.dumps({**document, "servers": [{"url": "https://api.example.com/v2"}]}))
    return path


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ({"type": "object", "properties": {"n": {"type": "string"}, "m": {"type": "integer"}}}, {"n": "text"}),
        ({"type": "object", "properties": {"n": {"type": "string", "readOnly": True}}}, {}),
        (
            {
                "type": "object",
                "required": ["in"],
                "properties": {"in": {"type": "object", "properties": {"m": {"type": "integer"}}}},
            },
            {"in": {"m": 1}},
        ),
    ],
)
def test_a_needed_object_that_needs_nothing_is_there(
    body: dict[str, Any], written: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = begun(capsys, _document(tmp_path, body), "--protocol", "custom", "-d", "things")
    assert result["spec"]["verify"]["inputs"]["body"] == written
    assert [one for one in result["findings"] if one["severity"] in ("critical", "high")] == []


@pytest.mark.parametrize("url", ["https://eu.example.com/v2", "https://eu.example.com/v2/", "https://eu.example.com"])
def test_the_base_path_of_the_document_is_not_written_twice(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = _document(tmp_path, {"type": "object", "properties": {"n": {"type": "string"}}})
    result = begun(capsys, document, "--protocol", "custom", "--url", url, "-d", "things")
    assert result["spec"]["named_credential"]["url"] == "https://eu.example.com"
    assert [one for one in result["findings"] if one["severity"] in ("critical", "high")] == []


def test_a_large_document_wants_a_choice(openapi_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(openapi_corpus / "netlify-v2.yaml")]) == 2
    assert "--operation" in capsys.readouterr().err


def test_a_document_of_several_files_becomes_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("parts").mkdir()
    document = json.loads(DOCUMENT.read_text())
    schemas = document["components"].pop("schemas")
    Path("parts/schemas.json").write_text(json.dumps(schemas).replace("#/components/schemas/", "#/"))
    Path("parts/main.json").write_text(json.dumps(document).replace("#/components/schemas/", "schemas.json#/"))
    result = begun(capsys, "parts/main.json", *URL, "-d", "whole")
    assert [one for one in result["findings"] if one["severity"] == "high"] == []
    text = Path("whole/openapi.json").read_text()
    assert "schemas.json" not in text
    spec, document_read = load_integration(Path("whole"))
    assert len(document_read.operations) == len(spec.operations) == 2
