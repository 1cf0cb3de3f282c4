"""What can be known to fail beforehand: one passing and one failing case a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sfsetup.model.finding import ComponentRef, Severity
from sfsetup.model.snapshot import OrgComponent, OrgInfo, OrgSnapshot, OrgType, UserState
from sfsetup.planning.preflight import blocking, preflight
from sfsetup.spec.environments import for_environment
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.reader import load_integration

ORG = OrgInfo(
    id="00D000000000001AAA",
    username="me@acme.example",
    user_id="005000000000001AAA",
    type=OrgType.SANDBOX,
    api_version="66.0",
    instance_url="https://acme--uat.sandbox.my.salesforce.com",
    my_domain="acme--uat",
    edition="Enterprise Edition",
)
SNAPSHOT = OrgSnapshot(org=ORG)
USER = UserState("joe@acme.example", "005000000000002AAA")


@pytest.fixture(scope="module")
def spec(repository: Path) -> IntegrationSpec:
    return load_integration(repository / "specs" / "8x8-sms")[0]


Snapshot = Callable[[OrgSnapshot], OrgSnapshot]
Spec = Callable[[IntegrationSpec], IntegrationSpec]


def of_org(**values: object) -> Snapshot:
    return lambda snapshot: replace(snapshot, org=replace(snapshot.org, **values))  # type: ignore[arg-type]


def of(**values: object) -> Snapshot:
    return lambda snapshot: replace(snapshot, **values)  # type: ignore[arg-type]


def same(spec: IntegrationSpec) -> IntegrationSpec:
    return spec


def without_run_flows(spec: IntegrationSpec) -> IntegrationSpec:
    return replace(spec, permission_set=replace(spec.permission_set, run_flows=False))


REGISTERED = {
    ComponentRef("ExternalServiceRegistration", "CPaaSSMS"): OrgComponent(
        ref=ComponentRef("ExternalServiceRegistration", "CPaaSSMS"), content=b"<x/>"
    )
}
FAILING = [
    ("PF-001", Severity.HIGH, of_org(edition="Professional Edition"), same),
    ("PF-002", Severity.HIGH, of_org(api_version="58.0"), same),
    ("PF-002", Severity.HIGH, of(), lambda spec: replace(spec, api_version="67.0")),
    ("PF-003", Severity.HIGH, of(missing_rights=("View Setup and Configuration",)), same),
    ("PF-003", Severity.HIGH, of(missing_rights=("Manage Named Credentials or Customize Application",)), same),
    ("PF-004", Severity.HIGH, of(limits={"ExternalServiceRegistrations": (10, 0)}), same),
    ("PF-004", Severity.HIGH, of(limits={"ExternalServiceOperations": (100, 1)}), same),
    ("PF-004", Severity.MEDIUM, of(limits={"DailyApiRequests": (15000, 3)}), same),
    ("PF-005", Severity.HIGH, of(users=(replace(USER, id=None),)), same),
    ("PF-005", Severity.HIGH, of(users=(replace(USER, is_active=False),)), same),
    ("PF-006", Severity.MEDIUM, of(users=(replace(USER, can_run_flows=False),)), without_run_flows),
]
PASSING = [
    (of_org(edition=None), same),
    (of_org(edition="Developer Edition"), same),
    (of_org(api_version="59.0"), same),
    (of(limits={"ExternalServiceRegistrations": (10, 1), "ExternalServiceOperations": (100, 2)}), same),
    (of(limits={"ExternalServiceRegistrations": (10, 0)}, components=REGISTERED), same),
    (of(limits={"DailyApiRequests": (15000, 9000), "DataStorageMB": (5, 0)}), same),
    (of(users=(USER,)), same),
    (of(users=(replace(USER, can_run_flows=False),)), same),
    (of(users=(replace(USER, can_run_flows=None),)), without_run_flows),
]


@pytest.mark.parametrize(("rule", "severity", "snapshot", "change"), FAILING)
def test_it_is_told(spec: IntegrationSpec, rule: str, severity: Severity, snapshot: Snapshot, change: Spec) -> None:
    (finding,) = preflight(change(spec), snapshot(SNAPSHOT))
    assert (finding.rule, finding.severity) == (rule, severity)
    assert finding.fix
    assert bool(blocking([finding])) is (severity is Severity.HIGH)


@pytest.mark.parametrize(("snapshot", "change"), PASSING)
def test_nothing_is_told(spec: IntegrationSpec, snapshot: Snapshot, change: Spec) -> None:
    assert preflight(change(spec), snapshot(SNAPSHOT)) == ()


@pytest.mark.parametrize(
    ("kind", "url", "told"),
    [
        (OrgType.PRODUCTION, "https://sandbox.vendor.example", True),
        (OrgType.PRODUCTION, "https://api-test.vendor.example", True),
        (OrgType.PRODUCTION, "https://api.vendor.example", False),
        (OrgType.PRODUCTION, "https://contest.vendor.example", False),
        (OrgType.SANDBOX, "https://sandbox.vendor.example", False),
        (OrgType.SANDBOX, "https://live.vendor.example", True),
    ],
)
def test_the_host_fits_the_environment(repository: Path, tmp_path: Path, kind: OrgType, url: str, told: bool) -> None:
    source = repository / "specs" / "8x8-sms"
    (tmp_path / "openapi.json").write_bytes((source / "openapi.json").read_bytes())
    (tmp_path / "integration.yaml").write_text(
        (source / "integration.yaml").read_text()
        + f"environments:\n  here: {{match: {{my_domain: acme}}, named_credential: {{url: {url!r}}}}}\n"
        "  live: {match: {org_id: 00D000000000009}, named_credential: {url: https://live.vendor.example}}\n"
    )
    spec = for_environment(load_integration(tmp_path)[0], "here")
    found = preflight(spec, replace(SNAPSHOT, org=replace(ORG, type=kind)))
    assert [finding.rule for finding in found] == (["PF-007"] if told else [])
    for finding in found:
        assert finding.line is not None
        assert "here" in finding.message
