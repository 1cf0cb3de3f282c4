"""What commands print: stdout is data, stderr is talk. Nothing else in sfsetup writes to either.

A command returns an Outcome; `finish` shows it in the format that was asked for. Every text passes the mask of
resolved secrets, and control characters from outside never reach the terminal.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sfsetup.errors import ExitCode, InvalidInput, SfsetupError

if TYPE_CHECKING:
    import click

Text = str | Callable[[], str]

# C0 except tab and newline, DEL, C1; ESC stays only where sfsetup itself colours (CSI sequences ending in m)
_CONTROL = re.compile(r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a command ended: data for machines, text for people, and the exit code."""

    result: Any = None
    """`result` of `--json`; None when the command did not get as far."""
    human: Text = ""
    formats: Mapping[str, Text] = field(default_factory=dict)
    """Further report formats by name (sarif, junit, github, markdown, csv, html)."""
    exit_code: ExitCode = ExitCode.DONE
    warnings: Sequence[str] = ()
    message: str | None = None
    """One sentence when the exit code is not 0."""
    name: str | None = None
    actions: Sequence[str] = ()
    told: frozenset[str] = frozenset()
    """Warnings that were shown as they happened: people need not read them twice."""


def judged(error: InvalidInput, **result: Any) -> Outcome:
    """How a judging command ends whose input cannot be read: that is what it found (contracts, 'Exit codes, finer').

    `result` are the empty members of the command's own result; the findings come with them.
    """
    findings: tuple[Any, ...] = error.findings

    def human() -> str:
        from sfsetup.cli.views.findings import findings_text

        return findings_text(findings)

    return Outcome(
        result={**result, "findings": [finding.as_json() for finding in findings]},
        human=human if findings else "",
        exit_code=ExitCode.FINDINGS,
        message=str(error),
        name=type(error).__name__,
        actions=error.actions,
    )


def finish(outcome: Outcome, *, format: str = "human", output_file: str | None = None) -> int:
    """Prints an outcome and returns its exit code. With `output_file`, data goes there instead of stdout."""
    if format == "json":
        text = _envelope(outcome)
    else:
        source = outcome.human if format == "human" else outcome.formats[format]
        text = source() if callable(source) else source
        for warning in dict.fromkeys(outcome.warnings):
            if warning not in outcome.told:
                say(f"Warning: {warning}")
    if output_file and output_file != "-":
        try:
            _write_file(output_file, mask(text))
        except SfsetupError:
            # what was done is told all the same
            emit(text)
            raise
    elif text:
        emit(text)
    if format != "json" and outcome.message:
        failed = outcome.exit_code in (ExitCode.REFUSED, ExitCode.USAGE, ExitCode.UNREACHABLE)
        say(f"Error: {outcome.message}" if failed else outcome.message)
        for action in outcome.actions:
            say(f"  {action}")
    return int(outcome.exit_code)


def state_folder_error(error: OSError) -> SfsetupError | None:
    """The error for a state folder that cannot be used; None where something else failed."""
    from pathlib import Path

    from sfsetup.errors import UsageError
    from sfsetup.store import state_folder

    folder = Path(os.path.abspath(state_folder()))
    failed = Path(os.path.abspath(str(error.filename or "/")))
    if error.filename is None or not (failed.is_relative_to(folder) or folder.is_relative_to(failed)):
        return None
    return UsageError(
        f"The state folder {folder} cannot be used: {error.strerror}: {error.filename}.",
        actions=["Set SFSETUP_HOME to a folder that you may write to."],
    )


def check_output_file(name: str | None) -> None:
    """Raises UsageError if a report cannot be written to this file, before anything is done that it would tell."""
    if not name or name == "-":
        return
    from pathlib import Path

    from sfsetup.errors import UsageError

    path = Path(name)
    if path.is_dir():
        raise UsageError(f"Cannot write {name}: it is a folder.", actions=["Name a file in it."])
    if not path.parent.is_dir():
        raise UsageError(f"Cannot write {name}: there is no folder {path.parent}.", actions=["Make the folder first."])
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"Cannot write {name}: it is not allowed.", actions=["Choose another file for -f."])


def emit(text: str) -> None:
    """Writes data to stdout, with one newline at its end."""
    _write(sys.stdout, text)


def say(text: str, *, coloured: bool = False) -> None:
    """Writes talk to stderr; without `coloured`, no colour comes through, whoever put it there."""
    _write(sys.stderr, text if coloured else bare(text))


def mask(text: str) -> str:
    """The text without any secret that this process has resolved."""
    from sfsetup.model.secret import masked

    return masked(text)


def clean(text: str) -> str:
    """Text from outside without terminal escapes and other control characters, each shown as U+FFFD."""
    return _CONTROL.sub("�", text)


