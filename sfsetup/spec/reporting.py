"""Collects findings about a spec: places them in the file, and says in which environment they hold."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from sfsetup.model.finding import Certainty, Confidence, Finding, Severity
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.secrets import without_tokens


class Report:
    """Findings about one spec, as it is for one environment or at its top level."""

    def __init__(self, spec: IntegrationSpec) -> None:
        self.spec = spec
        self.findings: list[Finding] = []

    def add(
        self,
        rule: str,
        pointer: str,
        message: str,
        fix: str,
        *,
        severity: Severity = Severity.HIGH,
        certainty: Certainty = Certainty.DOCUMENTED,
        confidence: Confidence = Confidence.HIGH,
        element: str | None = None,
    ) -> None:
        """Adds a finding about the value at a pointer of the spec."""
        spec = self.spec
        self.findings.append(
            Finding(
                rule=rule,
                severity=severity,
                message=without_tokens(message),
                fix=without_tokens(fix),
                certainty=certainty,
                confidence=confidence,
                element=element,
                file=str(spec.path),
                line=spec.line(pointer),
                pointer=without_tokens(spec.pointer(pointer)),
            )
        )


_ALIASES = (
    {"to", "destination", "recipient", "recipients", "receiver", "phone", "phonenumber", "mobile", "msisdn", "number"},
    {"from", "source", "sender", "senderid", "originator", "from_"},
    {"text", "message", "body", "content", "msg"},
    {"subject", "title"},
    {"email", "mail", "emailaddress"},
    {"account", "accountid", "subaccount", "subaccountid"},
)
"""Words that vendors use for one thing; people who know another API write the other one."""


def suggestion(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was most likely meant: the same word spelled otherwise, an alias, or a near spelling."""
    known = list(candidates)
    bare = {candidate: _bare(candidate) for candidate in known}
    wanted = _bare(word)
    for candidate in known:
        if bare[candidate] == wanted:
            return candidate
    # only words that belong together outright: `to` is nearly `text` and means `destination`
    for group in _ALIASES:
        if wanted in group or word.lower() in group:
            for candidate in known:
                if bare[candidate] in group:
                    return candidate
    starts = [name for name in known if len(wanted) > 2 and bare[name].startswith(wanted)]
    if len(starts) == 1:
        return starts[0]
    close = difflib.get_close_matches(wanted, list(bare.values()), n=1, cutoff=0.6)
    return next((candidate for candidate in known if close and bare[candidate] == close[0]), None)


def did_you_mean(word: str, candidates: Iterable[str], *, what: str = "Known") -> tuple[str, str | None]:
    """Text for `fix`, and the suggestion itself."""
    known = list(candidates)
    found = suggestion(word, known)
    if found is not None:
        return f"Did you mean `{found}`?", found
    shown = ", ".join(f"`{name}`" for name in known[:12]) + (", …" if len(known) > 12 else "")
    return (f"{what}: {shown}." if known else "There is none."), None


def _bare(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
