"""Every ready integration is clean, and works from end to end on a fresh local org."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfsetup.cli.main import run
from sfsetup.spec.reader import load_integration
from tests.support.local import running_org

SPECS = sorted(path.parent for path in (Path(__file__).resolve().parents[2] / "specs").glob("*/integration.yaml"))


@pytest.mark.parametrize("folder", SPECS, ids=lambda folder: folder.name)
def test_it_is_clean(folder: Path) -> None:
    assert run(["validate", str(folder), "--fail-on", "low"]) == 0
    spec, _document = load_integration(folder)
    assert not spec.environments  # users add their own


@pytest.mark.parametrize("folder", SPECS, ids=lambda folder: folder.name)
def test_it_works(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    spec, _document = load_integration(folder)
    for principal in spec.external_credential.principals:
        for parameter in principal.parameters.values():
            if parameter.secret is not None:
                monkeypatch.setenv(parameter.secret.locator, "a-value-of-this-test-0001")
    with running_org() as org:
        assert run(["deploy", str(folder), "-o", org.target]) == 0
        capsys.readouterr()
        assert run(["verify", str(folder), "-o", org.target, "--json"]) == 0
        result = json.loads(capsys.readouterr().out)["result"]
        assert result["ok"] is True
        assert result["outputs"]["ok"] is True
