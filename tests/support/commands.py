"""The command line in this process: what a command wrote to stdout and stderr, and its exit code."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from typing import Any

from sfsetup.cli.main import run


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
    out, err = _Stream(), _Stream()
    texts = tuple(str(word) for word in words)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        ended = run(list(texts))
    result = Ended(texts, ended, out.getvalue(), err.getvalue())
    assert "Traceback" not in result.err, result.err
    assert code is None or ended == code, f"{texts} ended with {ended}\n{result.out}\n{result.err}"
    return result


class _Stream(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]
