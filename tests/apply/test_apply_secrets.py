"""Where a secret may come from, what is refused, and that no message holds a value."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsetup.apply import secrets
from sfsetup.apply.secrets import available, resolve
from sfsetup.errors import UsageError
from sfsetup.model.secret import SecretRef

VALUE = "planted-s3cret"


@pytest.fixture(autouse=True)
def _nothing_taken() -> Iterator[None]:
    secrets._taken.clear()
    yield
    secrets._taken.clear()


def test_an_environment_variable_is_taken_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", VALUE)
    ref = SecretRef("env", "A_KEY")
    assert available(ref) is None
    assert resolve(ref).secret.reveal() == VALUE
    assert "A_KEY" not in os.environ
    # asked for again, it is still there for us
    assert resolve(ref).secret.reveal() == VALUE
    assert available(ref) is None


def test_a_file_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(VALUE + "\n")
    file.chmod(0o600)
    found = resolve(SecretRef("file", str(file)))
    assert found.secret.reveal() == VALUE
    assert [note for note in found.notes if "newline" in note]
    file.chmod(0o644)
    assert [note for note in resolve(SecretRef("file", str(file))).notes if "chmod 600" in note]


def test_a_command_without_a_shell(tmp_path: Path) -> None:
    words = f"{sys.executable} -c \"print('{VALUE}', end='')\""
    assert resolve(SecretRef("command", words)).secret.reveal() == VALUE
    with pytest.raises(UsageError) as failed:
        resolve(SecretRef("command", f"{sys.executable} -c \"import sys; print('{VALUE}'); sys.exit(3)\""))
    assert VALUE not in str(failed.value)
    assert "ended with 3" in str(failed.value)


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped(io.StringIO):
        buffer = io.BytesIO(VALUE.encode())

    monkeypatch.setattr(sys, "stdin", Piped())
    assert resolve(SecretRef("stdin", "")).secret.reveal() == VALUE


REFUSED = [
    (SecretRef("env", "NOT_SET_AT_ALL"), "NOT_SET_AT_ALL is not set"),
    (SecretRef("file", "/nowhere/at/all"), "cannot be read"),
    (SecretRef("command", "no-such-command-anywhere"), "did not give a secret"),
    (SecretRef("command", ""), "command is empty"),
    (SecretRef("keyring", "no-user"), "SERVICE/USER"),
    (SecretRef("vault", "x"), "cannot be read from 'vault'"),
    (SecretRef("prompt", ""), "nobody is there"),
]


@pytest.mark.parametrize(("ref", "said"), REFUSED)
def test_a_source_that_has_nothing(ref: SecretRef, said: str) -> None:
    with pytest.raises(UsageError) as failed:
        resolve(ref, what="P / key")
    assert said in str(failed.value)
    assert str(failed.value).startswith("P / key: ")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"two\nlines-secret", "control character"),
        (b"tab\tsecret-value", "control character"),
        (b"\xff\xfe-secret", "not UTF-8"),
        (b"x" * (64 * 1024 + 1), "no credential"),
    ],
)
def test_what_no_request_can_carry(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(data)
    with pytest.raises(UsageError) as failed:
        resolve(SecretRef("file", str(file)))
    assert said in str(failed.value)
    assert "secret-value" not in str(failed.value)


@pytest.mark.parametrize(
    ("value", "said"), [(" leading", "begins or ends with a space"), ("x" * 1_301, "1301 characters"), ("plain", "")]
)
def test_what_is_noticed_and_kept(monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    monkeypatch.setenv("A_KEY", value)
    found = resolve(SecretRef("env", "A_KEY"))
    assert found.secret.reveal() == value
    assert (not found.notes) if not said else any(said in note for note in found.notes)


def test_github_is_told_to_mask_it_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("A_KEY", "100%-secret")
    resolve(SecretRef("env", "A_KEY"))
    assert capsys.readouterr().err == "::add-mask::100%25-secret\n"
