"""SM-002: endpoints written into Apex."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict

_TESTS = re.compile(r"(?:^Test|Tests?$|_Test|Mock)")
# names of XML and JSON vocabularies, and scopes of OAuth: they look like URLs and are never called
_VOCABULARIES = re.compile(
    r"(?i)(?:^|\.)(?:w3\.org|xmlsoap\.org|purl\.org|schema\.org|json-schema\.org|oasis-open\.org|openxmlformats\.org"
    r"|tempuri\.org|soap\.sforce\.com)$"
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for source in context.facts.apex:
        if not source.makes_callouts or _TESTS.search(source.full_name):
            continue
        seen = set()
        for mention in source.endpoints:
            url = parse_url(mention.name)
            if url is None or url.host in seen or "." not in url.host or _is_name(url.host, url.path):
                continue
            seen.add(url.host)
            yield Problem(
                source,
                f"calls out and names {url.host} itself",
                element=f"endpoint {url.host}",
                line=mention.line,
            )


def _is_name(host: str, path: str) -> bool:
    return _VOCABULARIES.search(host) is not None or (host.endswith("googleapis.com") and path.startswith("/auth/"))


RULE = Rule(
    id="SM-002",
    title="Endpoint hard-coded in Apex",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.HYGIENE,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("ApexClass", "ApexTrigger"),
    what="A class that makes callouts has the URL of a host in a literal, not `callout:` and a credential.",
    why="The call passes by named credentials: no switch, no permission, no certificate, no URL per sandbox.",
    fix="Make a named credential and call `callout:Name/path`.",
    example="request.setEndpoint('https://api.acme.com/v1/orders');",
    exceptions="URLs that are data and not called. Tests and names of XML vocabularies are left out.",
    sources=("Apex guide: apex_callouts_named_credentials",),
    check=check,
)
