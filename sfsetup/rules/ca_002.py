"""CA-002: codes and tokens that come back without encryption."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict

_OWN_MACHINE = ("localhost", "127.0.0.1", "::1", "[::1]")


def check(context: AuditContext) -> Iterator[Verdict]:
    for app in context.facts.connected_apps:
        yield from (
            Problem(app, message, element=element, line=app.line_of("oauthConfig/callbackUrl"))
            for message, element in _judge(app.callback_urls)
        )
    for part in context.facts.client_apps:
        yield from (
            Problem(part, message, element=element, line=part.line_of("callbackUrl"))
            for message, element in _judge((part.value("callbackUrl") or "").split())
        )


def _judge(urls: tuple[str, ...] | list[str]) -> Iterator[tuple[str, str]]:
    for text in urls:
        url = parse_url(text)
        if url is not None and url.scheme == "http" and url.host not in _OWN_MACHINE:
            yield f"takes its OAuth answers at {url.origin} without encryption", f"callbackUrl {url.host}"


RULE = Rule(
    id="CA-002",
    title="Callback URL by plain http",
    severity=Severity.MEDIUM,
    category=Category.TRANSPORT,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("ConnectedApp", "ExternalClientApplication"),
    what="A callback URL begins with http:// and does not lead to the user's own machine.",
    why="Authorization codes and tokens can be read on the way.",
    fix="Write https://.",
    example="<callbackUrl>http://app.acme.com/callback</callbackUrl>",
    exceptions="http://localhost, with or without a port, is how command line clients work.",
    sources=("PMD: UseHttpsCallbackUrlConnectedApp", "Seen: 5 of 50 public connected apps"),
    check=check,
)
