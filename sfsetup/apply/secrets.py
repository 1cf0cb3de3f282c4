"""The only place where a secret reference becomes a value. Nothing else reads a secret's source.

Sources: reference 'audit rules' section 8 (channels, what to refuse). A value is resolved when it will be written and
not before; from then on every output of this process masks it (`model.secret`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sfsetup.errors import SfsetupError, UsageError
from sfsetup.model.event import Event, Listener, nobody
from sfsetup.model.secret import Secret, SecretRef

if TYPE_CHECKING:
    from sfsetup.spec.model import IntegrationSpec

T = TypeVar("T")

MAX_SECRET_BYTES = 64 * 1024
"""Longer values are no credentials; the platform cuts what a header formula makes at 1,300 characters anyway."""

FORMULA_RESULT_LIMIT = 1_300
"""Characters of a header formula's result; longer ones are cut silently (reference 'metadata types' section 2)."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A resolved secret, and what was noticed about its source."""

    secret: Secret
    length: int
    notes: tuple[str, ...] = ()


_taken: dict[str, str] = {}
"""Environment variables that were read; they leave the environment so that no child process inherits them."""


def resolve(ref: SecretRef, *, what: str = "", listener: Listener = nobody, prompt: bool = False) -> Resolved:
    """The value that `ref` names. `what` names the parameter for messages.

    Raises UsageError when the source is missing, empty or holds what no header can carry; messages never hold a value.
    """
    reader = _READERS.get(ref.kind)
    if reader is None:
        raise UsageError(
            f"{_for(what)}secrets cannot be read from {ref.kind!r}.",
            actions=[f"Use one of: {', '.join(sorted(_READERS))}."],
        )
    value, notes = reader(ref.locator, what) if ref.kind != "prompt" else _from_prompt(what, prompt)
    checked, more = _checked(value, ref, what)
    secret = Secret(checked)
    _announce(secret)
    for note in (*notes, *more):
        listener(Event("secret.note", note))
    return Resolved(secret, len(checked), (*notes, *more))


def available(ref: SecretRef) -> str | None:
    """Why a secret cannot be had, without reading it; None when it probably can."""
    if ref.kind == "env":
        return None if ref.locator in os.environ or ref.locator in _taken else f"{ref.locator} is not set"
    if ref.kind == "file":
        return None if Path(ref.locator).expanduser().is_file() else f"there is no file {ref.locator}"
    return None if ref.kind in _READERS else f"{ref.kind!r} is not a source that sfsetup can read"


def guard(spec: IntegrationSpec) -> None:
    """Masks in all output what the spec's environment variables hold, without taking or needing them.

    What an org or a vendor answers may repeat a credential that was stored long ago; nothing is sent from here.
    """
    for principal in spec.external_credential.principals:
        for parameter in principal.parameters.values():
            ref = parameter.secret
            if ref is not None and ref.kind == "env" and (value := os.environ.get(ref.locator, "").strip()):
                Secret(value)


def forget(name: str) -> None:
    """Lets go of an environment variable that was read."""
    _taken.pop(name, None)


def _for(what: str) -> str:
    return f"{what}: " if what else ""


def _from_environment(name: str, what: str) -> tuple[str, tuple[str, ...]]:
    if name in os.environ:
        _taken[name] = os.environ.pop(name)
    if name not in _taken:
        raise UsageError(
            f"{_for(what)}the environment variable {name} is not set.",
            actions=[f"Set {name} and run this again; nothing was sent."],
        )
    return _taken[name], ()


def _from_file(locator: str, what: str) -> tuple[str, tuple[str, ...]]:
    path = Path(locator).expanduser()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_SECRET_BYTES + 1)
            mode = os.fstat(stream.fileno()).st_mode
    except OSError as error:
        raise UsageError(
            f"{_for(what)}the secret's file {locator} cannot be read: {error.strerror}.",
            actions=["Write the secret into that file and run this again; nothing was sent."],
        ) from None
    notes = []
    if os.name == "posix" and mode & 0o077 and not path.is_relative_to("/run/secrets"):
        notes.append(f"{locator} can be read by others on this machine; chmod 600 it.")
    return _decoded(data, locator, what), tuple(notes)


