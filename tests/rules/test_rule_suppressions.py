"""Findings that somebody accepted: suppressions, baselines, comparisons, and the configuration that holds them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from sfsetup.errors import InvalidInput
from sfsetup.model.finding import ComponentRef, Finding, Severity
from sfsetup.rules.model import Profile
from sfsetup.rules.settings import AuditSettings, Suppression, settings_from
from sfsetup.rules.suppressions import baseline_from, baseline_of, compare, suppress, without_baseline

TODAY = datetime.date(2026, 6, 1)
UNTIL = datetime.date(2026, 12, 31)
FOUND = Finding(
    rule="PS-001",
    severity=Severity.HIGH,
    message="x",
    component=ComponentRef("ExternalCredential", "Acme"),
    element="profile Shop principal Key",
)
CRITICAL = replace(FOUND, rule="EC-009", severity=Severity.CRITICAL, element="header x-api-key")


def entry(**more: Any) -> Suppression:
    values: dict[str, Any] = {
        "rule": "PS-001",
        "component": "ExternalCredential/*",
        "reason": "SEC-1",
        "expires": UNTIL,
    }
    return Suppression(**{**values, **more})


def told(entry_: Suppression, *findings: Finding, org_id: str | None = None) -> tuple[list[str], list[str]]:
    kept, gone = suppress(findings, [entry_], today=TODAY, file="sfsetup.toml", org_id=org_id)
    return [finding.rule for finding in kept], [each.finding.rule for each in gone]


@pytest.mark.parametrize(
    ("more", "kept", "gone"),
    [
        ({}, [], ["PS-001"]),
        ({"component": "ExternalCredential/Acme", "element": "profile Shop*"}, [], ["PS-001"]),
        ({"component": "externalcredential/acme"}, ["PS-001", "GN-901"], []),
        ({"element": "profile Other*"}, ["PS-001", "GN-901"], []),
        ({"rule": "PS-002"}, ["PS-001", "GN-901"], []),
        ({"expires": datetime.date(2026, 5, 31)}, ["PS-001", "GN-900"], []),
        ({"expires": TODAY}, [], ["PS-001"]),
        ({"expires": datetime.date(2028, 1, 1)}, ["PS-001", "GN-902"], []),
    ],
)
def test_a_suppression_takes_what_it_names_until_its_day(
    more: dict[str, Any], kept: list[str], gone: list[str]
) -> None:
    assert told(entry(**more), FOUND) == (kept, gone)


def test_critical_findings_ask_for_more() -> None:
    assert told(entry(rule="EC-009"), CRITICAL) == (["EC-009", "GN-902"], [])
    assert told(entry(rule="EC-009", allow_critical=True), CRITICAL) == ([], ["EC-009"])


def test_a_suppression_for_one_org_says_nothing_about_another() -> None:
    here = entry(org=("00D000000000001",))
    assert told(here, FOUND, org_id="00D000000000001EAA") == ([], ["PS-001"])
    assert told(here, FOUND, org_id="00D000000000002EAA") == (["PS-001"], [])
    assert told(here, FOUND) == (["PS-001"], [])


def test_what_is_suppressed_keeps_its_reason() -> None:
    _, (gone,) = suppress([FOUND], [entry()], today=TODAY, file=None)
    assert gone.as_json()["suppression"] == {"reason": "SEC-1", "expires": "2026-12-31", "by": "suppression"}


def test_a_baseline_holds_what_was_there_and_no_value() -> None:
    baseline = baseline_of([FOUND, CRITICAL], date="2026-06-01", version_of=lambda _: 1)
    document = baseline.as_json()
    assert set(document["findings"][0]) == {"rule", "fingerprint", "ruleVersion"}
    again = baseline_from(document)
    later = replace(FOUND, message="another text", line=99, severity=Severity.LOW)
    fresh = replace(FOUND, element="profile New principal Key")
    new, known, gone = without_baseline([later, fresh], again, version_of=lambda _: 1)
    assert [finding.element for finding in new] == ["profile New principal Key"]
    assert [each.finding.rule for each in known] == ["PS-001"]
    assert gone == 1


def test_a_rule_that_changed_tells_its_findings_again() -> None:
    baseline = baseline_of([FOUND], date="2026-06-01", version_of=lambda _: 1)
    new, known, _ = without_baseline([FOUND], baseline, version_of=lambda _: 2)
    assert known == ()
    assert "the rule has changed since" in new[0].message
    assert new[0].fingerprint == FOUND.fingerprint


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"kind": "other"}, {"kind": "sfsetup-audit-baseline", "version": 2},
     {"kind": "sfsetup-audit-baseline", "version": 1, "findings": [{"rule": "X"}]}],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="baseline"):
        baseline_from(document)


def test_two_audits_are_compared() -> None:
    old = {"status": 3, "result": {"findings": [FOUND.as_json(), CRITICAL.as_json()]}}
    fresh = replace(FOUND, element="profile New principal Key")
    result = compare([FOUND, fresh], old)
    assert result.new == (fresh,)
    assert [row["rule"] for row in result.fixed] == ["EC-009"]
    assert result.still == (FOUND,)
    assert compare([FOUND], {"findings": [FOUND.as_json()]}).new == ()
    for wrong in (None, [], {}, {"result": {"findings": [1]}}):
        with pytest.raises(ValueError, match="report"):
            compare([FOUND], wrong)


def test_settings_are_read() -> None:
    table = {
        "profile": "strict",
        "fail_on": "never",
        "allowed_hosts": ["sms.8x8.com"],
        "many_users": 10,
        "suppressions": [
            {"rule": "PS-001", "component": "*", "reason": " form ", "expires": datetime.date(2027, 1, 1)}
        ],
    }
    settings = settings_from(table, file="sfsetup.toml", known_rules=["PS-001"])
    assert (settings.profile, settings.fail_on, settings.many_users) == (Profile.STRICT, "never", 10)
    assert settings.suppressions[0].reason == "form"
    assert settings_from({}, file="x") == AuditSettings()


@pytest.mark.parametrize(
    ("table", "where", "what"),
    [
        ({"profil": "strict"}, "profil", "did you mean profile"),
        ({"profile": "all"}, "profile", "one of default, strict, bootstrap"),
        ({"fail_on": 3}, "fail_on", "one of"),
        ({"allowed_hosts": "sms.8x8.com"}, "allowed_hosts", "list of texts"),
        ({"many_users": True}, "many_users", "whole number"),
        ({"many_users": 0}, "many_users", "whole number"),
        ({"disable": ["NC-01"]}, "disable", "did you mean NC-001"),
        ({"suppressions": {}}, "suppressions", "list of tables"),
        ({"suppressions": [{"rule": "NC-001"}]}, "suppressions[1].component", "required"),
        (
            {"suppressions": [{"rule": "NC-001", "component": "*", "reason": "x", "expires": "2027-01-01"}]},
            "suppressions[1].expires",
            "without quotes",
        ),
        (
            {"suppressions": [{"rule": "NC-1", "component": "*", "reason": "x", "expires": datetime.date(2027, 1, 1)}]},
            "suppressions[1].rule",
            "no rule NC-1",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_told_with_their_place(table: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        settings_from(table, file="sfsetup.toml", known_rules=["NC-001", "PS-001"])
    assert (where, True) in [(finding.element, what in finding.message) for finding in caught.value.findings]


def test_every_problem_of_the_settings_is_told_at_once() -> None:
    with pytest.raises(InvalidInput, match="and 1 more") as caught:
        settings_from({"profil": 1, "fail_on": "x"}, file="sfsetup.toml")
    assert len(caught.value.findings) == 2
