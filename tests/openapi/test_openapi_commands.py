"""`sfsetup openapi …` as people and scripts use it: exit codes, both streams, every format."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.openapi.support import thing_document
from tests.support.commands import sfsetup

UNTYPED = {"type": "object", "properties": {"id": {"type": "string"}, "odd": {}}}
NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'


@pytest.fixture(autouse=True)
def _collecting() -> Iterator[None]:
    """The commands switch the collector off for their short lives; the tests live on."""
    yield
    gc.enable()


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A document that Salesforce refuses and `fit` repairs."""
    return _written(tmp_path / "bad.json", thing_document(schema=UNTYPED))


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A document without a finding that counts."""
    return _written(tmp_path / "good.json", thing_document())


def _written(file: Path, value: Any) -> Path:
    file.write_text(json.dumps(value, indent=2), encoding="utf-8")
    return file


def test_check_answers_first_and_ends_with_3(bad: Path) -> None:
    ended = sfsetup("openapi", "check", bad, code=3)
    first, answer, *_ = ended.out.splitlines()
    assert first == f"{bad}: OpenAPI 3.0.3, JSON, {len(bad.read_text()):,} characters"
    assert answer == "Salesforce refuses it as it is (OA-C02). `openapi fit` makes its one operation usable."
    line = bad.read_text().splitlines().index('          "odd": {}') + 1
    assert f"line {line}" in ended.out
    assert "/components/schemas/Thing/properties/odd" in ended.out
    assert ended.out.splitlines()[-1] == f"Repair with: sfsetup openapi fit {bad} -f fitted.json"
    assert ended.err == ""


def test_check_of_a_good_document_ends_with_0(good: Path) -> None:
    ended = sfsetup("openapi", "check", good)
    assert "Salesforce should take it as it is." in ended.out
    sfsetup("openapi", "check", good, "--fail-on", "info", code=3)


def test_check_praises_no_document_without_operations(good: Path) -> None:
    good.write_text('{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}', encoding="utf-8")
    ended = sfsetup("openapi", "check", good, code=3)
    assert ended.out.splitlines()[1] == "It has no operation, so no action comes of it."


def test_check_as_json_has_what_the_contract_says(bad: Path) -> None:
    result = sfsetup("openapi", "check", bad, "--json", code=3).result
    assert result["document"]["version"] == "3.0.3"
    assert result["document"]["characters"] == len(bad.read_text())
    assert result["operations"] == [
        {
            "operationId": "postThing",
            "method": "POST",
            "path": "/things",
            "verdict": "afterFit",
            "rules": ["OA-C02"],
            "blocking": ["OA-C02"],
            "why": "The schema has no type. (/components/schemas/Thing/properties/odd)",
        }
    ]
    assert {limit["name"] for limit in result["limits"]} >= {"operations", "objects", "properties", "characters"}
    worst = result["findings"][0]
    assert (worst["rule"], worst["severity"], worst["certainty"]) == ("OA-C02", "high", "documented")
    assert worst["file"] == str(bad)
    assert worst["line"]
    assert worst["fingerprint"]


def test_check_as_sarif_and_markdown(bad: Path, tmp_path: Path) -> None:
    sarif = json.loads(sfsetup("openapi", "check", bad, "--format", "sarif", code=3).out)
    run = sarif["runs"][0]
    assert "OA-C02" in {result["ruleId"] for result in run["results"]}
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {result["ruleId"] for result in run["results"]}
    report = tmp_path / "report.md"
    sfsetup("openapi", "check", bad, "--format", "markdown", "-f", report, code=3)
    text = report.read_text(encoding="utf-8")
    assert "| postThing | POST /things | after fit |" in text


def test_no_name_of_a_document_steers_the_terminal(tmp_path: Path) -> None:
    evil = tmp_path / "evil.json"
    name = "a\x1b[31m\x1b]0;title\x07\x9b2J\n::error::x\u202e"
    parameter = {"in": "query", "name": name, "schema": {"type": f"any{name}"}}
    get = {"operationId": name, "parameters": [parameter], "responses": {"200": {"$ref": f"#/{name}"}}}
    document = {"openapi": "3.0.3", "info": {"title": name, "version": "1"}, "paths": {f"/a{name}": {"get": get}}}
    evil.write_text(json.dumps(document), encoding="utf-8")
    for words in (("check", evil), ("check", evil, "--format", "markdown"), ("names", evil, "--service", "Svc")):
        ended = sfsetup("openapi", *words, code=None)
        assert not set("\x1b\x07\x9b\u202e") & set(ended.out + ended.err), words
        assert "\n::error" not in ended.out + ended.err
    said = sfsetup("openapi", "fit", evil).err
    assert "no type: string instead" in said
    assert not set("\x1b\x07\x9b\u202e") & set(said)


def test_sarif_describes_the_rule_of_a_document_that_cannot_be_read(tmp_path: Path) -> None:
    cut = tmp_path / "cut.json"
    cut.write_text('{"openapi": "3.0.3", ', encoding="utf-8")
    [run] = json.loads(sfsetup("openapi", "check", cut, "--format", "sarif", code=3).out)["runs"]
    [rule] = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"]) == ("OA-A01", "OpenAPI20Or30InJSONOrYAML")
    assert rule["shortDescription"]["text"] == "OpenAPI 2.0 or 3.0, in JSON or YAML"
    # a document that cannot be read endangers nobody
    assert rule["properties"]["tags"] == ["maintainability", "correctness"]
    assert "security-severity" not in rule["properties"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"openapi": "3.0.3", ', "not complete JSON"),
        ("[1, 2]", "not an OpenAPI document"),
        ('{"hello": 1}', "neither `openapi` nor `swagger`"),
        ('{"openapi": "3.0.3", "paths": []}', "`paths` must be a mapping"),
        ('{"openapi": "3.0.3", "paths": {}}', "no usable operation"),
        ("[" * 100_000, "nested deeper"),
    ],
)
def test_what_is_no_document_is_a_finding_for_check_and_a_refusal_for_the_others(
    text: str, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "doc.json"
    file.write_text(text, encoding="utf-8")
    judged = sfsetup("openapi", "check", file, "--json", code=3)
    assert words in json.dumps(judged.result["findings"])
    for command in (("fit",), ("names", "--service", "Svc")):
        refused = sfsetup("openapi", command[0], file, *command[1:], code=2)
        assert refused.out == ""
        assert str(file) in refused.err
    refused = sfsetup("openapi", "changes", file, file, "--json", code=2)
    assert refused.json["message"]


def test_a_missing_file_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    for words in (("check",), ("fit",), ("names", "--service", "S")):
        ended = sfsetup("openapi", words[0], tmp_path / "none.json", *words[1:], code=2)
        assert "no such file" in ended.err


def test_fit_writes_what_check_takes(bad: Path, tmp_path: Path) -> None:
    out = tmp_path / "fitted.json"
    ended = sfsetup("openapi", "fit", bad, "-f", out)
    assert ended.out.startswith(f"{out}: 1 operation, ")
    assert "/components/schemas/Thing/properties/odd: a value of any type becomes text" in ended.err
    sfsetup("openapi", "check", out, "--fail-on", "low")
    again = tmp_path / "again.json"
    sfsetup("openapi", "fit", out, "-f", again)
    assert again.read_text() == out.read_text()


def test_fit_without_a_file_writes_the_document_to_stdout(bad: Path) -> None:
    ended = sfsetup("openapi", "fit", bad, "--explain")
    assert json.loads(ended.out)["openapi"] == "3.0.3"
    assert "lost: a value of any type becomes text  [/components/schemas/Thing/properties/odd]" in ended.err
    assert "\n" not in sfsetup("openapi", "fit", bad).out.strip()
    assert sfsetup("openapi", "fit", bad, "--readable").out.startswith('{\n  "openapi"')


def test_fit_keeps_the_operations_that_are_asked_for(tmp_path: Path) -> None:
    value = thing_document()
    value["paths"]["/others"] = {"get": {"operationId": "getOther", "responses": {"200": {"description": "ok"}}}}
    file = _written(tmp_path / "two.json", value)
    for name in ("getOther", "GET /others", "get /others"):
        fitted = json.loads(sfsetup("openapi", "fit", file, "--operation", name).out)
        assert list(fitted["paths"]) == ["/others"]
        assert "components" not in fitted
    unknown = sfsetup("openapi", "fit", file, "--operation", "getOthr", code=2)
    assert "getOther" in unknown.err


def test_fit_adds_error_responses(tmp_path: Path) -> None:
    value = thing_document()
    problem = {"type": "object", "properties": {"message": {"type": "string"}}}
    value["components"]["schemas"]["ErrorResponse"] = problem
    value["paths"]["/things"]["post"]["description"] = "Returns HTTP status 429 when there are too many requests."
    file = _written(tmp_path / "errors.json", value)
    plain = json.loads(sfsetup("openapi", "fit", file).out)
    assert list(plain["paths"]["/things"]["post"]["responses"]) == ["200"]
    named = json.loads(sfsetup("openapi", "fit", file, "--error-responses").out)
    found = named["paths"]["/things"]["post"]["responses"]
    assert list(found) == ["200", "429"]
    assert found["429"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorResponse"}
    ranges = json.loads(sfsetup("openapi", "fit", file, "--error-responses", "ranges").out)
    assert list(ranges["paths"]["/things"]["post"]["responses"]) == ["200", "4XX", "5XX"]


def test_fit_gives_plain_names(tmp_path: Path) -> None:
    value = thing_document(operation={"operationId": "Send-Thing (now)"})
    file = _written(tmp_path / "names.json", value)
    fitted = json.loads(sfsetup("openapi", "fit", file, "--safe-names").out)
    assert fitted["paths"]["/things"]["post"]["operationId"] == "SendThingNow"
    kept = json.loads(sfsetup("openapi", "fit", file).out)
    assert kept["paths"]["/things"]["post"]["operationId"] == "Send-Thing (now)"


def test_names_marks_guesses_and_says_what_is_too_long(tmp_path: Path) -> None:
    value = thing_document(operation={"operationId": "get-" * 20 + "thing"})
    file = _written(tmp_path / "long.json", value)
    ended = sfsetup("openapi", "names", file, "--service", "Svc")
    assert "? marks a name that is inferred" in ended.out
    assert "Salesforce shortens it" in ended.err
    result = sfsetup("openapi", "names", file, "--service", "Svc", "--json").result
    assert [one["kind"] for one in result["collisions"]] == ["shortened"]
    assert result["operations"][0]["certainty"] == "inferred"
    assert result["classes"][0]["apexClass"] == "ExternalService__Svc_Thing"
    sfsetup("openapi", "names", file, code=2)
    sfsetup("openapi", "names", file, "--service", "8x8", code=2)


def _registration(folder: Path, document: Any, binding: str = "") -> Path:
    from xml.sax.saxutils import escape

    text = escape(json.dumps(document, indent=1), {'"': "&quot;"})
    file = folder / "Things.externalServiceRegistration-meta.xml"
    file.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ExternalServiceRegistration {NS}>\n    <label>Things</label>\n'
        "    <operations>\n        <active>true</active>\n        <name>postthing</name>\n    </operations>\n"
        f"    <schema>{text}</schema>\n{binding}    <status>Complete</status>\n</ExternalServiceRegistration>\n",
        encoding="utf-8",
    )
    return file


def test_a_registration_is_taken_for_its_document(tmp_path: Path) -> None:
    file = _registration(tmp_path, thing_document(schema=UNTYPED))
    result = sfsetup("openapi", "check", file, "--json", code=3).result
    line = next(i for i, text in enumerate(file.read_text().splitlines(), 1) if "&quot;odd&quot;" in text)
    assert (result["findings"][0]["file"], result["findings"][0]["line"]) == (str(file), line)
    names = sfsetup("openapi", "names", file, "--json").result
    assert names["service"] == "Things"
    assert names["operations"][0]["actionName"] == "Things.postThing"


def test_what_a_registration_maps_needs_no_mapping(tmp_path: Path) -> None:
    body = {"content": {"application/vnd.x+json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    value = thing_document(operation={"requestBody": body})
    mapping = '{"compatibleMediaTypes":{"application/vnd.x+json":"application/json"}}'.replace('"', "&quot;")
    file = _registration(tmp_path, value)
    assert "OA-A07" in sfsetup("openapi", "check", file, code=3).out
    file = _registration(tmp_path, value, f"    <serviceBinding>{mapping}</serviceBinding>\n")
    assert "OA-A07" not in sfsetup("openapi", "check", file).out


def test_changes_names_the_flows_that_break(tmp_path: Path) -> None:
    old = _registration(tmp_path, thing_document())
    flow = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Flow {NS}>\n<actionCalls>\n<name>Call</name>\n'
        "<actionName>Things.postThing</actionName>\n<actionType>externalService</actionType>\n</actionCalls>\n"
        "<label>Send</label>\n<status>Active</status>\n</Flow>\n"
    )
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "Send.flow-meta.xml").write_text(flow, encoding="utf-8")
    new = _written(tmp_path / "new.json", thing_document(operation={"operationId": "createThing"}))
    ended = sfsetup("openapi", "changes", old, new, "--flows", tmp_path)
    assert ended.out.startswith("Salesforce refuses (1)")
    assert "used by Call in" in ended.out
    assert "1. Deactivate the flows that call postThing: Send." in ended.out
    result = sfsetup("openapi", "changes", old, new, "--flows", tmp_path, "--exit-code", "--json", code=3).result
    assert result["changes"][0]["kind"] == "refused"
    assert result["changes"][0]["callers"][0]["element"] == "Call"
    assert len(result["order"]) == 5
    same = sfsetup("openapi", "changes", old, old, "--exit-code")
    assert same.out.strip() == "Nothing that External Services sees has changed."


def test_nothing_goes_over_the_network_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was connected to")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    value = thing_document(schema={"$ref": "https://example.com/thing.json"})
    file = _written(tmp_path / "remote.json", value)
    ended = sfsetup("openapi", "check", file, code=3)
    assert "--allow-remote" in ended.out


def test_the_installed_command_needs_no_network_library(bad: Path) -> None:
    """A process of its own: exit code, and none of the libraries that would make it slow or talkative."""
    probe = (
        "import sys; from sfsetup.cli.main import run; code = run(sys.argv[1:]);"
        "bad = {'requests', 'lxml', 'jinja2', 'rich', 'simple_salesforce', 'jsonschema_rs', 'yaml'} & set(sys.modules);"
        "assert not bad, bad; raise SystemExit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, "openapi", "check", str(bad)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert done.stderr == ""