def bare(text: str) -> str:
    """Text from outside without colours, and without characters that turn the direction of reading."""
    return _TURNS.sub("�", _COLOURS.sub("", text))


def wants_json(words: Sequence[str]) -> bool:
    """Whether the command line asks for JSON; needed before it is parsed, for errors in the words themselves."""
    asked = {"--json", "--format=json"}.intersection(words)
    return bool(asked) or ("--format", "json") in pairwise(words)


def failure(error: SfsetupError, *, as_json: bool, output_file: str | None = None) -> int:
    """Shows an error that a person can act on; returns its exit code.

    With `output_file` the JSON goes there, and what it says is told on stderr as well.
    """
    from sfsetup.cli.near import near_path

    findings = getattr(error, "findings", ())
    code = error.exit_code
    if as_json:
        result = getattr(error, "result", None)
        if result is None and findings:
            result = {"findings": [finding.as_json() for finding in findings]}
        document = {
            "status": int(code),
            "result": result,
            "warnings": [],
            "message": str(error),
            "name": type(error).__name__,
            "actions": list(error.actions),
        }
        if output_file is None:
            emit(_json(document))
            return int(code)
        _write_file(output_file, _json(document))
    if isinstance(error, InvalidInput) and findings:
        from sfsetup.cli.views.findings import findings_text

        say(findings_text(findings))
    say(f"Error: {error}")
    for action in error.actions:
        say(f"  {action}")
    if near := near_path(error):
        say(f"  {near}")
    return int(code)


def stopped(error: SfsetupError, *, as_json: bool) -> int:
    """Shows that somebody ended the command: no error of anybody's, so it is not called one."""
    if as_json:
        return failure(error, as_json=True)
    say(error.message)
    for action in error.actions:
        say(f"  {action}")
    return int(error.exit_code)


def usage_error(error: click.ClickException, *, as_json: bool) -> int:
    """Shows what is wrong with the command line itself."""
    import click as _click

    context = getattr(error, "ctx", None)
    message = error.format_message()
    actions = [f"Try '{context.command_path} --help'."] if isinstance(context, _click.Context) else []
    if as_json:
        emit(
            _json(
                {
                    "status": int(ExitCode.USAGE),
                    "result": None,
                    "warnings": [],
                    "message": message,
                    "name": "UsageError",
                    "actions": actions,
                }
            )
        )
    else:
        say(f"Error: {message}")
        for action in actions:
            say(f"  {action}")
    return int(ExitCode.USAGE)


def defect(error: Exception, *, as_json: bool) -> int:
    """Shows a defect of sfsetup: what and where, without any local value."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = next((f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames)), "")
    message = f"This is a defect of sfsetup: {type(error).__name__} in {place}"
    if as_json:
        envelope: dict[str, Any] = {
            "status": int(ExitCode.INTERNAL),
            "result": None,
            "warnings": [],
            "message": message,
        }
        emit(_json({**envelope, "name": "Defect", "actions": ["Please report it with the command you ran."]}))
    else:
        say(f"{message}\nPlease report it with the command you ran. Set SFSETUP_DEBUG=1 to see where it happened.")
    if os.environ.get("SFSETUP_DEBUG"):
        say("".join(traceback.format_exception(error)))
    return int(ExitCode.INTERNAL)


def broken_pipe() -> int:
    """The reader of our stdout went away: nothing to tell it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(ExitCode.DONE)


def _envelope(outcome: Outcome) -> str:
    document: dict[str, Any] = {
        "status": int(outcome.exit_code),
        "result": outcome.result,
        "warnings": list(outcome.warnings),
    }
    if outcome.message is not None:
        document |= {"message": outcome.message, "name": outcome.name, "actions": list(outcome.actions)}
    return _json(document)


def _json(document: Any) -> str:
    import json

    from sfsetup.model.secret import masked_value

    return json.dumps(masked_value(document), indent=2, ensure_ascii=False)


def _write(stream: Any, text: str) -> None:
    text = clean(mask(text))
    if not text.endswith("\n"):
        text += "\n"
    try:
        stream.write(text)
    except UnicodeEncodeError:
        stream.write(text.encode(stream.encoding or "ascii", "replace").decode(stream.encoding or "ascii"))
    stream.flush()


def _write_file(name: str, text: str) -> None:
    from pathlib import Path

    try:
        # names of files that are no UTF-8 come with half characters, which no encoder takes
        with Path(name).open("w", encoding="utf-8", errors="replace", newline="") as stream:
            stream.write(text if text.endswith("\n") else text + "\n")
    except OSError as error:
        raise SfsetupError(f"Cannot write {name}: {error.strerror}") from error
