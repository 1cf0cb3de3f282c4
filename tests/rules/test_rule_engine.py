"""The engine: what it adds to rules, what it does when one fails, and what never changes a report."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from sfsetup.errors import UsageError
from sfsetup.facts.reader import read_facts
from sfsetup.metadata.layout import read_entries
from sfsetup.model.finding import ComponentRef, Severity
from sfsetup.model.snapshot import OrgInfo, OrgType
from sfsetup.rules import catalogue
from sfsetup.rules.context import AuditContext
from sfsetup.rules.engine import NEEDS_ORG, NEEDS_SPEC, audit, run, select
from sfsetup.rules.evidence import OrgEvidence, from_json
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Evidence,
    NotApplicable,
    Problem,
    Profile,
    Rule,
    Unknown,
    Verdict,
)
from sfsetup.rules.settings import AuditSettings, Suppression

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
SECRET = "Zx9mQ27tLpW4vRb8kD3f"


def credential(name: str = "Acme", value: str = "https://api.acme.com", more: str = "") -> dict[str, bytes]:
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<NamedCredential xmlns="{NAMESPACE}">\n{more}'
        f"    <endpoint>{value}</endpoint>\n    <label>{name}</label>\n    <protocol>NoAuthentication</protocol>\n"
        "</NamedCredential>\n"
    )
    return {f"namedCredentials/{name}.namedCredential-meta.xml": text.encode()}


def context_of(files: dict[str, bytes], **more: Any) -> AuditContext:
    return AuditContext.of(read_facts(read_entries(files)), **more)


def evidence(**more: Any) -> OrgEvidence:
    org = OrgInfo(
        id="00D000000000001EAA",
        username="admin@acme.example",
        user_id="005000000000001AAA",
        type=OrgType.SANDBOX,
        api_version="66.0",
        instance_url="https://acme.my.salesforce.com",
    )
    return OrgEvidence(org=org, **more)


def rule_of(check: Any, **more: Any) -> Rule:
    values: dict[str, Any] = {
        "id": "XX-001",
        "title": "Made for a test",
        "severity": Severity.HIGH,
        "category": Category.HYGIENE,
        "applies_to": (),
        "what": "what",
        "why": "why",
        "fix": "Do it.",
        "example": "<x/>",
        "sources": ("a test",),
        "profiles": EVERY_PROFILE,
        "check": check,
    }
    return Rule(**{**values, **more})


def test_a_rule_that_fails_is_not_judged_and_the_rest_goes_on() -> None:
    def broken(context: AuditContext) -> Iterable[Verdict]:
        yield Problem(context.named_credentials[0], "is seen before the failure")
        raise ValueError(f"a text with {SECRET}")

    def sound(context: AuditContext) -> Iterable[Verdict]:
        yield Problem(context.named_credentials[0], "is seen by another rule")

    outcome = run(context_of(credential()), [rule_of(broken), rule_of(sound, id="XX-002")])
    assert [finding.rule for finding in outcome.findings] == ["XX-001", "XX-002"]
    assert [entry.what for entry in outcome.not_judged] == ["XX-001"]
    assert "ValueError" in outcome.not_judged[0].reason
    assert SECRET not in outcome.not_judged[0].reason


def test_verdicts_become_findings_unknowns_and_reasons() -> None:
    def check(context: AuditContext) -> Iterable[Verdict]:
        subject = context.named_credentials[0]
        yield Problem(subject, "is wrong", element="Url", line=7)
        yield Problem(None, "something else is wrong.", severity=Severity.LOW)
        yield Problem(ComponentRef("Profile", "Sales"), "has no file")
        yield Unknown(subject, "nobody knows")
        yield Unknown(subject, "nobody knows")
        yield NotApplicable("no list")

    outcome = run(context_of(credential()), [rule_of(check)])
    told = {finding.message: (finding.severity.value, finding.file, finding.line) for finding in outcome.findings}
    assert told == {
        "NamedCredential Acme is wrong.": ("high", "namedCredentials/Acme.namedCredential-meta.xml", 7),
        "Something else is wrong.": ("low", None, None),
        "Profile Sales has no file.": ("high", None, None),
    }
    assert [verdict.as_json() for verdict in outcome.unknown] == [
        {
            "rule": "XX-001",
            "component": {"type": "NamedCredential", "fullName": "Acme"},
            "reason": "nobody knows",
        }
    ]
    assert outcome.not_applicable == {"XX-001": "no list"}


def test_components_of_managed_packages_are_somebody_elses() -> None:
    rules = [catalogue.rule("NC-002")]
    theirs = run(context_of(credential("acmepay__Gate", "http://api.acme.com")), rules).findings[0]
    assert theirs.severity is Severity.INFO
    assert "acmepay" in theirs.fix
    ours = AuditSettings(namespaces=("AcmePay",))
    own = run(context_of(credential("acmepay__Gate", "http://api.acme.com"), settings=ours), rules).findings[0]
    assert own.severity is Severity.MEDIUM
    of_the_org = replace(evidence(), org=replace(evidence().org, namespace="acmepay"))
    again = run(context_of(credential("acmepay__Gate", "http://api.acme.com"), evidence=of_the_org), rules)
    assert again.findings[0].severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("name", "namespace"),
    [
        ("ns__Name", "ns"),
        ("a_b__Name", "a_b"),
        ("Name", None),
        ("Thing__c", None),
        ("Thing__mdt", None),
        ("_x__y", None),
        ("ns__Thing__c", "ns"),
        ("owner__repository__Name", None),
        ("ns__Type.Record", None),
        ("Type.ns__Record", "ns"),
    ],
)
def test_namespaces_are_told_from_suffixes(name: str, namespace: str | None) -> None:
    assert context_of({}).namespace_of(name) == namespace


def test_rules_that_need_an_org_or_a_spec_do_not_apply_to_files() -> None:
    files = credential()
    outcome = run(context_of(files), [catalogue.rule("NC-013"), catalogue.rule("ES-009"), catalogue.rule("EC-001")])
    assert outcome.not_applicable == {
        "NC-013": NEEDS_ORG,
        "ES-009": NEEDS_SPEC,
        "EC-001": "no ExternalCredential among these files",
    }
    assert outcome.unknown == ()


def test_a_type_that_the_org_did_not_give_is_unknown_to_its_rules() -> None:
    context = context_of({}, evidence=evidence(unread={"ExternalCredential": "insufficient access rights"}))
    outcome = run(context, [catalogue.rule("EC-001"), catalogue.rule("NC-001")])
    assert [(verdict.rule, verdict.reason) for verdict in outcome.unknown] == [
        ("EC-001", "ExternalCredential: insufficient access rights")
    ]


def test_the_order_of_files_changes_nothing() -> None:
    files = {**credential("B", "http://b.acme.com"), **credential("A", "http://a.acme.com")}
    rules = catalogue.rules_of(catalogue.Group.AUDIT)
    forward = run(context_of(files), rules)
    backward = run(context_of(dict(reversed(files.items()))), rules)
    assert forward == backward


def test_fingerprints_survive_moves_lines_labels_and_orgs() -> None:
    rules = [catalogue.rule("NC-002"), catalogue.rule("NC-001")]
    before = run(context_of(credential("Acme", "http://api.acme.com")), rules)
    moved = {
        name.replace("namedCredentials/", "packages/core/namedCredentials/").replace("-meta.xml", ""): data
        for name, data in credential("Acme", "http://other.acme.com", more="\n\n    <!-- moved down -->\n").items()
    }
    after = run(context_of(moved, evidence=evidence(), today=datetime.date(2026, 1, 1), report_key=b"other" * 4), rules)
    assert [f.fingerprint for f in before.findings] == [f.fingerprint for f in after.findings]
    assert [f.line for f in before.findings] != [f.line for f in after.findings]


def test_findings_that_agree_in_all_else_have_fingerprints_of_their_own() -> None:
    def check(context: AuditContext) -> Iterable[Verdict]:
        yield Problem(context.named_credentials[0], "is wrong here", element="same", line=3)
        yield Problem(context.named_credentials[0], "is wrong there", element="same", line=9)

    findings = run(context_of(credential()), [rule_of(check)]).findings
    assert len({finding.fingerprint for finding in findings}) == 2


def test_no_secret_reaches_the_report() -> None:
    files = credential("Acme", f"https://api.acme.com?api_key={SECRET}", more=f"    <password>{SECRET}</password>\n")
    report = audit(context_of(files, report_key=b"k" * 16), source="x", rules=catalogue.rules_of(catalogue.Group.AUDIT))
    assert {"NC-015", "NC-016"} <= {finding.rule for finding in report.findings}
    assert SECRET not in str(report.as_json())
    assert SECRET not in repr(report)


def test_the_mark_of_a_secret_changes_with_the_report() -> None:
    files = credential("Acme", more=f"    <password>{SECRET}</password>\n")
    first, second = (
        run(context_of(files, report_key=key), [catalogue.rule("NC-016")]).findings[0].message
        for key in (b"a" * 16, b"b" * 16)
    )
    assert first != second


def test_files_that_cannot_be_read_are_named() -> None:
    files = {**credential(), "namedCredentials/Bad.namedCredential-meta.xml": b"<NamedCredential>"}
    report = audit(context_of(files), source="x", rules=[])
    assert [entry.what for entry in report.not_judged] == ["namedCredentials/Bad.namedCredential-meta.xml"]
    assert report.incomplete
    assert report.scope.types == {"NamedCredential": 1}


def test_an_audit_of_nothing_is_not_clean() -> None:
    assert audit(context_of({}), source="x").read_nothing


def test_profiles_choose_rules() -> None:
    chosen = {profile: {rule.id for rule in select(AuditSettings(profile=profile))} for profile in Profile}
    assert chosen[Profile.DEFAULT] < chosen[Profile.STRICT]
    assert chosen[Profile.BOOTSTRAP] < chosen[Profile.STRICT]
    checked = {rule.id for rule in catalogue.rules_of(catalogue.Group.AUDIT) if rule.check is not None}
    assert chosen[Profile.STRICT] == checked
    assert "NC-001" not in {rule.id for rule in select(AuditSettings(disable=("NC-001",)))}


def test_single_rules_are_chosen_whatever_the_profile() -> None:
    assert [rule.id for rule in select(AuditSettings(disable=("NC-001",)), only=["NC-008", "NC-001"])] == [
        "NC-001",
        "NC-008",
    ]
    with pytest.raises(UsageError, match="did you mean NC-008"):
        select(AuditSettings(), only=["nc-008"])


def test_suppressions_take_findings_out_and_tell_when_they_are_idle() -> None:
    until = datetime.date(2026, 6, 30)
    settings = AuditSettings(
        suppressions=(
            Suppression("NC-001", "NamedCredential/Ac*", "being replaced", until),
            Suppression("NC-002", "NamedCredential/Gone", "was once there", until),
            # its rule is not run, so nobody can say that it is idle
            Suppression("NC-008", "NamedCredential/Gone", "was once there", until),
        )
    )
    context = context_of(credential(), settings=settings, today=datetime.date(2026, 6, 1))
    report = audit(
        context, source="x", rules=[catalogue.rule("NC-001"), catalogue.rule("NC-002")], settings_file="sfsetup.toml"
    )
    assert [entry.finding.rule for entry in report.suppressed] == ["NC-001"]
    assert [(finding.rule, finding.file) for finding in report.findings] == [("GN-901", "sfsetup.toml")]


def test_evidence_comes_back_as_it_was_written() -> None:
    context = context_of({})
    assert context.evidence is None
    full = evidence(
        principal_grants=(),
        packages=("acme",),
        unread={"flows": "insufficient access rights"},
        missing_rights=("View Setup and Configuration",),
        active_users=3,
    )
    assert from_json(full.as_json()) == full
    assert full.why_not("flows") == "insufficient access rights"


def test_rules_about_evidence_ask_for_it() -> None:
    for rule in catalogue.rules_of(catalogue.Group.AUDIT):
        assert rule.evidence, rule.id
        assert not (Evidence.ORG in rule.evidence and Evidence.SPEC in rule.evidence), rule.id
