"""Every error that sfsetup raises on purpose.

    SfsetupError                what a person can read and act on; never shown with a traceback
      UsageError                2   the command could not begin: wrong words, missing file
        InvalidInput            2   (3 in judging commands) a file that was named cannot be used; carries findings
      OrgRefused                1   the org said no
        VerifyFailed            1   the flow ran and the outcome is not the expected one
      Unreachable               4   cannot reach, log in, or waited too long
        LoginFailed             4   the org does not take these credentials
        OutcomeUnknown          4   a request was sent and it cannot be known what became of it
    Interrupted             130   Ctrl-C (143: SIGTERM); what was done before it is told

Anything else that escapes is a defect of sfsetup and ends in exit code 70.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command (design: 'Command line')."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FINDINGS = 3
    UNREACHABLE = 4
    INCOMPLETE = 5
    INTERNAL = 70
    INTERRUPTED = 130
    """What shells report for a process ended by Ctrl-C."""
    TERMINATED = 143
    """The same for SIGTERM."""


class SfsetupError(Exception):
    """Something that a user or an org caused. `message` is one sentence; `actions` say what to do now."""

    exit_code: ExitCode = ExitCode.REFUSED

    def __init__(
        self,
        message: str,
        *,
        actions: Sequence[str] = (),
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        pointer: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.actions = tuple(actions)
        self.file = file
        self.line = line
        self.column = column
        self.pointer = pointer

    @property
    def place(self) -> str:
        """`file:line:column`, as much of it as is known; empty when nothing is."""
        parts = [self.file or ""]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts) if parts[0] else ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class UsageError(SfsetupError):
    """The command could not begin: wrong options, a missing file, a question without a terminal."""

    exit_code = ExitCode.USAGE


class InvalidInput(UsageError):
    """A file that was named exists and cannot be used. Judging commands turn it into exit code 3.

    `findings` are model.finding.Finding values when the reader could tell more than one thing.
    """

    def __init__(
        self,
        message: str,
        *,
        findings: Sequence[object] = (),
        actions: Sequence[str] = (),
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        pointer: str | None = None,
    ) -> None:
        super().__init__(message, actions=actions, file=file, line=line, column=column, pointer=pointer)
        self.findings = tuple(findings)


class OrgRefused(SfsetupError):
    """The org understood the request and said no. `code` is Salesforce's own error code where it gave one."""

    exit_code = ExitCode.REFUSED

    def __init__(
        self, message: str, *, code: str | None = None, status: int | None = None, actions: Sequence[str] = ()
    ) -> None:
        super().__init__(message, actions=actions)
        self.code = code
        self.status = status


class VerifyFailed(OrgRefused):
    """The flow ran and its outcome is not the expected one."""


class Unreachable(SfsetupError):
    """The org cannot be reached, or did not answer in time."""

    exit_code = ExitCode.UNREACHABLE


class LoginFailed(Unreachable):
    """The org answered and does not take these credentials."""


class OutcomeUnknown(Unreachable):
    """A request that changes the org was sent, the connection broke, and what became of it cannot be known."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised where the process was: it ends like Ctrl-C, with another exit code."""


class Interrupted(SfsetupError):
    """Somebody ended the command while it was at work. Made from the KeyboardInterrupt that Python raised."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self, message: str, *, cause: KeyboardInterrupt | None = None, actions: Sequence[str] = ()) -> None:
        super().__init__(message, actions=actions)
        if isinstance(cause, Terminated):
            self.exit_code = ExitCode.TERMINATED
