"""Planted secrets are looked for in everything that whole runs leave behind, in every encoding in which they travel."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest

from sfsetup.store import state_folder
from tests.support.commands import Ended, as_process, sfsetup
from tests.support.cutting_proxy import CuttingProxy
from tests.support.local import RunningOrg
from tests.support.vendor import OwnVendor

VARIABLE = "EIGHT_BY_EIGHT_API_KEY"
PLANTED = {
    "quotes": 'q\'uo"te\'d-"secret"',
    "markup": "<a&b>%41&amp;<!--x-->",
    "backslash": "back\\slash\\n\\u0041",
    "non-ascii": "schlüssel-Ключ-鍵-🔑!",
    "eight": "8chars!&",
    "percent": "100%25%%s{!x}{0}$HOME`id`",
    "long": "L0ng&<secret>'" * 285 + "é-end",
    "base64ish": "c2VjcmV0+/==&%2B%2F",
}


def forms(secret: str) -> dict[str, str]:
    """Every spelling in which a secret may leak; of a long one also a piece that a cut would leave."""
    raw = secret.encode()
    found = {
        "raw": secret,
        "xml": escape(secret),
        "xml quotes": escape(secret, {"'": "&apos;", '"': "&quot;"}),
        "json": json.dumps(secret)[1:-1],
        "json unicode": json.dumps(secret, ensure_ascii=False)[1:-1],
        "repr": repr(secret)[1:-1],
        "url": quote(secret, safe=""),
        "form": quote_plus(secret),
        "base64": base64.b64encode(raw).decode().rstrip("="),
        "base64 url": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "bearer base64": base64.b64encode(b"Bearer " + raw).decode().rstrip("="),
        "latin-1": raw.decode("latin-1"),
        "doubly json": json.dumps(json.dumps(secret)[1:-1])[1:-1],
    }
    if len(secret) > 200:
        found |= {"piece": secret[:60], "piece json": json.dumps(secret[:60])[1:-1], "piece xml": escape(secret[:60])}
    return found


class Collected(logging.Handler):
    """Everything that anybody logs, at every level."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        if record.exc_info:
            self.lines.append("".join(traceback.format_exception(*record.exc_info)))


@pytest.fixture
def logged() -> Iterator[Collected]:
    collected = Collected()
    root = logging.getLogger()
    level = root.level
    root.addHandler(collected)
    root.setLevel(1)
    yield collected
    root.removeHandler(collected)
    root.setLevel(level)


def leaks(secret: str, runs: list[Ended], logged: Collected, *folders: Path) -> list[str]:
    """Where any form of the secret stands."""
    places = {f"stdout of {run.words[0]}": run.out for run in runs}
    places |= {f"stderr of {run.words[0]} {index}": run.err for index, run in enumerate(runs)}
    places["logs"] = "\n".join(logged.lines)
    for folder in folders:
        for file in folder.rglob("*"):
            # the state of the local org plays Salesforce, which stores what it is given
            if file.is_file() and not file.name.startswith("state.sqlite"):
                places[str(file)] = file.read_text("utf-8", "replace") + file.read_text("latin-1")
    return [
        f"{name} in {place}" for name, form in forms(secret).items() for place, text in places.items() if form in text
    ]


QUICK = ("markup",)
"""Kinds that are looked for in every run of the tests; the others too take their time."""


