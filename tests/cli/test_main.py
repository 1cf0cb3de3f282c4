"""Errors become sentences and exit codes; nothing ends in a traceback."""

import json

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
