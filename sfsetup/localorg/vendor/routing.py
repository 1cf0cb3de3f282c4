"""Which operation of a document a request means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument, Operation

_PLACEHOLDER = re.compile(r"\{([^{}/]+)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """An operation and the values of the placeholders of its path."""

    operation: Operation
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """No operation: the path is unknown (404), or known with other methods (405)."""

    status: int
    allowed: tuple[str, ...] = ()


class Router:
    """Matches paths (percent-encoded, `base` included) against the operations of one document."""

    def __init__(self, document: OpenApiDocument, base: str) -> None:
        self._rows = [
            (operation.method.upper(), _pattern(base, operation.path), _literals(operation.path), operation)
            for operation in document.operations
        ]
        # A path without placeholders wins over one with (OpenAPI 3.0.3, Paths Object).
        self._rows.sort(key=lambda row: -row[2])

    def match(self, method: str, path: str) -> Match | NoMatch:
        """The operation that `method` and `path` mean."""
        allowed: list[str] = []
        for known, pattern, _, operation in self._rows:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if known == method.upper():
                names = _PLACEHOLDER.findall(operation.path)
                return Match(operation, dict(zip(names, (unquote(text) for text in found.groups()), strict=True)))
            allowed.append(known)
        return NoMatch(405, tuple(dict.fromkeys(allowed))) if allowed else NoMatch(404)


def _pattern(base: str, path: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(path)
    text = "".join(re.escape(part) if index % 2 == 0 else "([^/]+)" for index, part in enumerate(parts))
    return re.compile(re.escape(base) + text)


def _literals(path: str) -> int:
    return sum(1 for segment in path.split("/") if segment and "{" not in segment)
