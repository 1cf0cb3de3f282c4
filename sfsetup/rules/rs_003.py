"""RS-003: remote sites beside named credentials."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    by_host: dict[str, str] = {}
    for credential in context.facts.named_credentials:
        url = parse_url(credential.url)
        if url is not None:
            by_host.setdefault(url.host, credential.full_name)
    called = {
        url.host for source in context.facts.apex for mention in source.endpoints if (url := parse_url(mention.name))
    }
    for site in context.facts.remote_sites:
        url = parse_url(site.url)
        if url is None or not site.is_active or url.host not in by_host or url.host in called:
            continue
        yield Problem(
            site,
            f"opens {url.host}, which named credential {by_host[url.host]} already leads to",
            element="url",
            line=site.line_of("url"),
            confidence=Confidence.HIGH if context.has_apex else Confidence.LOW,
        )


RULE = Rule(
    id="RS-003",
    title="Remote site beside a named credential",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    category=Category.HYGIENE,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("RemoteSiteSetting",),
    what="An active remote site opens the host of a named credential, and no Apex that was read names a URL of it.",
    why="Callouts through named credentials need no remote site: what is left allows calls past the credential.",
    fix="Deactivate the remote site, see that nothing fails, and delete it.",
    example="<RemoteSiteSetting>\n    <url>https://api.acme.com</url>\n</RemoteSiteSetting>",
    exceptions="Apex that puts its URL together at run time; low confidence where no Apex was read.",
    sources=("Salesforce Help: xcloud.nc_parts_of_nc", "Seen: 21 hosts in public repositories"),
    check=check,
)
