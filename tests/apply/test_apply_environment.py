"""Which environment an org is, and what may be written to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sfsetup.apply.environment import allow_writing, choose
from sfsetup.errors import UsageError
from sfsetup.model.snapshot import OrgInfo, OrgType
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.reader import load_integration

PROD = OrgInfo(
    id="00D000000000001AAA",
    username="me@acme.example",
    user_id="005000000000001AAA",
    type=OrgType.PRODUCTION,
    api_version="66.0",
    instance_url="https://acme.my.salesforce.com",
    my_domain="acme",
)
UAT = replace(PROD, id="00D0000000000U1AAA", type=OrgType.SANDBOX, my_domain="Acme--UAT")
STRANGER = replace(UAT, my_domain="acme--dev", id="00D0000000000X1AAA")
LOCAL = replace(STRANGER, type=OrgType.DEVELOPER, is_local=True)
ENVIRONMENTS = """
environments:
  uat: {match: {my_domain: acme--uat}, named_credential: {url: https://sms.8x8.uk}}
  production: {match: {org_id: 00D000000000001}}
"""


@pytest.fixture
def with_environments(repository: Path, tmp_path: Path) -> IntegrationSpec:
    source = repository / "specs" / "8x8-sms"
    (tmp_path / "openapi.json").write_bytes((source / "openapi.json").read_bytes())
    (tmp_path / "integration.yaml").write_text((source / "integration.yaml").read_text() + ENVIRONMENTS)
    return load_integration(tmp_path)[0]


@pytest.fixture
def plain(repository: Path) -> IntegrationSpec:
    return load_integration(repository / "specs" / "8x8-sms")[0]


@pytest.mark.parametrize(
    ("org", "wanted", "environment", "url"),
    [
        (UAT, None, "uat", "https://sms.8x8.uk"),
        (UAT, "uat", "uat", "https://sms.8x8.uk"),
        (PROD, None, "production", "https://sms.8x8.com"),
        # 15 characters decide
        (replace(PROD, id="00D000000000001"), None, "production", "https://sms.8x8.com"),
        (LOCAL, None, None, "https://sms.8x8.com"),
        (LOCAL, "uat", "uat", "https://sms.8x8.uk"),
        (replace(LOCAL, my_domain="acme--uat"), None, "uat", "https://sms.8x8.uk"),
    ],
)
def test_an_org_has_its_environment(
    with_environments: IntegrationSpec, org: OrgInfo, wanted: str | None, environment: str | None, url: str
) -> None:
    chosen = choose(with_environments, org, wanted)
    assert (chosen.environment, chosen.named_credential.url) == (environment, url)


@pytest.mark.parametrize(
    ("org", "wanted", "said"),
    [
        (STRANGER, None, "matches no environment"),
        (STRANGER, "uat", "matches no environment"),
        (UAT, "production", "is environment 'uat'"),
        (PROD, "uat", "is environment 'production'"),
        (replace(LOCAL, my_domain="acme--uat"), "production", "is environment 'uat'"),
        (LOCAL, "uta", "no environment 'uta'"),
    ],
)
def test_an_org_is_refused(with_environments: IntegrationSpec, org: OrgInfo, wanted: str | None, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        choose(with_environments, org, wanted)
    assert said in str(refused.value)
    assert refused.value.actions


def test_the_flow_is_a_draft_in_production_and_active_elsewhere(
    with_environments: IntegrationSpec, plain: IntegrationSpec
) -> None:
    for spec, org, active in ((with_environments, PROD, False), (with_environments, UAT, True), (plain, LOCAL, True)):
        flow = choose(spec, org, None).flow
        assert flow is not None
        assert flow.activate is active


def test_writing(with_environments: IntegrationSpec, plain: IntegrationSpec) -> None:
    production = choose(with_environments, PROD, None)
    with pytest.raises(UsageError, match="is production"):
        allow_writing(production, PROD, yes=False)
    allow_writing(production, PROD, yes=True)
    with pytest.raises(UsageError, match="has no environment for it"):
        allow_writing(plain, PROD, yes=True)
    allow_writing(plain, UAT, yes=False)
    with pytest.raises(UsageError, match="is production"):
        allow_writing(plain, replace(PROD, is_local=True), yes=False)
    allow_writing(plain, replace(PROD, is_local=True), yes=True)
