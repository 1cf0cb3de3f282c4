"""Input that is there and cannot be used: the same findings from every command, and the exit code of its kind.

Contracts, 'Exit codes, finer': 3 where a command judges, 2 where it was to do something; a path that is missing is 2.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.local import RunningOrg, running_org

BAD = {
    "truncated": b'{"openapi": "3.0.3", "paths": {"/a": ',
    "truncated YAML": b"openapi: 3.0.3\npaths: {a: [\n",
    "empty": b"",
    "no OpenAPI": b'{"hello": "world"}',
    "a list": b"[1, 2]",
    "a web page": b"<!DOCTYPE html><html><body>Not found</body></html>",
    "binary": bytes(range(256)),
}
GOOD = "good.json"
DOING = [
    ("openapi", "fit", "bad.json"),
    ("openapi", "names", "bad.json", "--service", "Svc"),
    ("openapi", "changes", "bad.json", GOOD),
    ("openapi", "changes", GOOD, "bad.json"),
    ("init", "bad.json", "-d", "made"),
]
JUDGING = [
    ("openapi", "check", "bad.json"),
    ("openapi", "changes", "bad.json", GOOD, "--exit-code"),
    ("openapi", "changes", GOOD, "bad.json", "--exit-code"),
]


@pytest.fixture
def folder(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(repository / "specs" / "8x8-sms" / "openapi.json", tmp_path / GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize(("words", "code"), [*((words, 2) for words in DOING), *((words, 3) for words in JUDGING)])
def test_a_document_that_cannot_be_used(folder: Path, kind: str, words: tuple[str, ...], code: int) -> None:
    (folder / "bad.json").write_bytes(BAD[kind])
    ended = sfsetup(*words, code=code)
    assert "bad.json" in ended.text
    document = sfsetup(*words, "--json", code=code).json
    findings = document["result"]["findings"]
    assert findings
    assert {finding["severity"] for finding in findings} <= {"critical", "high", "medium", "low", "info"}
    assert findings[0]["file"] == "bad.json"
    if code == 2:
        assert (document["name"], bool(document["message"])) == ("InvalidInput", True)


@pytest.mark.parametrize("words", [*DOING, *JUDGING])
def test_a_document_that_is_missing(folder: Path, words: tuple[str, ...]) -> None:
    assert "bad.json: no such file" in sfsetup(*words, code=2).err


@pytest.fixture(scope="module")
def org() -> RunningOrg:
    with running_org() as found:
        yield found


@pytest.mark.parametrize(
    ("file", "content"),
    [("openapi.json", b'{"openapi": "3.0'), ("integration.yaml", b"version: 1\nopenapi: ["), ("openapi.json", None)],
)
def test_an_integration_that_cannot_be_used(
    folder: Path, repository: Path, org: RunningOrg, file: str, content: bytes | None
) -> None:
    spec = Path(shutil.copytree(repository / "specs" / "8x8-sms", folder / "spec"))
    if content is None:
        (spec / file).unlink()
    else:
        (spec / file).write_bytes(content)
    told = set()
    for words, code in [
        (("validate", spec), 3),
        (("plan", spec, "-o", org.target, "--exit-code"), 3),
        (("plan", spec, "-o", org.target), 2),
        (("deploy", spec, "-o", org.target), 2),
        (("render", spec, "-d", folder / "out"), 2),
        (("explain", spec), 2),
    ]:
        document = sfsetup(*words, "--json", code=code).json
        told.add(tuple(finding["rule"] for finding in document["result"]["findings"]))
        assert "Error: " in sfsetup(*words, code=code).err or code == 3
    assert len(told) == 1


@pytest.mark.parametrize("words", [("plan", "nowhere"), ("openapi", "names", "bad.json", "--service", "Svc")])
def test_what_was_asked_for_in_a_file_is_in_the_file(folder: Path, org: RunningOrg, words: tuple[str, ...]) -> None:
    (folder / "bad.json").write_bytes(BAD["truncated"])
    more = ("-o", org.target) if words[0] == "plan" else ()
    ended = sfsetup(*words, *more, "--json", "-f", "out.json", code=2)
    assert ended.out == ""
    assert "Error: " in ended.err
    document = json.loads((folder / "out.json").read_text())
    assert (document["status"], bool(document["message"])) == (2, True)


def test_a_spec_that_is_missing(folder: Path, org: RunningOrg) -> None:
    for words in (
        ("validate", "nowhere"),
        ("plan", "nowhere", "-o", org.target),
        ("plan", "nowhere", "-o", org.target, "--exit-code"),
        ("deploy", "nowhere", "-o", org.target),
    ):
        assert "nowhere" in sfsetup(*words, code=2).err
