"""What metadata files say otherwise than their spec: where it is told, how heavy it weighs, and what is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from sfsetup.metadata.layout import read_entries
from sfsetup.metadata.types import file_name
from sfsetup.model.component import ComponentSet
from sfsetup.model.finding import Finding
from sfsetup.planning.validation import judge_against
from sfsetup.render.components import render
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.reader import load_integration

SPEC = Path(__file__).resolve().parents[2] / "specs" / "8x8-sms"


@cache
def _expected() -> tuple[IntegrationSpec, ComponentSet]:
    spec, document = load_integration(SPEC)
    return spec, render(spec, document)


def _entries() -> dict[str, bytes]:
    return {file_name(each.type, each.full_name, source=True): each.content for each in _expected()[1]}


def _judged(entries: Mapping[str, bytes]) -> tuple[Finding, ...]:
    return judge_against(_expected(), list(read_entries(entries)), "66.0").findings


def _changed(type_name: str, old: str, new: str) -> tuple[tuple[Finding, ...], list[str]]:
    component = _expected()[1].get(type_name)
    assert component is not None
    path = file_name(type_name, component.full_name, source=True)
    text = component.content.decode()
    assert old in text
    text = text.replace(old, new)
    return _judged({**_entries(), path: text.encode()}), text.splitlines()


@pytest.mark.parametrize(
    ("type_name", "old", "new", "severity", "line"),
    [
        ("NamedCredential", "https://sms.8x8.com", "https://sms.8x8.uk", "high", "<parameterValue>https://sms.8x8.uk"),
        ("NamedCredential", "<label>8x8 SMS API", "<label>SMS", "low", "<label>SMS"),
        ("PermissionSet", "<name>RunFlow<", "<name>ViewSetup<", "high", "<userPermissions>"),
        ("Flow", "<label>Send SMS<", "<label>Send<", "low", "<label>Send<"),
        ("Flow", "<status>Active<", "<status>Draft<", "high", "<status>Draft"),
        ("Flow", "<operator>GreaterThanOrEqualTo<", "<operator>GreaterThan<", "medium", ""),
        ("ExternalServiceRegistration", "Send one SMS", "Send an SMS", "low", "<schema>"),
        ("ExternalServiceRegistration", "SmsTemplateFull", "SmsTemplateWhole", "high", "<schema>"),
    ],
)  # fmt: skip
def test_a_difference_is_told_at_its_line(type_name: str, old: str, new: str, severity: str, line: str) -> None:
    findings, lines = _changed(type_name, old, new)
    told = [one for one in findings if one.rule == "MD-061"]
    assert told, findings
    assert {one.severity.value for one in told} == {severity}
    assert any(line in lines[(one.line or 0) - 1] for one in told), [(one.line, one.message) for one in told]
    assert all("integration.yaml:" in one.fix for one in told)


@pytest.mark.parametrize(
    ("type_name", "old", "new"),
    [
        ("ExternalServiceRegistration", "<status>Complete<", "<status>Pending<"),
        ("ExternalServiceRegistration", "<name>sendx2dsmsx2dsingle<", "<name>Sendx2dSmsx2dSingle<"),
        ("Flow", "<locationX>0<", "<locationX>176<"),
        ("PermissionSet", "    <hasActivationRequired>false</hasActivationRequired>\n", ""),
        ("NamedCredential", "    <calloutStatus>Enabled</calloutStatus>\n", ""),
    ],
)
def test_what_means_the_same_is_passed_over(type_name: str, old: str, new: str) -> None:
    findings, _lines = _changed(type_name, old, new)
    assert findings == ()


def test_a_literal_key_is_not_shown() -> None:
    formula = "{!&apos;Bearer &apos; &amp; $Credential.X8x8_CPaaS_Authentication.api_key}"
    findings, _lines = _changed("ExternalCredential", formula, "Bearer a-real-key-0123456789")
    assert findings
    assert all("a-real-key" not in one.message + one.fix for one in findings)


def test_components_that_are_missing_or_strangers() -> None:
    entries = _entries()
    flow = entries.pop("flows/Send_SMS.flow-meta.xml")
    entries["flows/Other.flow-meta.xml"] = flow
    found = {(one.rule, str(one.component)) for one in _judged(entries)}
    assert ("MD-060", "Flow Send_SMS") in found
    assert ("MD-062", "Flow Other") in found


def test_one_schema_is_told_once() -> None:
    findings, _lines = _changed("ExternalServiceRegistration", "subAccountId", "accountId")
    assert len([one for one in findings if one.rule == "MD-061"]) == 1
