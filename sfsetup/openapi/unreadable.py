"""A document that cannot be read at all, as a finding."""

from __future__ import annotations

from sfsetup.errors import InvalidInput
from sfsetup.model.finding import Certainty, Finding, Severity


def as_finding(error: InvalidInput, name: str) -> Finding:
    """The refusal of a reader as the one finding there is to make."""
    return Finding(
        rule="OA-A01",
        severity=Severity.CRITICAL,
        message=error.message,
        fix=" ".join(error.actions) or "Give an OpenAPI document in JSON or YAML.",
        certainty=Certainty.DOCUMENTED,
        file=error.file or name,
        line=error.line,
        pointer=error.pointer,
    )
