"""CA-001: connected apps that may do everything."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict

_SCOPES = ("commaSeparatedOauthScopes", "commaSeperatedOauthScopes")
"""The second is how some API versions spell it (WSDL)."""


def check(context: AuditContext) -> Iterator[Verdict]:
    for app in context.facts.connected_apps:
        if "Full" in app.scopes:
            yield Problem(app, "gives the scope Full", element="scope Full", line=app.line_of("oauthConfig/scopes"))
    for part in context.facts.client_apps:
        for element in _SCOPES:
            if "Full" in (part.value(element) or "").replace(" ", "").split(","):
                yield Problem(part, "gives the scope Full", element="scope Full", line=part.line_of(element))


RULE = Rule(
    id="CA-001",
    title="Connected app with full access",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("ConnectedApp", "ExternalClientApplication"),
    what="The OAuth scopes of a connected app or external client app contain Full.",
    why="A token that gets lost is then worth as much as its user's login.",
    fix="Give the scopes that the client uses, as a rule Api and RefreshToken.",
    example="<oauthConfig>\n    <scopes>Full</scopes>\n</oauthConfig>",
    exceptions="Clients that act for the user in every part of the platform.",
    sources=("PMD: LimitConnectedAppScope", "Seen: 31 of 50 public connected apps"),
    check=check,
)
