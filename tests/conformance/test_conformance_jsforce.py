"""jsforce against the local org: SOAP and REST deploys, reads, queries and SOAP login."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.clients import install
from tests.conformance.foreign import REPOSITORY, Org, recording_org

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def fresh_org() -> Iterator[Org]:
    with recording_org() as org:
        yield org


@pytest.fixture(scope="module")
def answer(
    node_bin: Path, fresh_org: Org, replies: list[tuple[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    folder = tmp_path_factory.mktemp("zips")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "sfsetup",
            "render",
            str(REPOSITORY / "specs" / "8x8-sms"),
            "-d",
            str(folder),
            "--layout",
            "zip",
        ],
        check=True,
        capture_output=True,
    )
    done = subprocess.run(
        [str(node_bin / "node"), str(Path(__file__).with_name("jsforce_probe.mjs"))],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CLIENTS": str(install.FOLDER / "node"),
            "ORG_URL": fresh_org.url,
            "ORG_TOKEN": fresh_org.token,
            "ORG_USERNAME": fresh_org.username,
            "API_VERSION": "66.0",
            "ZIP_STAGE1": str(folder / "8x8-sms-1.zip"),
            "ZIP_STAGE2": str(folder / "8x8-sms-2.zip"),
        },
        capture_output=True,
        text=True,
        timeout=150,
    )
    replies.extend(fresh_org.recorder.replies)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_identity_and_login(answer: Any, fresh_org: Org) -> None:
    org_id = fresh_org.org.state.settings.org.id
    assert answer["identity"]["organization_id"] == org_id
    assert answer["identity"]["username"] == fresh_org.username
    assert answer["login"] == {"organizationId": org_id, "instanceUrl": fresh_org.url}


def test_deploys_over_soap_and_rest(answer: Any) -> None:
    assert answer["stage1"]["success"] is True
    assert answer["stage1"]["deployed"] == 4
    assert answer["stage2"]["success"] is True
    assert answer["again"]["status"] == "Succeeded"
    assert len({answer[name]["id"] for name in ("stage1", "stage2", "again")}) == 3


def test_reads_what_was_deployed(answer: Any) -> None:
    assert {"ExternalCredential", "NamedCredential", "Flow", "PermissionSet"} <= set(answer["describe"])
    assert sorted(answer["list"]) == ["ExternalCredential X8x8_CPaaS_Authentication", "Flow Send_SMS"]
    assert answer["read"]["fullName"] == "X8x8_SMS_API"
    assert answer["read"]["namedCredentialType"] == "SecuredEndpoint"
    assert "permissionsets/CPaaS_API_Access.permissionset" in answer["retrieve"]
    assert answer["query"] == ["CPaaS_API_Access"]
    assert answer["tooling"] == ["Send_SMS"]


def test_writes_components_one_by_one(answer: Any) -> None:
    assert [(each["fullName"], each["success"]) for each in answer["crud"]] == [("Made_by_jsforce", True)] * 3
    assert answer["crud"][1]["created"] is False
    assert answer["made"] == "Three"
    assert answer["gone"]["success"] is True
    assert answer["refused"]["success"] is False
    assert "API Name can only contain" in json.dumps(answer["refused"]["errors"])
