"""NC-010: hosts that nobody allowed."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import matches_host, parse_url
from sfsetup.rules.model import (
    Category,
    NotApplicable,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    allowed = context.settings.allowed_hosts
    if not allowed:
        yield NotApplicable("no allowed_hosts are configured")
        return
    for credential in context.named_credentials:
        url = parse_url(credential.url)
        if url is None or matches_host(url, allowed):
            continue
        yield Problem(
            credential, f"calls {url.host}, which is not on the list of hosts", element="Url", line=credential.url_line
        )


RULE = Rule(
    id="NC-010",
    title="Host is not on the allow-list",
    severity=Severity.HIGH,
    category=Category.TRANSPORT,
    applies_to=("NamedCredential",),
    what="The host of the URL matches no entry of allowed_hosts (`name`, `*.suffix`, `name:port`). Off without a list.",
    why="A named credential is an approved way out of the org; the list says which destinations were approved.",
    fix="Remove the credential, or add the host to allowed_hosts once somebody has approved it.",
    example='[audit]\nallowed_hosts = ["sms.8x8.com", "*.acme.com"]',
    sources=("Policy of the organisation, by configuration",),
    check=check,
)
