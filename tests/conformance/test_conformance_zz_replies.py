"""Every SOAP reply that the clients were given in this run, judged by the independent checker."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conformance.foreign import Org

pytestmark = pytest.mark.conformance


def test_recorded_replies_are_valid(
    request: pytest.FixtureRequest, replies: list[tuple[str, bytes]], judge_folder: Path, tmp_path: Path
) -> None:
    org: Org = request.getfixturevalue("org")
    recorded = [*org.recorder.replies, *replies]
    if not recorded:
        pytest.skip("no client talked to the local org in this run")
    by_version: dict[str, list[Path]] = {}
    for number, (version, body) in enumerate(recorded):
        path = tmp_path / f"{number:04d}.xml"
        path.write_bytes(body)
        by_version.setdefault(version, []).append(path)
    print(
        {version: len(paths) for version, paths in by_version.items()},
        Counter(body[:0] for _, body in recorded).total(),
    )
    for version, paths in sorted(by_version.items()):
        done = subprocess.run(
            [sys.executable, str(judge_folder / "soap-check"), "--api-version", version, *map(str, paths)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
