"""How much a deploy asks of the Metadata API, beside two deploys by the Salesforce CLI of the same two packages.

Jobs end at once here; how often longer ones are asked for is a matter of `org/polling`. sf looks at nothing before it
sends: what a plan asks (one retrieve) is counted apart, as a plan alone asks it too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.foreign import REPOSITORY, Org, Sf, recording_org

pytestmark = pytest.mark.conformance


def asked_by_sf(org: Org, node_bin: Path, packages: tuple[Path, Path], folder: Path) -> int:
    """Requests of two deploys."""
    sf = Sf(node_bin, folder, {"SF_ACCESS_TOKEN": org.token})
    sf("org", "login", "access-token", "--instance-url", org.url, "--alias", "beside", "--no-prompt")
    before = len(org.recorder.metadata_requests)
    for package in packages:
        sf("project", "deploy", "start", "--metadata-dir", str(package), "--target-org", "beside", "--wait", "5")
    return len(org.recorder.metadata_requests) - before


def asked_by_sfsetup(org: Org, command: str, folder: Path) -> int:
    """Requests of one command."""
    before = len(org.recorder.metadata_requests)
    done = subprocess.run(
        [sys.executable, "-m", "sfsetup", command, str(REPOSITORY / "specs" / "8x8-sms"), "-o", "env"],
        env={
            **os.environ,
            "SFSETUP_HOME": str(folder / "home"),
            "SFSETUP_INSTANCE_URL": org.url,
            "SFSETUP_ACCESS_TOKEN": org.token,
            "EIGHT_BY_EIGHT_API_KEY": "key-of-the-conformance-tests",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return len(org.recorder.metadata_requests) - before


def test_no_more_metadata_requests_than_two_deploys_of_sf(
    node_bin: Path, packages: tuple[Path, Path], tmp_path: Path, replies: list[tuple[str, bytes]]
) -> None:
    with recording_org() as theirs, recording_org() as ours:
        of_sf = asked_by_sf(theirs, node_bin, packages, tmp_path)
        of_plan = asked_by_sfsetup(ours, "plan", tmp_path)
        of_deploy = asked_by_sfsetup(ours, "deploy", tmp_path)
        replies.extend(reply for org in (theirs, ours) for reply in org.recorder.replies)
    # at the least, two jobs are begun and asked for
    assert 4 <= of_deploy - of_plan <= of_sf, f"plan {of_plan}, deploy {of_deploy}, two deploys of sf {of_sf}"
