"""`--help` is instant: it imports nothing that a command may need."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

HEAVY = ("zeep", "requests", "httpx", "rich", "jinja2", "lxml", "yaml", "simple_salesforce", "uvicorn", "starlette")

PROBE = """
import json, sys
from sfsetup.cli import main
told = []
for words in json.loads(sys.argv[1]):
    try:
        main.main(words)
    except SystemExit as stop:
        told.append([stop.code, sorted({m.partition(".")[0] for m in sys.modules})])
print("\\n@@" + json.dumps(told))
"""


def imported(*commands: Sequence[str]) -> list[tuple[int, set[str]]]:
    """Exit code and top-level modules after each of these commands, one after the other in one process."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(commands)], capture_output=True, text=True, check=True
    )
    return [(code, set(modules)) for code, modules in json.loads(done.stdout.rsplit("@@", 1)[1])]


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["-h"]])
def test_help_and_version_import_nothing_heavy(words: list[str]) -> None:
    ((code, modules),) = imported(words)
    assert code == 0
    assert modules.isdisjoint(HEAVY), modules & set(HEAVY)


NETWORK = ("requests", "httpx", "zeep", "simple_salesforce", "uvicorn", "starlette", "urllib3")


OFFLINE = (
    ("render", "specs/8x8-sms", "-d", "{tmp}"),
    ("validate", "specs/8x8-sms"),
    ("openapi", "check", "specs/8x8-sms/openapi.json"),
    ("openapi", "names", "specs/8x8-sms/openapi.json", "--service", "CPaaSSMS"),
    ("audit", "{tmp}"),
    ("audit", "{tmp}", "--profile", "strict"),
    ("audit", "--list-rules"),
    ("inventory", "{tmp}"),
    ("explain", "specs/8x8-sms"),
    ("adopt", "tests/golden/expected/8x8-sms/source"),
    ("init", "specs/8x8-sms/openapi.json", "--url", "https://sms.8x8.com", "-d", "{tmp}/new"),
)


def test_offline_commands_import_no_network_library(tmp_path: Path) -> None:
    """One process for all: what one of them imports is still there after the next."""
    commands = [[word.replace("{tmp}", str(tmp_path)) for word in words] for words in OFFLINE]
    for words, (code, modules) in zip(OFFLINE, imported(*commands), strict=True):
        assert code in (0, 3, 5), words
        assert modules.isdisjoint((*NETWORK, "rich")), (words, modules & {*NETWORK, "rich"})
