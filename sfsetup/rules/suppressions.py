"""Findings that somebody accepted: suppressions with reason and expiry, and baselines.

A suppression that has expired gives the finding back and adds GN-900; one that matched nothing is GN-901; one that may
not be (a critical finding without `allow_critical`, an expiry too far away) is GN-902. Metadata XML has no safe place
for a comment (a round trip through an org drops it), so suppressions live in the configuration alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from sfsetup.model.finding import Finding, Severity
from sfsetup.rules.model import EVERY_PROFILE, Category, Rule
from sfsetup.rules.report import Suppressed
from sfsetup.rules.settings import MAX_SUPPRESSION_DAYS, Suppression
from sfsetup.values import dataclass

RULES = (
    Rule(
        id="GN-900",
        title="A suppression has expired",
        severity=Severity.LOW,
        category=Category.HYGIENE,
        profiles=EVERY_PROFILE,
        applies_to=(),
        what="A suppression in the audit's configuration has passed its expiry date; its finding is reported again.",
        why="A risk is accepted for a time. Without an end, suppressions become the place where findings die.",
        fix="Repair the finding, or renew the suppression with a fresh reason and date.",
        example='[[audit.suppressions]]\nrule = "NC-001"\nexpires = 2020-01-01',
        sources=("The habit of tfsec (exp:DATE) and trivy (expired_at)",),
    ),
    Rule(
        id="GN-901",
        title="A suppression matches nothing",
        severity=Severity.INFO,
        category=Category.HYGIENE,
        profiles=EVERY_PROFILE,
        applies_to=(),
        what="A suppression in the audit's configuration matched no finding of this audit.",
        why="What it accepted is gone or renamed; left behind, it may one day hide something else.",
        fix="Delete the suppression.",
        example='[[audit.suppressions]]\nrule = "NC-001"\ncomponent = "NamedCredential/Deleted_Long_Ago"',
        sources=("The habit of linters that report unused directives (ruff RUF100, eslint)",),
    ),
    Rule(
        id="GN-902",
        title="A suppression is not allowed",
        severity=Severity.MEDIUM,
        category=Category.HYGIENE,
        profiles=EVERY_PROFILE,
        applies_to=(),
        what="A suppression names a critical finding without `allow_critical = true`, or lasts longer than a year.",
        why="A secret in clear text is no matter of taste; whoever accepts one has to say so in so many words.",
        fix="Repair the finding; or add `allow_critical = true`, or an earlier date, with a reason that holds.",
        example='[[audit.suppressions]]\nrule = "EC-009"\ncomponent = "ExternalCredential/*"\nexpires = 2099-01-01',
        sources=("Policy of sfsetup",),
    ),
    Rule(
        id="GN-903",
        title="The audit's configuration cannot be used",
        severity=Severity.HIGH,
        category=Category.HYGIENE,
        profiles=EVERY_PROFILE,
        applies_to=(),
        what="A key of the audit's configuration is unknown or has a value that cannot be used; nothing is audited.",
        why="An audit that ignores a misspelt suppression or host list answers a question that nobody asked.",
        fix="Write the key as the message says.",
        example='[audit]\nprofil = "strict"',
        sources=("Configuration of sfsetup",),
    ),
)


def suppress(
    findings: Sequence[Finding],
    suppressions: Sequence[Suppression],
    *,
    today: datetime.date,
    file: str | None,
    org_id: str | None = None,
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    """What is left, with findings about the suppressions themselves, and what was suppressed."""
    kept = list(findings)
    suppressed: list[Suppressed] = []
    for number, entry in enumerate(suppressions, start=1):
        if entry.org and not (org_id and any(org_id[:15] == name[:15] for name in entry.org)):
            continue
        matched = [finding for finding in kept if _matches(entry, finding)]
        told = _objection(entry, matched, today)
        if told is not None:
            rule, message = told
            kept.append(_about(rule, message, number, file))
        refused = told is not None and told[0] in ("GN-900", "GN-901")
        for finding in () if refused else matched:
            if finding.severity is Severity.CRITICAL and not entry.allow_critical:
                continue
            if (entry.expires - today).days > MAX_SUPPRESSION_DAYS:
                continue
            kept.remove(finding)
            suppressed.append(Suppressed(finding, entry.reason, entry.expires.isoformat(), "suppression"))
    return tuple(kept), tuple(suppressed)


def _objection(entry: Suppression, matched: Sequence[Finding], today: datetime.date) -> tuple[str, str] | None:
    target = f"The suppression of {entry.rule} for {entry.component}"
    if entry.expires < today:
        return "GN-900", f"{target} expired on {entry.expires.isoformat()}."
    if not matched:
        return "GN-901", f"{target} matches no finding."
    if (entry.expires - today).days > MAX_SUPPRESSION_DAYS:
        return "GN-902", f"{target} lasts longer than {MAX_SUPPRESSION_DAYS} days and is not applied."
    if not entry.allow_critical and any(finding.severity is Severity.CRITICAL for finding in matched):
        return "GN-902", f"{target} meets a critical finding and does not say allow_critical."
    return None


def _matches(entry: Suppression, finding: Finding) -> bool:
    component = finding.component
    name = f"{component.type}/{component.full_name}" if component else (finding.file or "")
    if finding.rule != entry.rule or not fnmatchcase(name, entry.component):
        return False
    return entry.element is None or fnmatchcase(finding.element or "", entry.element)


def _about(rule_id: str, message: str, number: int, file: str | None) -> Finding:
    rule = next(rule for rule in RULES if rule.id == rule_id)
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        message=message,
        fix=rule.fix,
        file=file,
        element=f"suppressions[{number}]",
    )


@dataclass(frozen=True, slots=True)
class Baseline:
    """Findings that were there on a day: fingerprint -> (rule, version of the rule). Holds no value and no name."""

    date: str
    entries: Mapping[str, tuple[str, int]]

    def as_json(self) -> dict[str, Any]:
        """The file that `--write-baseline` writes."""
        rows = sorted((rule, mark, version) for mark, (rule, version) in self.entries.items())
        findings = [{"rule": rule, "fingerprint": mark, "ruleVersion": version} for rule, mark, version in rows]
        return {"kind": "sfsetup-audit-baseline", "version": 1, "date": self.date, "findings": findings}


def baseline_of(findings: Iterable[Finding], *, date: str, version_of: Callable[[str], int]) -> Baseline:
    """A baseline of what an audit found."""
    return Baseline(date, {finding.fingerprint: (finding.rule, version_of(finding.rule)) for finding in findings})


def baseline_from(document: Any) -> Baseline:
    """The baseline in a parsed file. Raises ValueError for anything else."""
    if not isinstance(document, Mapping) or document.get("kind") != "sfsetup-audit-baseline":
        raise ValueError("not a baseline written by sfsetup audit --write-baseline")
    if document.get("version") != 1:
        raise ValueError(f"a baseline of version {document.get('version')}, which this sfsetup does not know")
    try:
        rows = {
            str(row["fingerprint"]): (str(row["rule"]), int(row["ruleVersion"])) for row in document.get("findings", ())
        }
    except (KeyError, TypeError) as error:
        raise ValueError("a baseline with incomplete entries") from error
    return Baseline(str(document.get("date", "")), rows)


def without_baseline(
    findings: Sequence[Finding], baseline: Baseline, *, version_of: Callable[[str], int]
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...], int]:
    """What is new, what the baseline holds, and how many entries of it are gone.

    A finding of a rule whose logic has changed since is reported again and says so.
    """
    new: list[Finding] = []
    known: list[Suppressed] = []
    for finding in findings:
        entry = baseline.entries.get(finding.fingerprint)
        if entry is None:
            new.append(finding)
        elif entry[1] != version_of(finding.rule):
            note = f"{finding.message} (In the baseline of {baseline.date}; the rule has changed since.)"
            new.append(replace(finding, message=note))
        else:
            known.append(Suppressed(finding, f"in the baseline of {baseline.date}", None, "baseline"))
    present = {finding.fingerprint for finding in findings}
    return tuple(new), tuple(known), sum(1 for mark in baseline.entries if mark not in present)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two audits of the same thing: what is new, what is gone, what stayed."""

    new: tuple[Finding, ...]
    fixed: tuple[Mapping[str, Any], ...]
    """Findings of the old report as JSON objects."""
    still: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """`{new, fixed, still}`: fingerprints, but whole findings where they are no longer in the report."""
        return {
            "new": [finding.fingerprint for finding in self.new],
            "fixed": [dict(entry) for entry in self.fixed],
            "still": [finding.fingerprint for finding in self.still],
        }


def compare(findings: Sequence[Finding], old: Any) -> Comparison:
    """Compares with a parsed `audit --json` document (or its `result`). Raises ValueError for anything else."""
    result = old.get("result", old) if isinstance(old, Mapping) else None
    rows = result.get("findings") if isinstance(result, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "fingerprint" in row for row in rows):
        raise ValueError("not a report written by sfsetup audit --json")
    before = {row["fingerprint"]: row for row in rows}
    now = {finding.fingerprint for finding in findings}
    return Comparison(
        new=tuple(finding for finding in findings if finding.fingerprint not in before),
        fixed=tuple(row for mark, row in before.items() if mark not in now),
        still=tuple(finding for finding in findings if finding.fingerprint in before),
    )
