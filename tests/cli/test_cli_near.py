"""What a new user mistypes, and what he is told once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sfsetup.cli.views import plan as plan_view
from sfsetup.model.plan import Action, Change, Plan, StageName, Step
from sfsetup.model.snapshot import OrgInfo, OrgType
from tests.support.commands import sfsetup
from tests.support.local import running_org


@pytest.fixture
def folder(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(repository / "specs" / "8x8-sms", tmp_path / "8x8-sms")
    shutil.copy(repository / "specs" / "8x8-sms" / "openapi.json", tmp_path / "sms.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "sms.json"), "Did you mean 'openapi check'?"),
        (("resume",), "Did you mean 'job resume'?"),
        (("status",), "Did you mean 'secret status' or 'local status'?"),
        (("chek", "sms.json"), "Did you mean 'openapi check'?"),
        (("valdate", "8x8-sms"), "Did you mean 'validate'?"),
        (("openapi", "chek", "sms.json"), "Did you mean 'check'?"),
        (("nonsense",), "There is no command 'nonsense'.\n"),
    ],
)
def test_commands(folder: Path, words: tuple[str, ...], said: str) -> None:
    assert said in sfsetup(*words, code=2).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("validate", "8x8sms"), "Did you mean 8x8-sms?"),
        (("render", "8x8_sms", "-d", "out"), "Did you mean 8x8-sms?"),
        (("init", "smss.json"), "Did you mean sms.json?"),
        (("openapi", "check", "sms.jsn"), "Did you mean sms.json?"),
    ],
)
def test_paths(folder: Path, words: tuple[str, ...], said: str) -> None:
    assert said in sfsetup(*words, code=2).err


def test_nothing_is_guessed_where_nothing_is_alike(folder: Path) -> None:
    assert "Did you mean" not in sfsetup("validate", "completely/else", code=2).err
    assert "Did you mean" not in sfsetup("validate", "zzz", code=2).err


def test_an_environment_that_is_not_there(folder: Path) -> None:
    with running_org() as org:
        refused = sfsetup("plan", "8x8-sms", "-o", org.target, "-e", "uat", code=2)
    assert "there is no environment 'uat'" in refused.err
    assert "leave --env out" in refused.err
    assert refused.err.count("integration.yaml") == 1


def test_a_warning_is_told_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EIGHT_BY_EIGHT_API_KEY", "a-key-of-this-test-0001")
    with running_org() as org:
        words = ("deploy", "8x8-sms", "-o", org.target)
        dry = sfsetup(*words, "--dry-run")
        assert dry.err.count("The flow cannot be checked before") == 1
        # a heading without a line under it says nothing
        assert "api_key would be written" in dry.err
        assert "CPaaS_API_Access would be assigned to" in dry.err
        first = sfsetup(*words)
        assert f"sfsetup rollback {first.out.rpartition('rollback ')[2].split()[0]} -o {org.target}" in first.out
        again = sfsetup(*words)
        assert again.err.count("not comparable") == 1
        assert any("not comparable" in warning for warning in sfsetup(*words, "--json").json["warnings"])


def test_a_new_element_is_told_on_one_line_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    org = OrgInfo(
        id="00D", username="u", user_id="005", type=OrgType.SANDBOX, api_version="66.0", instance_url="https://x"
    )
    changes = (Change("a" * 80, None, "b" * 80), Change("c" * 80, "d" * 80, "e" * 80))
    step = Step(
        id="1", stage=StageName.METADATA, action=Action.UPDATE, type="NamedCredential", full_name="N", changes=changes
    )
    made = Plan(org=org, environment=None, steps=(step,))
    monkeypatch.setattr(plan_view, "is_terminal", lambda: True)
    monkeypatch.setattr(plan_view, "wants_colour", lambda: False)
    monkeypatch.setattr(plan_view, "width", lambda: 100)
    new, changed = plan_view.plan_text("x", made).splitlines()[4:6]
    assert len(new) == 100
    assert new.endswith("…")
    assert "e" * 80 in changed
    monkeypatch.setattr(plan_view, "is_terminal", lambda: False)
    assert "b" * 80 in plan_view.plan_text("x", made)
