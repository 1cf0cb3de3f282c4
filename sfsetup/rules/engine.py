"""Runs rules over a context and makes an AuditReport of what they say.

    rules = select(settings)                                   # the profile's rules, in catalogue order
    report = audit(context, source="force-app", rules=rules)   # findings, unknown, not judged, suppressed

What the engine sees to, so that no rule has to:

- A rule that can be decided by an org alone is *not applicable* to files; one that needs our own spec is so without.
- A rule that fails is reported as not judged, with what it had said so far, and the rest goes on.
- A component of a managed package is somebody else's: findings on it become information and name the publisher.
- Equal input gives an equal report, whatever the order of files; fingerprints hold rule, component and element only.
"""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from sfsetup.errors import UsageError
from sfsetup.facts.reader import JUDGED_TYPES
from sfsetup.facts.stored_texts import STORED_TYPES
from sfsetup.model.finding import ComponentRef, Finding, Severity, in_order, numbered
from sfsetup.rules import catalogue
from sfsetup.rules.model import Evidence, Group, NotApplicable, Problem, Profile, Rule, Unknown, UnknownVerdict
from sfsetup.rules.report import AuditReport, NotJudged, Scope
from sfsetup.rules.suppressions import Baseline, suppress, without_baseline
from sfsetup.values import dataclass

if TYPE_CHECKING:
    from sfsetup.rules.context import AuditContext
    from sfsetup.rules.settings import AuditSettings

NEEDS_ORG = "files do not tell this: audit an org (-o), or give evidence that was saved from one"
NEEDS_SPEC = "no integration.yaml was given to compare with"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What rules said, in report order, before suppressions and baselines."""

    findings: tuple[Finding, ...] = ()
    unknown: tuple[UnknownVerdict, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    """Rules that failed."""
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()


def select(settings: AuditSettings, *, only: Sequence[str] = (), profile: Profile | None = None) -> tuple[Rule, ...]:
    """The audit's rules that will run: those of the profile without disabled ones, or exactly `only`.

    Raises UsageError for an id that does not exist.
    """
    known = catalogue.ids(Group.AUDIT)
    for rule_id in only:
        if rule_id not in known:
            near = difflib.get_close_matches(rule_id.upper(), known, n=1)
            raise UsageError(
                f"there is no audit rule {rule_id}{f'; did you mean {near[0]}?' if near else ''}",
                actions=("sfsetup audit --explain lists all rules.",),
            )
    if only:
        return tuple(catalogue.rule(rule_id) for rule_id in known if rule_id in only)
    wanted = profile or settings.profile
    return tuple(
        rule
        for rule in catalogue.rules_of(Group.AUDIT)
        if rule.check is not None and wanted in rule.profiles and rule.id not in settings.disable
    )


def run(context: AuditContext, rules: Iterable[Rule]) -> Outcome:
    """The verdicts of these rules. Raises nothing for what a rule does wrong."""
    findings: list[Finding] = []
    unknown: dict[UnknownVerdict, None] = {}
    not_judged: list[NotJudged] = []
    not_applicable: dict[str, str] = {}
    names = []
    for rule in rules:
        if rule.check is None:
            continue
        names.append(rule.id)
        lacking = _lacking(context, rule)
        if lacking:
            not_applicable[rule.id] = lacking
            continue
        for reason in _unread(context, rule):
            unknown[UnknownVerdict(rule.id, None, reason)] = None
        try:
            for verdict in rule.check(context):
                if isinstance(verdict, Problem):
                    findings.append(_finding(context, rule, verdict))
                elif isinstance(verdict, Unknown):
                    unknown[UnknownVerdict(rule.id, _ref(verdict.subject), verdict.reason, verdict.missing)] = None
                elif isinstance(verdict, NotApplicable):
                    not_applicable[rule.id] = verdict.reason
        except Exception as error:  # noqa: BLE001 one broken rule must not take the others' findings with it
            not_judged.append(NotJudged(rule.id, _failure(error)))
    return Outcome(
        findings=numbered(in_order(findings)),
        unknown=tuple(sorted(unknown, key=_unknown_order)),
        not_judged=tuple(not_judged),
        not_applicable=not_applicable,
        rules=tuple(names),
    )


def audit(
    context: AuditContext,
    *,
    source: str,
    rules: Sequence[Rule] | None = None,
    settings_file: str | None = None,
    baseline: Baseline | None = None,
) -> AuditReport:
    """The whole report: rules run, accepted findings set apart, unreadable files named.

    `source`: the folder, archive or username as the report shows it; `settings_file`: where suppressions stand.
    """
    settings = context.settings
    outcome = run(context, select(settings) if rules is None else rules)
    evidence = context.evidence
    ran = set(outcome.rules) - set(outcome.not_applicable)
    kept, suppressed = suppress(
        outcome.findings,
        [entry for entry in settings.suppressions if entry.rule in ran],
        today=context.today,
        file=settings_file,
        org_id=evidence.org.id if evidence else None,
    )
    if baseline is not None:
        kept, known, _gone = without_baseline(kept, baseline, version_of=version_of)
        suppressed = (*suppressed, *known)
    return AuditReport(
        scope=scope_of(context, source),
        findings=in_order(kept),
        unknown=outcome.unknown,
        not_judged=(*_unreadable(context), *outcome.not_judged),
        suppressed=suppressed,
        not_applicable=outcome.not_applicable,
        rules=outcome.rules,
    )


def scope_of(context: AuditContext, source: str) -> Scope:
    """What was looked at."""
    types: dict[str, int] = dict(context.looked_through)
    for fact in context.facts:
        name = fact.ref.type
        types[name] = types.get(name, 0) + 1
    evidence = context.evidence
    return Scope(
        source=source,
        kind="org" if evidence else "files",
        types=types,
        passed_over={
            entry.type: entry.files for entry in context.facts.not_judged if entry.type not in context.looked_through
        },
        missing_rights=evidence.missing_rights if evidence else (),
        org_id=evidence.org.id if evidence else None,
        profile=context.settings.profile.value,
    )


def version_of(rule_id: str) -> int:
    """The version of a rule's logic; 0 for a rule that no longer exists."""
    rule = catalogue.describe(rule_id)
    return rule.version if rule else 0


