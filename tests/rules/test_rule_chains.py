"""The chain behind a callout, link by link, and how it is shown."""

from __future__ import annotations

import re

from test_rule_cases import context_of

from sfsetup.cli.views.audit_chains import MOST, chain_lines
from sfsetup.model.finding import ComponentRef, Finding, Severity
from sfsetup.rules.chains import Chain, Link, chains

FLOW = {
    "actionCalls": {"name": "Send", "actionName": "Sms.Send", "actionType": "externalService"},
    "start": {"connector": {"targetReference": "Send"}},
}
SERVICE = {"label": "Sms", "namedCredentialReference": "Sms_API", "operations": {"active": True, "name": "send"}}
NAMED = {
    "label": "Sms",
    "namedCredentialParameters": [
        {"parameterName": "Url", "parameterType": "Url", "parameterValue": "https://sms.acme.com"},
        {"externalCredential": "Sms_Login", "parameterName": "EC", "parameterType": "Authentication"},
    ],
    "namedCredentialType": "SecuredEndpoint",
}
EXTERNAL = {
    "authenticationProtocol": "Custom",
    "externalCredentialParameters": {"parameterName": "Key", "parameterType": "NamedPrincipal", "sequenceNumber": 1},
    "label": "Sms",
}
USERS = {
    "externalCredentialPrincipalAccesses": {"enabled": True, "externalCredentialPrincipal": "Sms_Login-Key"},
    "label": "Sms users",
}
WHOLE = {
    "flows/Send_SMS.flow": FLOW,
    "externalServiceRegistrations/Sms.externalServiceRegistration": SERVICE,
    "namedCredentials/Sms_API.namedCredential": NAMED,
    "externalCredentials/Sms_Login.externalCredential": EXTERNAL,
    "permissionsets/Sms_Users.permissionset": USERS,
}


def finding(rule: str, kind: str, name: str, severity: Severity) -> Finding:
    return Finding(rule=rule, severity=severity, message="m", component=ComponentRef(kind, name))


def line(files: dict[str, object], *findings: Finding, **more: object) -> str:
    made = chains(context_of({"files": files, **more}), findings)
    return "\n".join(chain_lines(made, width=200, colour=False, show_all=False)).strip()


def test_a_whole_chain() -> None:
    assert line(WHOLE) == "Send_SMS → Sms.Send → Sms_API → Sms_Login → Sms_Users"


def test_users_at_its_end() -> None:
    rows = [
        {"permission_set": "Sms_Users", "username": "a@acme.example", "active": True},
        {"permission_set": "Sms_Users", "username": "b@acme.example", "active": False},
        {"permission_set": "Sms_Users", "username": "c@acme.example", "active": True, "expires": "2020-01-01"},
    ]
    assert line(WHOLE, evidence={"assignments": rows}).endswith("Sms_Users: 1 active user")


def test_each_missing_link_is_named() -> None:
    def without(part: str) -> dict[str, object]:
        return {name: content for name, content in WHOLE.items() if not name.startswith(part)}

    assert line(without("externalServiceRegistrations")) == "Send_SMS → Sms.Send ? not read"
    assert line(without("namedCredentials")) == "Send_SMS → Sms.Send → Sms_API ? not read"
    assert line(without("externalCredentials")) == "Send_SMS → Sms.Send → Sms_API → Sms_Login ? not read"
    assert line(without("permissionsets")).endswith("Sms_Login → ✗ nobody that was read")
    assert line(without("flows")) == ""


def test_findings_mark_their_link() -> None:
    text = line(
        WHOLE,
        finding("FL-001", "Flow", "Send_SMS", Severity.HIGH),
        finding("NC-003", "NamedCredential", "Sms_API", Severity.MEDIUM),
        finding("PS-011", "PermissionSet", "Sms_Users", Severity.LOW),
    )
    assert text == "Send_SMS ✗ FL-001 → Sms.Send → Sms_API ! NC-003 → Sms_Login → Sms_Users"


def test_broken_chains_come_first_and_few_are_shown() -> None:
    sound = [Chain((Link("Flow", f"F{number}"),)) for number in range(MOST + 5)]
    broken = Chain((Link("Flow", "Broken", severity=Severity.HIGH, rules=("FL-001",)),))
    lines = chain_lines([*sound, broken], width=80, colour=False, show_all=False)
    assert lines[0] == "  Broken ✗ FL-001"
    assert lines[-1] == "  6 more (--all lists them)"
    assert len(chain_lines([*sound, broken], width=80, colour=False, show_all=True)) == MOST + 6


def test_lines_keep_to_the_width_and_hold_no_control_characters() -> None:
    chain = Chain(tuple(Link("Flow", f"{'x' * 20}\x1b[31m{number}") for number in range(6)), users=3)
    lines = chain_lines([chain], width=60, colour=False, show_all=True)
    assert max(map(len, lines)) <= 60
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", "".join(lines))
