"""SARIF reports against the published schema of SARIF 2.1.0, which knows nothing of sfsetup."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.clients import install
from tests.conformance.foreign import REPOSITORY

pytestmark = pytest.mark.conformance

CORPUS = REPOSITORY.parent / "shared" / "corpus"
Errors = Callable[[Any], list[str]]


@pytest.fixture(scope="module")
def errors() -> Errors:
    """What the schema objects to."""
    problem = install.sarif_schema()
    if problem:
        pytest.skip(f"the published SARIF schema cannot be installed: {problem}")
    from jsonschema import Draft4Validator

    validator = Draft4Validator(json.loads(install.SARIF_SCHEMA.read_text("utf-8")))
    return lambda document: [
        f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in validator.iter_errors(document)
    ]


def report(folder: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "sfsetup", *arguments, "--format", "sarif"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": "", "SFSETUP_HOME": str(folder / "home"), "HOME": str(folder)},
    )
    assert done.returncode in (0, 3, 5), done.stderr
    return json.loads(done.stdout)


def test_the_schema_refuses_what_is_no_sarif(errors: Errors) -> None:
    assert errors({"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]})
    assert errors({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"level": "fatal"}]}]})
    assert not errors({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]})


def test_what_cannot_be_read(errors: Errors, tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text('{"openapi": "3.0.3", ')
    (tmp_path / "broken.yaml").write_text("not: [openapi")
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "Cut.flow-meta.xml").write_text("<Flow")
    for arguments in (
        ("openapi", "check", "cut.json"),
        ("openapi", "check", "broken.yaml"),
        ("audit", "flows"),
        ("validate", "broken.yaml"),
    ):
        document = report(tmp_path, *arguments)
        assert errors(document) == [], arguments
        for rule in document["runs"][0]["tool"]["driver"]["rules"]:
            assert rule["shortDescription"]["text"] != rule["id"], arguments


def test_names_from_outside(errors: Errors, tmp_path: Path) -> None:
    (tmp_path / "remoteSiteSettings").mkdir()
    for number, name in enumerate(("a b", "ä%2Fö", "[x](y)", "\u202egnp", "C;D#E?F")):
        (tmp_path / "remoteSiteSettings" / f"{name}.remoteSite-meta.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<RemoteSiteSetting xmlns="http://soap.sforce.com/2006/04/metadata">'
            "<disableProtocolSecurity>true</disableProtocolSecurity><isActive>true</isActive>"
            f"<url>http://h{number}.example</url></RemoteSiteSetting>",
            encoding="utf-8",
        )
    document = report(tmp_path, "audit", ".")
    assert len(document["runs"][0]["results"]) >= 10
    assert errors(document) == []
    accepted = report(tmp_path, "audit", ".", "--write-baseline", "base.json")
    assert accepted["runs"][0]["results"][0]["suppressions"]
    assert errors(accepted) == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus ../shared/corpus is not here")
def test_real_documents_and_metadata(errors: Errors, tmp_path: Path) -> None:
    runs = [("audit", str(CORPUS / "metadata")), ("validate", str(REPOSITORY / "specs" / "8x8-sms"))]
    runs += [
        ("openapi", "check", str(file)) for file in sorted((CORPUS / "oas").glob("*-*.*")) if file.suffix != ".tsv"
    ]
    assert len(runs) > 10
    for arguments in runs:
        assert errors(report(tmp_path, *arguments)) == [], arguments
