"""A secret that stands anywhere in a spec is found and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsetup.spec.reader import check_integration
from sfsetup.spec.secrets import is_token, looks_secret_name, without_tokens
from tests.spec.test_spec_rules import BASE, _document

TOKENS = (
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "sk_live_abcdefghijklmnop",
    "AKIAABCDEFGHIJKLMNOP",
    "xoxb-1234567890-abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
)
PLACES = (
    "protocol: custom",
    "name: X8x8_SMS_API",
    "label: 8x8 SMS API",
    "name: CPaaSSMS",
    "operation: Send-Sms-Single",
    'destination: "+12025550123"',
    "sequence: 1",
    "env: EIGHT_BY_EIGHT_API_KEY",
    "status.code: QUEUED",
    "openapi: openapi.json",
)


@pytest.mark.parametrize("token", TOKENS)
def test_forms_of_secrets_are_known(token: str) -> None:
    assert is_token(token)
    assert without_tokens(f"a {token} b") in ("a (not shown) b", "a (not shown).abc b")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("token", TOKENS[:3])
def test_no_finding_shows_a_secret(place: str, token: str, tmp_path: Path, repository: Path) -> None:
    key = place.partition(":")[0]
    assert place in BASE
    (tmp_path / "integration.yaml").write_text(BASE.replace(place, f"{key}: {token}"))
    (tmp_path / "openapi.json").write_text(_document(repository, None))
    findings = check_integration(tmp_path).findings
    assert "SP-007" in {one.rule for one in findings}
    for one in findings:
        assert token not in str(one.as_json())


def test_a_secret_as_a_key_is_not_shown(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "integration.yaml").write_text(BASE + f"{TOKENS[0]}: x\n")
    (tmp_path / "openapi.json").write_text(_document(repository, None))
    findings = check_integration(tmp_path).findings
    assert {one.rule for one in findings} == {"SP-002", "SP-007"}
    assert all(TOKENS[0] not in str(one.as_json()) for one in findings)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("api_key", True),
        ("X-Auth-Token", True),
        ("password", True),
        ("clientSecret", True),
        ("Authorization", True),
        ("key_id", False),
        ("username", False),
        ("Accept", False),
        ("X-Version", False),
    ],
)
def test_names_that_hold_secrets(name: str, secret: bool) -> None:
    assert looks_secret_name(name) is secret
