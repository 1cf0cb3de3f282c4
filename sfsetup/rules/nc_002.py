"""NC-002: cleartext endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import is_placeholder_url, parse_url
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
        if url is None or url.scheme != "http" or is_placeholder_url(credential.url):
            continue
        public = context.needs_no_secret(credential)
        yield Problem(
            credential,
            f"calls {url.place} without encryption",
            element="Url",
            line=credential.url_line,
            severity=Severity.MEDIUM if public else None,
        )


RULE = Rule(
    id="NC-002",
    title="Named credential calls a plain http endpoint",
    severity=Severity.HIGH,
    category=Category.TRANSPORT,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="The URL begins with http://. Medium where the credential authenticates nobody.",
    why="Whatever the credential adds to the request, the secret included, can be read on the way (CWE-319).",
    fix="Write https:// and see that the server takes it.",
    example="<parameterType>Url</parameterType>\n<parameterValue>http://api.acme.com</parameterValue>",
    exceptions="A URL that is still a placeholder is NC-014.",
    sources=("CWE-319", "Metadata API guide: meta_namedcredential"),
    check=check,
)
