"""CumulusCI against the local org: Deploy, RetrieveUnpackaged, DescribeMetadataTypes, AssignPermissionSets.

Over TLS: the simple-salesforce in it makes every REST address https.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conformance.foreign import recording_org

pytestmark = pytest.mark.conformance


def test_deploy_retrieve_list_assign(
    cumulusci_python: Path,
    packages: tuple[Path, Path],
    replies: list[tuple[str, bytes]],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with recording_org(tmp_path_factory.mktemp("ca")) as org:
        done = subprocess.run(
            [
                str(cumulusci_python),
                str(Path(__file__).with_name("cumulusci_probe.py")),
                *map(str, packages),
                str(tmp_path),
            ],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "NO_PROXY": "127.0.0.1,localhost",
                "REQUESTS_CA_BUNDLE": str(org.authority),
                "ORG_URL": org.url,
                "ORG_TOKEN": org.token,
                "ORG_ID": org.org.state.settings.org.id,
                "USER_ID": org.org.state.admin_id,
            },
            capture_output=True,
            text=True,
            timeout=170,
        )
        replies.extend(org.recorder.replies)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    assert answer["version"] == "68.0" or float(answer["version"]) >= 66
    assert answer["retrieved"] == ["X8x8_SMS_API.namedCredential"]
    assert "NamedCredential" in answer["types"]
    assert answer["assigned"] >= 1
