"""CA-003: sessions without bounds."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import STRICT_ONLY, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for app in context.facts.connected_apps:
        yield from _judge(app, app.ip_relaxation, app.refresh_token_policy, "oauthPolicy/")
    for part in context.facts.client_apps:
        if part.part == "ExtlClntAppOauthConfigurablePolicies":
            yield from _judge(part, part.value("ipRelaxationPolicyType"), part.value("refreshTokenPolicyType"), "")


def _judge(app: object, relaxation: str | None, refresh: str | None, prefix: str) -> Iterator[Verdict]:
    line_of = getattr(app, "line_of")  # noqa: B009 both facts have it, and nothing else in common
    old = bool(prefix)
    if (relaxation or "").strip().upper() == "BYPASS":
        element = "ipRelaxation" if old else "ipRelaxationPolicyType"
        yield Problem(app, "relaxes all IP restrictions", element=element, line=line_of(prefix + element))
    if (refresh or "").strip().lower() == "infinite":
        element = "refreshTokenPolicy" if old else "refreshTokenPolicyType"
        yield Problem(app, "gives refresh tokens that never expire", element=element, line=line_of(prefix + element))


RULE = Rule(
    id="CA-003",
    title="Connected app sessions have no bounds",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    profiles=STRICT_ONLY,
    applies_to=("ConnectedApp", "ExternalClientApplication"),
    what="ipRelaxation is BYPASS, or refresh tokens are valid until they are revoked (infinite).",
    why="A token that gets lost works from anywhere, for ever.",
    fix="Enforce IP restrictions, and let refresh tokens expire when they are not used.",
    example="<oauthPolicy>\n    <ipRelaxation>BYPASS</ipRelaxation>\n"
    "    <refreshTokenPolicy>infinite</refreshTokenPolicy>\n</oauthPolicy>",
    exceptions="Unattended clients without a fixed address; infinite is what Salesforce proposes, 38 of 47 have it.",
    sources=("Metadata API guide: ConnectedApp (oauthPolicy)",),
    check=check,
)
