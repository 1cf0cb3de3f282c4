"""What can be known to fail before anything is sent: edition, rights, limits, users, the host of an environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from sfsetup.model.finding import Certainty, ComponentRef, Confidence, Finding, Severity, in_order
from sfsetup.model.snapshot import OrgSnapshot, UserState
from sfsetup.spec.model import IntegrationSpec

EDITIONS = ("Enterprise", "Performance", "Unlimited", "Developer")
"""Editions with External Services (the vendor guide's own prerequisites; reference 'metadata types' section 9)."""

_TEST_WORDS = ("sandbox", "test", "demo", "staging", "stage", "uat", "dev", "qa", "mock")
"""Words in a host that tell a test endpoint (reference 'vendors' section 4)."""


def preflight(spec: IntegrationSpec, snapshot: OrgSnapshot) -> tuple[Finding, ...]:
    """Findings about the org and the spec together; high ones stop a deploy."""
    return in_order(
        [
            *_edition(snapshot),
            *_version(spec, snapshot),
            *_rights(snapshot),
            *_limits(spec, snapshot),
            *_users(spec, snapshot),
            *_host(spec, snapshot),
        ]
    )


def _edition(snapshot: OrgSnapshot) -> Iterator[Finding]:
    edition = snapshot.org.edition
    if edition and not edition.startswith(EDITIONS):
        yield Finding(
            rule="PF-001",
            severity=Severity.HIGH,
            message=f"{edition} has no External Services.",
            fix=f"Use an org of {', '.join(EDITIONS[:-1])} or {EDITIONS[-1]} Edition.",
        )


def _version(spec: IntegrationSpec, snapshot: OrgSnapshot) -> Iterator[Finding]:
    floor = 60.0 if spec.external_credential.protocol == "basic" else 59.0
    if float(snapshot.org.api_version) < floor:
        yield Finding(
            rule="PF-002",
            severity=Severity.HIGH,
            message=f"The org's newest API version is {snapshot.org.api_version}; this integration needs {floor}.",
            fix="Wait for the org's next release, or use another org.",
        )
    if spec.api_version and float(spec.api_version) > float(snapshot.org.api_version):
        yield Finding(
            rule="PF-002",
            severity=Severity.HIGH,
            message=f"api_version is {spec.api_version}; the org offers {snapshot.org.api_version} at most.",
            fix="Lower api_version, or leave it out: then the org's own is used.",
            file=str(spec.path),
            line=spec.line("/api_version"),
            pointer="/api_version",
        )


def _rights(snapshot: OrgSnapshot) -> Iterator[Finding]:
    for right in snapshot.missing_rights:
        reading = right.lower().startswith("view setup")
        what = "read the org's configuration; what it does not show counts as unknown" if reading else "deploy this"
        yield Finding(
            rule="PF-003",
            severity=Severity.HIGH,
            element=right,
            message=f"{snapshot.org.username} lacks the permission {right!r}, which is needed to {what}.",
            fix=f"Give {snapshot.org.username} {right!r} by a permission set or profile.",
        )


def _limits(spec: IntegrationSpec, snapshot: OrgSnapshot) -> Iterator[Finding]:
    ref = ComponentRef("ExternalServiceRegistration", spec.service.name)
    wanted = 0 if ref in snapshot.components else 1
    for name, (maximum, remaining) in sorted(snapshot.limits.items()):
        needed = 0
        if "registration" in name.lower():
            needed = wanted
        elif "operation" in name.lower():
            needed = len(spec.operations)
        if needed and wanted and remaining < needed:
            yield Finding(
                rule="PF-004",
                severity=Severity.HIGH,
                element=name,
                message=f"The org's limit {name} is reached: {remaining} of {maximum} left, {needed} needed.",
                fix="Remove registrations or operations that nothing uses, or ask Salesforce for more.",
            )
        elif name == "DailyApiRequests" and remaining < _REQUESTS_OF_A_DEPLOY:
            yield Finding(
                rule="PF-004",
                severity=Severity.MEDIUM,
                element=name,
                message=f"Only {remaining} of {maximum} API requests are left today.",
                fix="Deploy after the limit has recovered.",
            )


_REQUESTS_OF_A_DEPLOY = 60


def _users(spec: IntegrationSpec, snapshot: OrgSnapshot) -> Iterator[Finding]:
    for user in snapshot.users:
        if user.id is None:
            yield _user(
                spec, user, Severity.HIGH, "PF-005", "does not exist in the org", "Correct the name under assign."
            )
        elif not user.is_active:
            yield _user(spec, user, Severity.HIGH, "PF-005", "is not active", "Activate the user or remove the name.")
        elif user.can_run_flows is False and not spec.permission_set.run_flows:
            yield _user(
                spec,
                user,
                Severity.MEDIUM,
                "PF-006",
                "has no Run Flows, and permission_set.run_flows is false",
                "Give Run Flows by another permission set, or set permission_set.run_flows: true.",
            )


def _user(spec: IntegrationSpec, user: UserState, severity: Severity, rule: str, what: str, fix: str) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=f"User {user.username} {what}.",
        fix=fix,
        element=user.username,
        file=str(spec.path),
        line=spec.line("/assign"),
        pointer="/assign",
    )


def _host(spec: IntegrationSpec, snapshot: OrgSnapshot) -> Iterator[Finding]:
    if spec.environment is None:
        return
    host = (urlsplit(spec.named_credential.url).hostname or "").lower()
    words = [word for word in _TEST_WORDS if word in _words(host)]
    place = {
        "file": str(spec.path),
        "line": spec.line("/named_credential/url"),
        "pointer": spec.pointer("/named_credential/url"),
    }
    if snapshot.org.type.is_production and words:
        yield Finding(
            rule="PF-007",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            certainty=Certainty.INFERRED,
            message=f"Environment {spec.environment} is production and calls {host}, which looks like a test host.",
            fix="Check named_credential.url of this environment.",
            **place,  # type: ignore[arg-type]
        )
    production = {
        (urlsplit(str(url)).hostname or "").lower()
        for name, environment in spec.environments.items()
        if environment.match.org_id and name != spec.environment
        for url in [_override(environment.overrides)]
        if url
    }
    if not snapshot.org.type.is_production and host in production and not words:
        yield Finding(
            rule="PF-007",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            certainty=Certainty.INFERRED,
            message=f"Environment {spec.environment} is a test org and calls {host}, production's own host.",
            fix="Give this environment its own named_credential.url, if the vendor has a test host.",
            **place,  # type: ignore[arg-type]
        )


def _override(overrides: object) -> str | None:
    credential = overrides.get("named_credential") if isinstance(overrides, Mapping) else None
    url = credential.get("url") if isinstance(credential, Mapping) else None
    return str(url) if url else None


def _words(host: str) -> Iterable[str]:
    text = host
    for separator in ".-_0123456789":
        text = text.replace(separator, " ")
    return text.split()


def blocking(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that stop a deploy: high and above."""
    return tuple(finding for finding in findings if finding.severity.at_least(Severity.HIGH))
