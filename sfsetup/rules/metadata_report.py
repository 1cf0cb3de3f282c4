"""Collects findings about metadata files."""

from __future__ import annotations

import re

from sfsetup.facts.base import Fact
from sfsetup.model.finding import Certainty, ComponentRef, Finding, Severity
from sfsetup.spec.secrets import without_tokens

_USER_OF_URL = re.compile(r"(?<=://)[^/@\s`]+(?=@)")


def shown(text: str) -> str:
    """The text of a message without secrets: those of a known form, and user and password of a URL."""
    return _USER_OF_URL.sub("(not shown)", without_tokens(text))


class MetadataReport:
    """Findings in the order in which they were made."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(
        self,
        rule: str,
        fact: Fact,
        message: str,
        fix: str,
        *,
        element: str | None = None,
        line: int | None = None,
        severity: Severity = Severity.HIGH,
        certainty: Certainty = Certainty.DOCUMENTED,
    ) -> None:
        """A finding about one component; without a line it stands at the component's root."""
        self.findings.append(
            Finding(
                rule=rule,
                severity=severity,
                message=shown(message),
                fix=shown(fix),
                certainty=certainty,
                component=fact.ref,
                element=element,
                file=fact.file,
                line=line or fact.line,
            )
        )

    def about_file(
        self,
        rule: str,
        ref: ComponentRef | None,
        file: str,
        line: int | None,
        message: str,
        fix: str,
        *,
        element: str | None = None,
        severity: Severity = Severity.HIGH,
    ) -> None:
        """A finding about a file that gave no fact."""
        self.findings.append(
            Finding(
                rule=rule,
                severity=severity,
                message=shown(message),
                fix=shown(fix),
                component=ref,
                element=element,
                file=file,
                line=line,
            )
        )
