"""Errors become sentences and exit codes; nothing ends in a traceback."""

import json
from pathlib import Path

import click
import pytest

from sfsetup.cli import main, output
from sfsetup.cli.commands import COMMANDS
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode, InvalidInput, OrgRefused, SfsetupError, Unreachable, UsageError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no"), 2),
        (InvalidInput("bad", file="a.yaml", line=3), 2),
        (OrgRefused("refused"), 1),
        (Unreachable("down"), 4),
        (SfsetupError("x"), 1),
        (ZeroDivisionError("secret-value"), 70),
        (click.UsageError("words"), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_has_its_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(main.cli, "main", fail)
    assert main.run([]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip()
    assert "Traceback" not in printed.err
    assert "secret-value" not in printed.err


def test_errors_are_json_when_json_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise UsageError("no such file", actions=["make it"], file="a.yaml", line=7)

    monkeypatch.setattr(main.cli, "main", fail)
    assert main.run(["plan", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document == {
        "status": 2,
        "result": None,
        "warnings": [],
        "message": "a.yaml:7: no such file",
        "name": "UsageError",
        "actions": ["make it"],
    }


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["deplyo"]) == 2
    assert "Did you mean 'deploy'?" in capsys.readouterr().err


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_of_the_table_exists_and_helps(entry: object, capsys: pytest.CaptureFixture[str]) -> None:
    name = entry.name  # type: ignore[attr-defined]
    assert main.run([name, "--help"]) == 0
    assert f"sfsetup {name}" in capsys.readouterr().out


def test_text_from_outside_cannot_reach_the_terminal_as_control(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit("label \x1b]0;owned\x07 \x1b[31mred\x1b[0m \x08\x9b")
    printed = capsys.readouterr().out
    assert "\x1b]" not in printed
    assert "\x07" not in printed
    assert "\x9b" not in printed
    assert "\x1b[31mred\x1b[0m" in printed


def test_secrets_are_masked_in_everything_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from sfsetup.model.secret import Secret

    value = 'p@ss "quoted" & <tag> ü%'
    secret = Secret(value)
    output.emit(f"raw {value} and {secret}")
    output.finish(Outcome(result={"leak": value}), format="json")
    printed = capsys.readouterr()
    assert value not in printed.out
    assert json.dumps(value)[1:-1] not in printed.out


def test_an_outcome_shows_data_on_stdout_and_talk_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(
        result={"a": 1},
        human="data",
        warnings=["careful"],
        message="It failed.",
        name="X",
        actions=["Do this."],
        exit_code=ExitCode.FINDINGS,
    )
    assert output.finish(outcome) == 3
    printed = capsys.readouterr()
    assert printed.out == "data\n"
    assert printed.err == "Warning: careful\nIt failed.\n  Do this.\n"
    assert output.finish(outcome, format="json") == 3
    document = json.loads(capsys.readouterr().out)
    assert document["status"] == 3
    assert document["result"] == {"a": 1}
    assert document["warnings"] == ["careful"]


@pytest.mark.parametrize("words", [["local", "token"], ["local", "reset"], ["rollback", "-o", "local", "--list"]])
def test_a_state_folder_that_cannot_be_used_is_named(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path / "file"))
    assert main.run(words) == 2
    told = capsys.readouterr().err
    assert f"The state folder {tmp_path / 'file'} cannot be used" in told
    assert "SFSETUP_HOME" in told


def test_other_trouble_with_files_stays_a_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", "elsewhere")

    monkeypatch.setenv("SFSETUP_HOME", "/somewhere/state")
    monkeypatch.setattr(main.cli, "main", fail)
    assert main.run([]) == 70
    assert "FileNotFoundError" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "said"), [("gone/report.json", "there is no folder"), (".", "it is a folder")])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_done(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path / "home"))
    spec = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"
    assert main.run(["deploy", str(spec), "-o", "local", "-f", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def test_a_report_that_cannot_be_written_in_the_end_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SfsetupError, match="Cannot write"):
        output.finish(Outcome(result=None, human="what was done"), output_file=str(tmp_path / "gone" / "x"))
    assert "what was done" in capsys.readouterr().out
