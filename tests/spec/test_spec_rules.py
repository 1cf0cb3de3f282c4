"""Every rule over integration.yaml: one table of cases, each with exactly what must be found, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfsetup.rules.catalogue import ids
from sfsetup.rules.model import Group
from sfsetup.spec.reader import check_integration

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "spec_cases.yaml").read_text())

BASE = """\
version: 1
openapi: openapi.json
operations: [Send-Sms-Single, Send-Many-Sms]
service: {name: CPaaSSMS}
external_credential:
  name: X8x8_CPaaS_Authentication
  label: 8x8 CPaaS Authentication
  protocol: custom
  headers:
    Authorization: Bearer {api_key}
  principals:
    - name: 8x8 API Key Principal
      sequence: 1
      parameters:
        api_key: {secret: {env: EIGHT_BY_EIGHT_API_KEY}}
named_credential:
  name: X8x8_SMS_API
  label: 8x8 SMS API
  url: https://sms.8x8.com
permission_set:
  name: CPaaS_API_Access
  label: CPaaS API Access
flow:
  name: Send_SMS
  label: Send SMS
  operation: Send-Sms-Single
verify:
  inputs:
    subAccountId: my-subaccount
    body:
      destination: "+12025550123"
      source: 8x8
      text: This is an SMS message.
  expect:
    responseCode: 200
    status.code: QUEUED
"""


def _document(repository: Path, kind: str | None) -> str:
    value = json.loads((repository / "specs/8x8-sms/openapi.json").read_text())
    if kind == "with_base_path":
        for server in value["servers"]:
            server["url"] += "/base"
    if kind == "with_upload":
        value["paths"]["/upload"] = {
            "post": {
                "operationId": "upload",
                "requestBody": {
                    "required": True,
                    "content": {"multipart/form-data": {"schema": {"type": "object", "properties": {}}}},
                },
                "responses": {"200": {"description": "done"}},
            }
        }
    return json.dumps(value, indent=2)


def _text(case: dict[str, Any]) -> str:
    text = BASE
    for old, new in case.get("replace", {}).items():
        assert old in text, f"the base file has no {old!r}"
        text = text.replace(old, new)
    if "principals" in case:
        start, end = text.index("    - name: 8x8"), text.index("named_credential:")
        text = f"{text[:start]}    {case['principals']}\n{text[end:]}"
    if "remove_from" in case:
        text = text[: text.index(case["remove_from"])]
    if "append" in case:
        text += case["append"] + "\n"
    return text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_exactly_what_is_wrong_is_found(case: dict[str, Any], tmp_path: Path, repository: Path) -> None:
    text = _text(case)
    (tmp_path / "integration.yaml").write_text(text)
    (tmp_path / "openapi.json").write_text(_document(repository, case.get("document")))
    findings = check_integration(tmp_path).findings
    told = [f"{finding.rule} line {finding.line}: {finding.message} | {finding.fix}" for finding in findings]
    assert sorted(finding.rule for finding in findings) == sorted(entry[0] for entry in case["expect"]), told
    lines = text.splitlines()
    for rule, on_line, *fix in case["expect"]:
        finding = next(one for one in findings if one.rule == rule)
        assert finding.line is not None
        assert on_line in lines[finding.line - 1], told
        assert finding.file == str(tmp_path / "integration.yaml")
        assert finding.fix
        if fix:
            assert fix[0] in finding.fix, told
        if "severity" in case:
            assert finding.severity.value == case["severity"]
        for secret in ("abcdefgh12345678", "me:pass", "ghp_", "my-secret-value"):
            assert secret not in finding.message + finding.fix


def test_every_rule_has_a_case() -> None:
    cased = {entry[0] for case in CASES for entry in case["expect"]}
    elsewhere = {
        "SP-001",  # tests/cli/test_cli_validate.py
        "SP-026",  # test_spec_documents.py: needs documents of other kinds
        "SP-034",
        "SP-035",
        "SP-037",
        "SP-038",
    }
    assert set(ids(Group.SPEC)) - elsewhere == cased
