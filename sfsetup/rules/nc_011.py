"""NC-011: mocks, tunnels and bare addresses."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import is_development_host, is_ip_literal, is_placeholder_url, parse_url
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    production = context.is_production
    for credential in context.named_credentials:
        url = parse_url(credential.url)
        if url is None or is_placeholder_url(credential.url):
            continue
        if is_ip_literal(url):
            told = f"calls the address {url.host} instead of a name"
        elif is_development_host(url, context.settings.development_hosts):
            told = f"calls {url.host}, a host for development and mocks"
        else:
            continue
        severity = Severity.HIGH if production else None
        yield Problem(credential, told, element="Url", line=credential.url_line, severity=severity)


RULE = Rule(
    id="NC-011",
    title="Development or mock host",
    severity=Severity.MEDIUM,
    category=Category.TRANSPORT,
    applies_to=("NamedCredential",),
    what="The host is a tunnel, a request bin, a public mock, this machine, or an IP address. High in production.",
    why="Such hosts belong to whoever holds the name today; data and secrets sent there are given away.",
    fix="Use the vendor's own host; keep mocks to sandboxes.",
    example="<parameterValue>https://abc123.ngrok.io</parameterValue>",
    exceptions="Trainings use herokuapp.com. Add your own development hosts with development_hosts.",
    sources=("Seen in 18 of 177 public named credentials",),
    certainty=Certainty.SEEN,
    check=check,
)
