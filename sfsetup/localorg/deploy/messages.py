"""Component messages: what a deploy says about each component, in the fields of DeployMessage (ground-truth 4)."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any

from sfsetup.values import dataclass

OURS = " [local org's wording]"
"""Follows every message whose true text is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One DeployMessage."""

    type_name: str
    full_name: str
    file_name: str
    success: bool = True
    changed: bool = False
    created: bool = False
    deleted: bool = False
    id: str | None = None
    problem: str | None = None
    problem_type: str | None = None
    """Warning, Error or Info."""
    line: int | None = None
    column: int | None = None
    check: str = ""
    """Id of the check that spoke; for tests, not on the wire."""

    def stored(self, *, changed: bool, created: bool, identifier: str) -> Message:
        """The same component as it was kept."""
        return self._with(changed=changed, created=created, id=identifier)

    def _with(self, **changes: Any) -> Message:
        # many times as fast as `dataclasses.replace`: a deploy has thousands of components
        return Message(**{**dict(zip(_FIELDS, _VALUES(self), strict=True)), **changes})

    def failed(self, problem: str, line: int | None = None, column: int | None = None, check: str = "") -> Message:
        """The same component with an error."""
        return self._with(
            success=False,
            changed=False,
            created=False,
            deleted=False,
            problem=problem,
            problem_type="Error",
            line=line,
            column=column,
            check=check,
        )

    def halted(self, problem: str, check: str = "") -> Message:
        """The same component with a warning that nobody ignores: a failure of the type Warning.

        Recorded: salesforcecli/plugin-source#199; reported: forcedotcom/cli#1534, #2559.
        """
        return self.failed(problem, check=check)._with(problem_type="Warning")

    def warned(self, problem: str, line: int | None = None, column: int | None = None, check: str = "") -> Message:
        """The same component with a warning: a success that carries a problem."""
        return self._with(problem=problem, problem_type="Warning", line=line, column=column, check=check)

    def as_json(self, created_date: str) -> dict[str, Any]:
        """Fields in the WSDL's order; missing ones are None and left out on the wire. The date is as orgs write it."""
        # An org tells a column with a line; without one known it is 1, where a line's error begins.
        column = self.column if self.column is not None else (1 if self.line is not None else None)
        return {
            "changed": self.changed,
            "columnNumber": column,
            "componentType": self.type_name,
            "created": self.created,
            "createdDate": created_date,
            "deleted": self.deleted,
            "fileName": self.file_name,
            "fullName": self.full_name,
            "id": self.id,
            "lineNumber": self.line,
            "problem": self.problem,
            "problemType": self.problem_type,
            "success": self.success,
        }


_FIELDS = tuple(each.name for each in fields(Message))
_VALUES = attrgetter(*_FIELDS)


def manifest_message(file_name: str) -> Message:
    """The entry of package.xml itself: empty type, fullName `package.xml`, changed and never created.

    Recorded: forcedotcom/source-tracking README.
    """
    return Message(type_name="", full_name=file_name.rpartition("/")[2], file_name=file_name, changed=True)
