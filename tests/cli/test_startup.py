"""`--help` is instant: it imports nothing that a command may need."""

import json
import subprocess
import sys

import pytest

HEAVY = ("zeep", "requests", "httpx", "rich", "jinja2", "lxml", "yaml", "simple_salesforce", "uvicorn", "starlette")

PROBE = """
import json, sys
from sfsetup.cli import main
try:
    main.main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
print("\\n@@" + json.dumps([code, sorted(m.partition(".")[0] for m in sys.modules)]))
"""


def imported(*words: str) -> tuple[int, set[str]]:
    """Exit code and top-level modules of one run."""
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stdout.rsplit("@@", 1)[1])
    return code, set(modules)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["-h"]])
def test_help_and_version_import_nothing_heavy(words: list[str]) -> None:
    code, modules = imported(*words)
    assert code == 0
    assert modules.isdisjoint(HEAVY), modules & set(HEAVY)


NETWORK = ("requests", "httpx", "zeep", "simple_salesforce", "uvicorn", "starlette", "urllib3")


@pytest.mark.parametrize(
    "words",
    [
        ["render", "specs/8x8-sms", "-d", "{tmp}"],
        ["validate", "specs/8x8-sms"],
        ["openapi", "check", "specs/8x8-sms/openapi.json"],
        ["openapi", "names", "specs/8x8-sms/openapi.json", "--service", "CPaaSSMS"],
        ["audit", "{tmp}"],
        ["inventory", "{tmp}"],
        ["explain", "specs/8x8-sms"],
        ["adopt", "tests/golden/expected/8x8-sms/source"],
        ["init", "specs/8x8-sms/openapi.json", "--url", "https://sms.8x8.com", "-d", "{tmp}/new"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_offline_commands_import_no_network_library(words: list[str], tmp_path: object) -> None:
    code, modules = imported(*[word.replace("{tmp}", str(tmp_path)) for word in words])
    assert code in (0, 5), words
    assert modules.isdisjoint(NETWORK), modules & set(NETWORK)