def _lacking(context: AuditContext, rule: Rule) -> str | None:
    if rule.org_only and context.evidence is None:
        return NEEDS_ORG
    if set(rule.evidence) == {Evidence.SPEC} and context.desired is None:
        return NEEDS_SPEC
    judged = bool(rule.applies_to) and (JUDGED_TYPES | STORED_TYPES).issuperset(rule.applies_to)
    if judged and context.evidence is None and context.types.isdisjoint(rule.applies_to):
        return f"no {' and no '.join(rule.applies_to)} among these files"
    return None


def _unread(context: AuditContext, rule: Rule) -> Iterable[str]:
    """Types that the rule is about and that the org did not give: about those, silence is no pass."""
    if context.evidence is not None:
        for name in rule.applies_to:
            if name in context.evidence.unread:
                yield f"{name}: {context.evidence.unread[name]}"


def _finding(context: AuditContext, rule: Rule, problem: Problem) -> Finding:
    subject = problem.subject
    ref = _ref(subject)
    severity, fix = problem.severity or rule.severity, problem.fix or rule.fix
    namespace = context.namespace_of(ref.full_name) if ref else None
    if namespace is not None:
        severity = Severity.INFO
        fix = f"This belongs to the managed package {namespace}: ask its publisher. ({fix})"
    return Finding(
        rule=rule.id,
        severity=severity,
        message=_sentence(ref, problem.message),
        fix=fix,
        confidence=problem.confidence or rule.confidence,
        certainty=rule.certainty,
        component=ref,
        element=problem.element,
        file=problem.file or getattr(subject, "file", None),
        line=problem.line or getattr(subject, "line", None),
        pointer=problem.pointer,
    )


def _sentence(ref: ComponentRef | None, message: str) -> str:
    text = message.strip()
    text = f"{ref} {text}" if ref else text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _ref(subject: Any) -> ComponentRef | None:
    if subject is None or isinstance(subject, ComponentRef):
        return subject
    ref: ComponentRef = subject.ref
    return ref


def _unknown_order(verdict: UnknownVerdict) -> tuple[str, str, str]:
    return verdict.rule, str(verdict.component or ""), verdict.reason


def _unreadable(context: AuditContext) -> list[NotJudged]:
    return sorted(NotJudged(entry.file, entry.message, entry.line) for entry in context.facts.unreadable)


def _failure(error: Exception) -> str:
    """Where a rule failed. The error's own text stays out: it may quote a value of the org."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((frame for frame in reversed(frames) if re.search(r"sfsetup.(?:rules|facts)", frame.filename)), None)
    where = f" at {place.name}, line {place.lineno}" if place else ""
    return f"the rule failed ({type(error).__name__}{where}); this is a defect of sfsetup"
