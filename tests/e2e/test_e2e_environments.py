"""Environments: the right org gets the right values, a refreshed sandbox is mended, the wrong org is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import sfsetup
from tests.support.local import running_org

VARIABLE = "EIGHT_BY_EIGHT_API_KEY"
PROD_ID = "00D000000000P01"
ENVIRONMENTS = f"""
environments:
  uat: {{match: {{my_domain: acme--uat}}, named_credential: {{url: https://sms.8x8.uk}}, assign: [me]}}
  prod: {{match: {{org_id: {PROD_ID}}}, flow: {{activate: true}}, assign: [me]}}
"""


@pytest.fixture
def spec_of_two(spec: Path) -> Path:
    with (spec / "integration.yaml").open("a") as file:
        file.write(ENVIRONMENTS)
    return spec


def test_a_refreshed_sandbox_shows_what_it_lost_and_one_deploy_mends_all(
    spec_of_two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of_two
    monkeypatch.setenv(VARIABLE, "production-key-01")
    with running_org("prod", org_type="production", my_domain="acme", org_id=PROD_ID) as prod:
        prod.switch(flow_deploys_as_active=True)
        sfsetup("deploy", spec, "-o", prod.target, "-e", "prod", "--yes")
        sfsetup("verify", spec, "-o", prod.target)
    sfsetup("local", "refresh", "prod", "uat")
    with running_org("uat") as uat:
        status = sfsetup("local", "status", "uat", "--json").result
        assert (status["type"], status["myDomain"]) == ("sandbox", "acme--uat")
        assert status["orgId"][:15] != PROD_ID
        result = sfsetup("plan", spec, "-o", uat.target, "-e", "uat", "--json").result
        steps = {(step["action"], step["type"]): step for step in result["steps"]}
        assert set(steps) == {
            ("update", "NamedCredential"),
            ("setSecret", "ExternalCredential"),
            ("assign", "PermissionSet"),
        }
        (change,) = steps["update", "NamedCredential"]["changes"]
        assert (change["from"], change["to"]) == ("https://sms.8x8.com", "https://sms.8x8.uk")
        sfsetup("verify", spec, "-o", uat.target, code=1)

        monkeypatch.setenv(VARIABLE, "sandbox-key-0001")
        sfsetup("deploy", spec, "-o", uat.target, "-e", "uat")
        assert sfsetup("plan", spec, "-o", uat.target, "--json").result["steps"] == []
        sent = sfsetup("verify", spec, "-o", uat.target, "--json").result["requests"]
        assert sent[0]["url"].startswith("https://sms.8x8.uk/")
    with running_org("prod") as prod:
        refused = sfsetup("deploy", spec, "-o", prod.target, "-e", "uat", "--yes", code=2)
        assert "'prod'" in refused.err
        assert "not 'uat'" in refused.err
        assert sfsetup("plan", spec, "-o", prod.target, "--json").result["steps"] == []


def test_production_wants_yes(spec_of_two: Path, key: str) -> None:
    with running_org(org_type="production", org_id=PROD_ID) as org:
        refused = sfsetup("deploy", spec_of_two, "-o", org.target, code=2)
        assert "--yes" in refused.err
        assert "production" in refused.err
        # looking needs no permission
        sfsetup("plan", spec_of_two, "-o", org.target)
        sfsetup("deploy", spec_of_two, "-o", org.target, "--dry-run")


def test_production_gets_a_draft_unless_asked(spec: Path, key: str) -> None:
    with running_org(org_type="production") as org:
        org.switch(flow_deploys_as_active=True)
        ended = sfsetup("deploy", spec, "-o", org.target, "--yes", "--json")
        assert ended.result["flow"] == {"activeVersion": None, "latestVersion": 1}
        assert any("not active" in warning for warning in ended.json["warnings"])


@pytest.mark.parametrize(("active", "code"), [(True, 0), (False, 1)])
def test_activation_that_was_asked_for_and_not_granted_is_a_failure(
    spec_of_two: Path, key: str, active: bool, code: int
) -> None:
    with running_org(org_type="production", org_id=PROD_ID) as org:
        org.switch(flow_deploys_as_active=active)
        ended = sfsetup("deploy", spec_of_two, "-o", org.target, "--yes", code=code)
        if code:
            assert "was to be active and is not" in ended.err
            assert "Deploy processes and flows as active" in ended.err
            assert "Assignment" not in ended.out
            org.switch(tooling_activates_in_production=False)
            result = sfsetup("deploy", spec_of_two, "-o", org.target, "--yes", "--json", code=code).result
            assert [stage["status"] for stage in result["stages"]][2:] == ["failed", "skipped"]


def test_verify_says_when_users_get_an_older_version(spec_of_two: Path, key: str) -> None:
    with running_org(org_type="production", org_id=PROD_ID) as org:
        org.switch(flow_deploys_as_active=True)
        sfsetup("deploy", spec_of_two, "-o", org.target, "--yes")
        org.switch(flow_deploys_as_active=False)
        file = spec_of_two / "integration.yaml"
        file.write_text(file.read_text().replace("label: Send SMS,", "label: Send one SMS,"))
        sfsetup("deploy", spec_of_two, "-o", org.target, "--yes", "--take-flow", code=1)
        ended = sfsetup("verify", spec_of_two, "-o", org.target)
        assert "Users do not get this version" in ended.err
        assert "version 2" in ended.out


def test_an_org_that_matches_none_is_refused_unless_it_is_local(spec_of_two: Path, key: str) -> None:
    with running_org() as org:
        # a local org that matches none takes any environment, or the top level
        top = sfsetup("plan", spec_of_two, "-o", org.target, "--json").result
        assert top["environment"] is None
        uat = sfsetup("plan", spec_of_two, "-o", org.target, "-e", "uat", "--json").result
        assert uat["environment"] == "uat"
        unknown = sfsetup("plan", spec_of_two, "-o", org.target, "-e", "uta", code=2)
        assert "uat" in unknown.err
