"""The command line in this process: what a command wrote to stdout and stderr, and its exit code."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from typing import Any

from sfsetup.apply import secrets
from sfsetup.cli.main import run
from sfsetup.model import secret


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as the one JSON document of `--json`; its status is the exit code."""
        document = json.loads(self.out)
        assert document["status"] == self.code, document
        return document

    @property
    def result(self) -> Any:
        """`result` of `--json`."""
        return self.json["result"]

    @property
    def text(self) -> str:
        """Both streams."""
        return self.out + self.err


def sfsetup(*words: object, code: int | None = 0) -> Ended:
    """Runs `sfsetup WORDS`. With `code` (None: any) the exit code is asserted."""
    result = as_process(*words)
    texts, ended = result.words, result.code
    assert "Traceback" not in result.err, result.err
    assert code is None or ended == code, f"{texts} ended with {ended}\n{result.out}\n{result.err}"
    return result


def as_process(*words: object) -> Ended:
    """Runs it as a process of its own would: with the environment as it stands, knowing no secret of earlier runs."""
    out, err = _Stream(), _Stream()
    texts = tuple(str(word) for word in words)
    environment = dict(os.environ)
    known, taken = dict(secret._known), dict(secrets._taken)
    secret._known.clear()
    secrets._taken.clear()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = run(list(texts))
    finally:
        secret._known.clear()
        secret._known.update(known)
        secrets._taken.clear()
        secrets._taken.update(taken)
        os.environ.clear()
        os.environ.update(environment)
    return Ended(texts, ended, out.getvalue(), err.getvalue())


class _Stream(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]
