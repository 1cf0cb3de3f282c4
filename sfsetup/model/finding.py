"""The one Finding: what validate, openapi check, plan, diagnose and audit say about their input."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from sfsetup.values import dataclass


class Severity(Enum):
    """Worst first. An 'error' is HIGH and above, a 'warning' is MEDIUM or LOW."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for CRITICAL to 4 for INFO: sorts worst first."""
        return _SEVERITIES.index(self)

    def at_least(self, other: Severity) -> bool:
        """True if this is as bad as `other` or worse."""
        return self.rank <= other.rank


_SEVERITIES = tuple(Severity)


class Confidence(Enum):
    """How sure the rule is that this finding is true."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Certainty(Enum):
    """How the fact behind the rule is known: Salesforce documents it, it was seen in real orgs, or it is inferred."""

    DOCUMENTED = "documented"
    SEEN = "seen"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True, order=True)
class ComponentRef:
    """Names one metadata component: type and fullName."""

    type: str
    full_name: str

    def __str__(self) -> str:
        return f"{self.type} {self.full_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement about the input, with its place and what to do."""

    rule: str
    severity: Severity
    message: str
    fix: str = ""
    confidence: Confidence = Confidence.HIGH
    certainty: Certainty = Certainty.DOCUMENTED
    component: ComponentRef | None = None
    element: str | None = None
    """The element or key the finding is about, in a form that survives re-formatting; part of the fingerprint."""
    file: str | None = None
    line: int | None = None
    pointer: str | None = None
    ordinal: int = 0
    """Tells findings apart that agree in all else; set by `numbered`."""

    @property
    def fingerprint(self) -> str:
        """Equal in every org and after every move: rule, component and element, never lines, labels or values."""
        component = self.component or ComponentRef("", self.file or "")
        parts = (self.rule, component.type, component.full_name, self.element or self.pointer or "", str(self.ordinal))
        # names of files that are no UTF-8 come with half characters
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """The object of the contracts, section Findings."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "confidence": self.confidence.value,
            "certainty": self.certainty.value,
            "message": self.message,
            "fix": self.fix,
            "component": (
                {"type": self.component.type, "fullName": self.component.full_name} if self.component else None
            ),
            "element": self.element,
            "file": self.file,
            "line": self.line,
            "pointer": self.pointer,
            "fingerprint": self.fingerprint,
        }


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first, then by file, line and rule: the order in which every report lists them."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                f.severity.rank,
                f.file or "",
                f.line or 0,
                f.rule,
                f.pointer or "",
                f.element or "",
                f.message,
            ),
        )
    )


def numbered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Gives findings that share a fingerprint an ordinal, so that every fingerprint is unique."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    result = []
    for finding in findings:
        count = seen.get(finding.fingerprint, 0)
        seen[finding.fingerprint] = count + 1
        result.append(replace(finding, ordinal=count) if count else finding)
    return tuple(result)


def worst_at_least(findings: Iterable[Finding], threshold: Severity) -> bool:
    """True if any finding reaches `threshold`: what `--fail-on` asks."""
    return any(finding.severity.at_least(threshold) for finding in findings)


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Number of findings by severity; every severity is named."""
    result = {severity.value: 0 for severity in Severity}
    for finding in findings:
        result[finding.severity.value] += 1
    return result
