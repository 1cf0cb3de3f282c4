"""A local org that records its SOAP replies, and the foreign clients that talk to it.

`test_conformance_zz_replies.py` runs last and has every recorded reply judged.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.clients import install
from tests.conformance.foreign import REPOSITORY, Org, Sf, recording_org


@pytest.fixture(scope="session")
def org() -> Iterator[Org]:
    """One fresh local org for the Salesforce CLI."""
    with recording_org() as recorded:
        yield recorded


@pytest.fixture(scope="session")
def replies() -> list[tuple[str, bytes]]:
    """SOAP replies that other local orgs gave: (API version, body)."""
    return []


@pytest.fixture(scope="session")
def node_bin() -> Path:
    """The folder of `node` and `sf`, installed when missing."""
    problem = install.node_clients()
    if problem:
        pytest.skip(f"sf and jsforce cannot be installed: {problem}")
    return install.NODE_BIN


@pytest.fixture(scope="session")
def cumulusci_python() -> Path:
    """The interpreter that has CumulusCI, installed when missing."""
    problem = install.cumulusci()
    if problem:
        pytest.skip(f"CumulusCI cannot be installed: {problem}")
    return install.CUMULUSCI_PYTHON


@pytest.fixture(scope="session")
def sf(node_bin: Path, org: Org, tmp_path_factory: pytest.TempPathFactory) -> Sf:
    """The Salesforce CLI, logged in to the local org as `probe`."""
    client = Sf(node_bin, tmp_path_factory.mktemp("sf"), {"SF_ACCESS_TOKEN": org.token})
    client("org", "login", "access-token", "--instance-url", org.url, "--alias", "probe", "--no-prompt")
    return client


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SFDX project that holds the 8x8 integration as `sfsetup render --into` writes it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "sfdx-project.json").write_text(
        json.dumps({"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": "66.0"})
    )
    (folder / "force-app").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "sfsetup", "render", str(REPOSITORY / "specs" / "8x8-sms"), "--into", str(folder)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The two stages of the 8x8 integration in metadata format: folders with a package.xml each."""
    folder = tmp_path_factory.mktemp("mdapi")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sfsetup",
            "render",
            str(REPOSITORY / "specs" / "8x8-sms"),
            "-d",
            str(folder),
            "--layout",
            "mdapi",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "stage1", folder / "stage2"
