"""CA-004: consumer secrets in files."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.base import Fact
from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import EVERY_PROFILE, Category, Problem, Rule, Verdict
from sfsetup.rules.secrets import mark


def check(context: AuditContext) -> Iterator[Verdict]:
    for app in context.facts.connected_apps:
        yield from _judge(context, app, app.consumer_secret, "oauthConfig/consumerSecret")
    for part in context.facts.client_apps:
        yield from _judge(context, part, part.value("consumerSecret"), "consumerSecret")
    for provider in context.facts.auth_providers:
        yield from _judge(context, provider, provider.consumer_secret, "consumerSecret")


def _judge(context: AuditContext, fact: Fact, value: str | None, element: str) -> Iterator[Verdict]:
    text = (value or "").strip()
    if not text:
        return
    found = context.secret(text, name="consumerSecret")
    stand_in = found is not None and found.placeholder
    told = str(found) if found is not None else f"{len(text)} characters, fingerprint {mark(text, context.report_key)}"
    yield Problem(
        fact,
        f"holds its consumer secret in the file: {told}",
        element="consumerSecret",
        line=fact.line_of(element),
        severity=Severity.INFO if stand_in else None,
    )


RULE = Rule(
    id="CA-004",
    title="Consumer secret in a file",
    severity=Severity.CRITICAL,
    category=Category.SECRET,
    profiles=EVERY_PROFILE,
    applies_to=("ConnectedApp", "ExternalClientApplication", "AuthProvider"),
    what="consumerSecret has a value. Info for placeholders.",
    why="Orgs do not give it back, so somebody typed it in: whoever reads the file or its history has it.",
    fix="Take the element out of the file and its history, and rotate the secret.",
    example="<consumerSecret>…</consumerSecret>",
    exceptions="Placeholders that a deployment fills in.",
    sources=("CWE-798", "Metadata API guide: ConnectedApp (consumerSecret is write-only)"),
    check=check,
)