@pytest.mark.parametrize(
    "kind", [*QUICK, *(pytest.param(kind, marks=pytest.mark.slow) for kind in sorted({*PLANTED} - {*QUICK}))]
)
def test_no_run_leaves_a_secret_anywhere(
    local: RunningOrg, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: Collected, kind: str
) -> None:
    secret = PLANTED[kind]
    assert 8 <= len(secret) <= 4_000
    monkeypatch.setenv(VARIABLE, secret)
    report = tmp_path / "reports"
    report.mkdir()
    runs = [
        sfsetup("validate", spec, "--json", code=None),
        sfsetup("plan", spec, "-o", local.target, "--json", "-f", report / "plan.json"),
        sfsetup("deploy", spec, "-o", local.target, "--json"),
        sfsetup("verify", spec, "-o", local.target, "--json", code=None),
        sfsetup("secret", "status", spec, "-o", local.target, "--json"),
        sfsetup("deploy", spec, "-o", local.target, "--secrets", "always", "--format", "junit", "-f", report / "j.xml"),
        sfsetup("deploy", spec, "-o", local.target, "--format", "markdown"),
        sfsetup("plan", spec, "-o", local.target, "--format", "markdown"),
        sfsetup("local", "requests", local.name, "--json"),
        sfsetup("diagnose", spec, "-o", local.target),
    ]
    local.control("POST", "vendor", {"accept": "another-secret-altogether"})
    runs.append(sfsetup("verify", spec, "-o", local.target, code=1))
    runs.append(sfsetup("rollback", "-o", local.target, "--dry-run"))
    runs.append(sfsetup("destroy", spec, "-o", local.target, "--yes"))
    assert leaks(secret, runs, logged, report, spec, state_folder()) == []


@pytest.mark.parametrize(
    "kind", ["quotes", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("markup", "non-ascii"))]
)
def test_no_failure_leaves_a_secret_anywhere(
    local: RunningOrg, spec: Path, monkeypatch: pytest.MonkeyPatch, logged: Collected, kind: str
) -> None:
    from sfsetup.org import credentials

    secret = PLANTED[kind]
    monkeypatch.setattr(credentials, "_SETTLE", (0.01, 0.02))
    monkeypatch.setenv("SFSETUP_DEBUG", "1")
    monkeypatch.setenv(VARIABLE, secret)
    runs = []
    with CuttingProxy(local.port) as proxy:
        monkeypatch.setenv("SFSETUP_INSTANCE_URL", proxy.url)
        monkeypatch.setenv("SFSETUP_ACCESS_TOKEN", local.token)
        proxy.cut("before_send", lambda method, path, _body: method == "POST" and "named-credentials" in path, times=9)
        runs.append(sfsetup("deploy", spec, "-o", "env", code=4))
    original = credentials.Credentials._write_once

    def broken(self: object, method: str, principal: object, values: dict) -> None:  # type: ignore[type-arg]
        value = next(iter(values.values())).value.reveal()
        raise RuntimeError(f"a defect that says {value} and {json.dumps(value)}")

    monkeypatch.setattr(credentials.Credentials, "_write_once", broken)
    runs.append(as_process("deploy", spec, "-o", local.target))
    assert runs[-1].code == 70
    assert "Traceback" in runs[-1].err
    monkeypatch.setattr(credentials.Credentials, "_write_once", original)
    runs.append(sfsetup("deploy", spec, "-o", local.target))
    with OwnVendor({"echo": secret, "error": f"no such key {secret}"}, status=401) as vendor:
        allow = ("--callouts", "allow", vendor.address)
        runs.append(sfsetup("verify", spec, "-o", local.target, *allow, code=1))
        runs.append(sfsetup("verify", spec, "-o", local.target, *allow, "--json", code=1))
        runs.append(sfsetup("local", "requests", local.name))
    assert leaks(secret, runs, logged, state_folder()) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("line\nbreak-secret", "control character"),
        ("tab\tseparated-secret", "control character"),
        ("nul\x01secret", "control character"),
        ("", "is empty"),
        ("\n", "is empty"),
    ],
)
def test_what_no_header_can_carry_is_refused_before_anything_is_sent(
    local: RunningOrg, spec: Path, monkeypatch: pytest.MonkeyPatch, value: str, said: str
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    ended = sfsetup("deploy", spec, "-o", local.target, code=2)
    assert said in ended.err
    assert "secret" not in ended.err.replace("secrets", "").replace(str(spec), "") or value not in ended.err
    steps = sfsetup("plan", spec, "-o", local.target, "--json").result["steps"]
    assert {step["action"] for step in steps if step["stage"] == "metadata"} == {"create"}


def test_one_trailing_newline_is_left_out_and_said(
    local: RunningOrg, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "trailing-newline\n")
    assert "one trailing newline" in sfsetup("deploy", spec, "-o", local.target).err
    local.control("POST", "vendor", {"accept": "trailing-newline"})
    sfsetup("verify", spec, "-o", local.target)
