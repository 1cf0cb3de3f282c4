"""Findings, names, plans: the values everybody shares."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.model import names
from sfsetup.model.component import Component, ComponentSet
from sfsetup.model.finding import ComponentRef, Finding, Severity, counts, in_order, numbered, worst_at_least

FINDING = Finding(rule="NC-002", severity=Severity.HIGH, message="m", component=ComponentRef("NamedCredential", "X"))


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("X8x8_CPaaS_Authentication", True),
        ("8x8_CPaaS", False),
        ("A", True),
        ("A_", False),
        ("A__B", False),
        ("_A", False),
        ("A B", False),
        ("A-B", False),
        ("Ä", False),
        ("", False),
        ("A" * 80, True),
        ("A" * 81, False),
        ("A\n", False),
    ],
)
def test_developer_names(name: str, valid: bool) -> None:
    assert names.is_developer_name(name) is valid


@given(st.text())
def test_a_suggested_name_is_a_name_or_nothing(text: str) -> None:
    suggestion = names.suggested_developer_name(text)
    assert suggestion == "" or names.is_developer_name(suggestion)


def test_the_guides_label_gives_the_guides_name() -> None:
    assert names.suggested_developer_name("8x8 CPaaS Authentication") == "X8x8_CPaaS_Authentication"


def test_principals_split_at_the_first_hyphen() -> None:
    assert names.split_principal("AWS-S3-User") == ("AWS", "S3-User")
    assert names.principal_full_name("EC", "8x8 API Key Principal") == "EC-8x8 API Key Principal"


def test_a_fingerprint_survives_moves_and_wording() -> None:
    moved = replace(FINDING, file="elsewhere.xml", line=99, message="other words", severity=Severity.LOW)
    assert moved.fingerprint == FINDING.fingerprint
    assert replace(FINDING, rule="NC-003").fingerprint != FINDING.fingerprint
    assert replace(FINDING, element="Url").fingerprint != FINDING.fingerprint


def test_equal_findings_get_ordinals() -> None:
    twins = numbered((FINDING, FINDING, FINDING))
    assert len({finding.fingerprint for finding in twins}) == 3
    assert twins[0] == FINDING


def test_order_threshold_and_counts() -> None:
    low = replace(FINDING, severity=Severity.LOW)
    assert in_order([low, FINDING]) == (FINDING, low)
    assert worst_at_least([low], Severity.LOW)
    assert not worst_at_least([low], Severity.MEDIUM)
    assert counts([low, FINDING]) == {"critical": 0, "high": 1, "medium": 0, "low": 1, "info": 0}


def test_component_sets_know_their_stages() -> None:
    components = ComponentSet("66.0", (Component("Flow", "F", b"", stage=2), Component("NamedCredential", "N", b"")))
    assert components.stages == (1, 2)
    assert [component.full_name for component in components.of_stage(2)] == ["F"]
    assert components.get("Flow") is components.components[0]
    assert components.get("Flow", "G") is None
