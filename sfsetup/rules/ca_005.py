"""CA-005: connected apps that external client apps replace."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import STRICT_ONLY, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    replaced = {part.app.lower() for part in context.facts.client_apps}
    for app in context.facts.connected_apps:
        if app.has_oauth:
            beside = "; an external client app of this name exists" if app.full_name.lower() in replaced else ""
            yield Problem(app, f"is a connected app{beside}", element="type", line=app.line_of("oauthConfig"))


RULE = Rule(
    id="CA-005",
    title="Connected app instead of an external client app",
    severity=Severity.INFO,
    category=Category.HYGIENE,
    profiles=STRICT_ONLY,
    applies_to=("ConnectedApp",),
    what="An OAuth client is a connected app.",
    why="Since Spring '26 new connected apps are restricted; Salesforce recommends external client apps.",
    fix="Make an external client app for new clients; plan the move of existing ones.",
    example="<ConnectedApp>\n    <oauthConfig>…</oauthConfig>\n</ConnectedApp>",
    exceptions="Existing apps keep working: it is information.",
    sources=("Salesforce Help: note on new connected apps, Spring '26",),
    check=check,
)
