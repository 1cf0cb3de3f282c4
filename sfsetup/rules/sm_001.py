"""SM-001: secrets where configuration lives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sfsetup.facts.apex import Mention
from sfsetup.facts.base import Fact
from sfsetup.facts.stored_texts import StoredText
from sfsetup.model.finding import Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url, secret_parts
from sfsetup.rules.model import EVERY_PROFILE, Category, Problem, Rule, Verdict
from sfsetup.rules.secrets import Suspicion, mark

_TESTS = re.compile(r"(?:^Test|Tests?$|_Test|Mock|^Mock)")


def check(context: AuditContext) -> Iterator[Verdict]:
    for record in context.facts.custom_metadata:
        for value in record.values:
            found = context.secret(value.text, name=value.field)
            if found is not None:
                eased = Severity.MEDIUM if record.is_protected else None
                yield _problem(record, found, f"field {value.field}", value.line, eased)
    for labels in context.facts.custom_labels:
        for label in labels.labels:
            found = context.secret(label.value, name=label.name)
            if found is not None:
                yield _problem(labels, found, f"label {label.name}", label.line)
    for holder in context.facts.stored_texts:
        for text in holder.texts:
            found = context.secret(text.text, name=text.field) or _in_address(context, text)
            if found is not None:
                yield _problem(holder, found, text.element, text.line)
    for source in context.facts.apex:
        yield from _literals(context, source, source.literals, is_test=_TESTS.search(source.full_name) is not None)
    for page in context.facts.texts:
        yield from _literals(context, page, page.literals, is_test=False)


def _in_address(context: AuditContext, text: StoredText) -> Suspicion | None:
    """What a URL carries in its user information or under a key such as `token`."""
    url = parse_url(text.text) if text.field is None else None
    parts = secret_parts(url) if url is not None else ()
    return (
        Suspicion(f"credential in a URL ({parts[0]})", len(text.text), mark(text.text, context.report_key))
        if parts
        else None
    )


def _literals(context: AuditContext, fact: Fact, literals: Iterable[Mention], *, is_test: bool) -> Iterator[Verdict]:
    seen = set()
    for literal in literals:
        # a literal has no name to go by: only well-known shapes count
        found = context.secret(literal.name)
        if found is not None and found.mark not in seen:
            seen.add(found.mark)
            eased = Severity.LOW if is_test else None
            yield _problem(fact, found, f"literal {found.kind}", literal.line, eased)


def _problem(fact: Fact, found: Suspicion, element: str, line: int | None, severity: Severity | None = None) -> Problem:
    return Problem(
        fact,
        f"holds a secret in {element}: {found}",
        element=element,
        line=line,
        severity=Severity.INFO if found.placeholder else severity,
        confidence=Confidence.LOW if severity is Severity.LOW else found.confidence,
    )


RULE = Rule(
    id="SM-001",
    title="Secret in clear text",
    severity=Severity.CRITICAL,
    category=Category.SECRET,
    profiles=EVERY_PROFILE,
    applies_to=(
        "CustomMetadata",
        "CustomLabels",
        "ApexClass",
        "ApexTrigger",
        "ApexPage",
        "StaticResource",
        "LightningComponentBundle",
        "AuraDefinitionBundle",
        "CustomObject",
        "CustomField",
        "Workflow",
    ),
    what=(
        "A field of a custom metadata record, the default of a field (as of a custom setting), a custom label, a "
        "workflow's field update, the address of its outbound message, a literal in Apex, a page or a static "
        "resource holds what looks like a secret. Medium for protected records, low in tests, info for placeholders."
    ),
    why="Everybody who may read setup data, call the API or see the repository has it.",
    fix="Move it to a principal of an external credential, delete it here, and have the vendor issue a new one.",
    example="<values>\n    <field>Api_Key__c</field>\n    <value>…</value>\n</values>",
    exceptions=(
        "Public keys that look like secret ones. Fields that only name a secret (…Url, …Name) are not meant. Defaults "
        "and workflows are read from files; of an org they are not retrieved."
    ),
    sources=("CWE-798", "Seen: 41 custom metadata values in 9 public repositories", "PMD: ProtectSensitiveData"),
    check=check,
)
