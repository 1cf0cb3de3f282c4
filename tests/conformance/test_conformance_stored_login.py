"""sfsetup over a log-in that the Salesforce CLI keeps: `-o ALIAS` asks `sf` for the address and the token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.foreign import REPOSITORY, Org, Sf, recording_org

pytestmark = pytest.mark.conformance

SPEC = str(REPOSITORY / "specs" / "8x8-sms")
KEY = "planted-key-4711"


@pytest.fixture(scope="module")
def stored(node_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Org, Sf]]:
    with recording_org() as org:
        client = Sf(node_bin, tmp_path_factory.mktemp("stored"), {"SF_ACCESS_TOKEN": org.token})
        client("org", "login", "access-token", "--instance-url", org.url, "--alias", "stored", "--no-prompt")
        yield org, client


def sfsetup(client: Sf, *arguments: str, code: int = 0) -> Any:
    """Runs sfsetup with the home folder and the `sf` of a client; returns `result`."""
    environment = {**os.environ, **client.environment(), "EIGHT_BY_EIGHT_API_KEY": KEY}
    environment["SFSETUP_HOME"] = str(client.home / "sfsetup")
    environment.pop("SF_ACCESS_TOKEN", None)
    done = subprocess.run(
        [sys.executable, "-m", "sfsetup", *arguments, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr
    return json.loads(done.stdout)["result"]


def test_org_of_the_salesforce_cli(stored: tuple[Org, Sf]) -> None:
    org, client = stored
    shown = sfsetup(client, "org", "display", "-o", "stored")
    assert org.username in json.dumps(shown)
    assert org.token not in json.dumps(shown)


def test_deploy_and_verify(stored: tuple[Org, Sf]) -> None:
    org, client = stored
    done = sfsetup(client, "deploy", SPEC, "-o", "stored", "--yes")
    assert [stage["status"] for stage in done["stages"]] == ["done"] * 4
    assert done["flow"] == {"activeVersion": 1, "latestVersion": 1}
    run = sfsetup(client, "verify", SPEC, "-o", org.username, "--yes")
    assert run["ok"] is True
    assert run["outputs"]["responseCode"] == 200


def test_unknown_alias(stored: tuple[Org, Sf]) -> None:
    _, client = stored
    environment = {**os.environ, **client.environment()}
    done = subprocess.run(
        [sys.executable, "-m", "sfsetup", "plan", SPEC, "-o", "nobody"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode in (2, 4), done.stderr
    assert "nobody" in done.stderr
    assert "Traceback" not in done.stderr
