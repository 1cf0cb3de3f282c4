"""Integrations of other kinds go the same way: other protocols, restricted and inactive flows, no flow, older API."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.local import RunningOrg

PRINCIPAL = (
    "    - {name: 8x8 API Key Principal, sequence: 1, parameters: {api_key: {secret: {env: EIGHT_BY_EIGHT_API_KEY}}}}"
)
HEADERS = '  headers: {Authorization: "Bearer {api_key}"}\n'
TWO = "parameters: {username: {secret: {env: USER_NAME}}, password: {secret: {env: PASS_WORD}}}"
CLIENT = "parameters: {client_id: {secret: {env: USER_NAME}}, client_secret: {secret: {env: PASS_WORD}}}"
FLOW = "flow: {name: Send_SMS, label: Send SMS, operation: Send-Sms-Single}"
VERIFIED, NOT_ACCEPTED = 0, 1
"""The stand-in is made from a document that asks for a bearer token: other protocols reach it and are turned away."""

VARIANTS: dict[str, tuple[list[tuple[str, str]], int]] = {
    "restricted": ([("Send-Sms-Single}", "Send-Sms-Single, restrict: true}")], VERIFIED),
    "inactive": ([("Send-Sms-Single}", "Send-Sms-Single, activate: false}")], VERIFIED),
    "older": ([("version: 1", 'version: 1\napi_version: "59.0"')], VERIFIED),
    "basic": (
        [("protocol: custom", "protocol: basic"), (HEADERS, ""), (PRINCIPAL, f"    - {{name: P, {TWO}}}")],
        NOT_ACCEPTED,
    ),
    "client credentials": (
        [
            ("protocol: custom", "protocol: oauth_client_credentials\n  token_url: https://sms.8x8.com/oauth/token"),
            (HEADERS, ""),
            (PRINCIPAL, f"    - {{name: P, {CLIENT}}}"),
        ],
        VERIFIED,
    ),
    "two principals": (
        [
            (
                PRINCIPAL,
                f"{PRINCIPAL}\n    - {{name: Two, sequence: 2, parameters: {{api_key: {{secret: {{env: PASS_WORD}}}}}}}}",
            )
        ],
        VERIFIED,
    ),
    "plain parameter": (
        [
            (HEADERS, '  headers: {Authorization: "Bearer {api_key}", X-Team: "{team}"}\n'),
            ("parameters: {api_key", "parameters: {team: {value: sms}, api_key"),
        ],
        VERIFIED,
    ),
    "no run flows": ([("permission_set: {name", "permission_set: {run_flows: false, name")], VERIFIED),
}


@pytest.mark.parametrize(
    "name", ["restricted", *(pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS if name != "restricted")]
)
def test_from_deploy_to_destroy(
    local: RunningOrg, spec: Path, key: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("USER_NAME", "a-user-name")
    monkeypatch.setenv("PASS_WORD", "a-pass-word-01")
    changes, verified = VARIANTS[name]
    file = spec / "integration.yaml"
    text = file.read_text()
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    file.write_text(text)
    sfsetup("validate", spec)
    sfsetup("deploy", spec, "-o", local.target)
    sfsetup("verify", spec, "-o", local.target, code=verified)
    plan = sfsetup("plan", spec, "-o", local.target, "--json").result
    assert (plan["steps"], plan["kept"], plan["unknown"]) == ([], [], [])
    again = sfsetup("deploy", spec, "-o", local.target, "--json").result
    assert {stage["status"] for stage in again["stages"]} == {"unchanged"}
    assert again["flow"]["latestVersion"] == 1
    sfsetup("destroy", spec, "-o", local.target, "--yes")
    assert len(sfsetup("plan", spec, "-o", local.target, "--json").result["steps"]) >= 6


def test_an_integration_without_flow(local: RunningOrg, spec: Path, key: str) -> None:
    file = spec / "integration.yaml"
    kept = [
        line
        for line in file.read_text().splitlines()
        if not line.startswith(("flow:", "verify:", "  inputs", "  expect"))
    ]
    file.write_text("\n".join([*kept, "flow: false", ""]))
    result = sfsetup("deploy", spec, "-o", local.target, "--json").result
    assert [stage["status"] for stage in result["stages"]] == ["done", "done", "skipped", "done"]
    assert "has no flow" in sfsetup("verify", spec, "-o", local.target, code=2).err
    assert sfsetup("plan", spec, "-o", local.target, "--json").result["steps"] == []