def _from_keyring(locator: str, what: str) -> tuple[str, tuple[str, ...]]:
    service, _, user = locator.partition("/")
    if not service or not user:
        raise UsageError(f"{_for(what)}a keyring entry is written SERVICE/USER, not {locator!r}.")
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise UsageError(
            f"{_for(what)}the secret is in a keyring, and the package keyring is not installed.",
            actions=["Install sfsetup with its extra `keyring`, or use another source."],
        ) from None
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise UsageError(f"{_for(what)}the keyring cannot be read: {type(error).__name__}.") from None
    if value is None:
        raise UsageError(
            f"{_for(what)}the keyring has no entry {locator}.", actions=[f"Make it: keyring set {service} {user}"]
        )
    return str(value), ()


def _from_command(locator: str, what: str) -> tuple[str, tuple[str, ...]]:
    """Runs a command of the spec (an argument list, never a shell) and takes its stdout."""
    import shlex
    import subprocess

    words = shlex.split(locator)
    if not words:
        raise UsageError(f"{_for(what)}the secret's command is empty.")
    try:
        done = subprocess.run(words, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{_for(what)}the command {words[0]} did not give a secret: {type(error).__name__}.") from None
    if done.returncode != 0:
        raise UsageError(
            f"{_for(what)}the command {words[0]} ended with {done.returncode}.",
            actions=["Run it by hand: what it says is not shown here because it may hold the secret."],
        )
    return _decoded(done.stdout, words[0], what), ()


def _from_stdin(_locator: str, what: str) -> tuple[str, tuple[str, ...]]:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(f"{_for(what)}the secret should come from stdin, and nothing is piped in.")
    return _decoded(sys.stdin.buffer.read(MAX_SECRET_BYTES + 1), "stdin", what), ()


def _from_prompt(what: str, allowed: bool) -> tuple[str, tuple[str, ...]]:
    if not allowed or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{_for(what)}the secret would be asked for, and nobody is there to answer.",
            actions=["Pipe it in, or name an environment variable or a file."],
        )
    import getpass

    return getpass.getpass(f"{what or 'Secret'}: "), ()


_READERS: dict[str, Callable[[str, str], tuple[str, tuple[str, ...]]]] = {
    "env": _from_environment,
    "file": _from_file,
    "keyring": _from_keyring,
    "command": _from_command,
    "stdin": _from_stdin,
    "prompt": lambda _locator, what: _from_prompt(what, True),
}


def _decoded(data: bytes, source: str, what: str) -> str:
    if len(data) > MAX_SECRET_BYTES:
        raise UsageError(f"{_for(what)}{source} holds more than {MAX_SECRET_BYTES} bytes; that is no credential.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{_for(what)}{source} is not UTF-8 text.") from None


def _checked(value: str, ref: SecretRef, what: str) -> tuple[str, tuple[str, ...]]:
    """One trailing newline goes (and is said); what a header cannot carry is refused."""
    notes: list[str] = []
    stripped = value.removesuffix("\n").removesuffix("\r") if value.endswith("\n") else value
    if stripped != value:
        notes.append(f"{_for(what)}one trailing newline of {ref} was left out.")
    if not stripped:
        raise UsageError(f"{_for(what)}{ref} is empty.", actions=["Give it a value; nothing was sent."])
    if any(0xD800 <= ord(character) <= 0xDFFF for character in stripped):
        raise UsageError(f"{_for(what)}{ref} is not UTF-8 text.")
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in stripped):
        raise UsageError(
            f"{_for(what)}{ref} holds a control character (a line break or a tab, for example), which would break the "
            "request that carries it.",
            actions=["Write the value again without it; nothing was sent."],
        )
    if stripped != stripped.strip():
        notes.append(f"{_for(what)}{ref} begins or ends with a space; it is kept.")
    if len(stripped) > FORMULA_RESULT_LIMIT:
        notes.append(
            f"{_for(what)}{ref} has {len(stripped)} characters; Salesforce cuts the result of a header formula at "
            f"{FORMULA_RESULT_LIMIT} without a word."
        )
    return stripped, tuple(notes)


def _announce(secret: Secret) -> None:
    """Tells GitHub Actions to mask the value in the job's log, before anything else is printed.

    The command must hold the value; the runner takes it out of the log (GitHub's workflow command `add-mask`).
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    try:
        value = secret.reveal()
        escaped = value.replace("%", "%25")
        sys.stderr.write(f"::add-mask::{escaped}\n")
        sys.stderr.flush()
    except (OSError, ValueError) as error:
        raise SfsetupError("The secret could not be announced to the CI system; nothing was sent.") from error


def hand_over(secret: Secret, write: Callable[[str], T]) -> T:
    """Gives the value to the one function that writes it, and to nothing else."""
    return write(secret.reveal())
