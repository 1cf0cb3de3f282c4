"""NC-015: credentials inside a URL."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url, secret_parts
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.named_credentials:
        url = parse_url(credential.url)
        if url is None:
            continue
        for part in secret_parts(url):
            message = f"carries a credential in its URL ({part})"
            yield Problem(credential, message, element=part, line=credential.url_line)
        # addresses of incoming webhooks are secrets by themselves
        suspicion = context.secret(url.path) or context.secret(url.text.partition("?")[0])
        if suspicion is not None and not url.has_user:
            message = f"carries a credential in the path of its URL ({suspicion})"
            yield Problem(credential, message, element="path", line=credential.url_line)


RULE = Rule(
    id="NC-015",
    title="Credential in the URL",
    severity=Severity.HIGH,
    category=Category.SECRET,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="The URL has user information, a query key such as token, key or sig with a value, or a token in its path, as "
    "the addresses of incoming webhooks do.",
    why="URLs stand in logs of every machine on the way, and in metadata that anybody with View Setup can read.",
    fix="Store the value as a parameter of a principal and send it in a header; then rotate it.",
    example="<parameterValue>https://api.acme.com/v1?api_key=…</parameterValue>",
    exceptions="Public keys by design.",
    sources=("CWE-598",),
    check=check,
)
