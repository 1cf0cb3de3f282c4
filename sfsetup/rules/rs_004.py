"""RS-004: remote sites that nobody explained."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import is_development_host, parse_url
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for site in context.facts.remote_sites:
        if not site.is_active:
            continue
        url = parse_url(site.url)
        if url is not None and is_development_host(url, context.settings.development_hosts):
            yield Problem(site, f"opens {url.host}, a host for development", element="url", line=site.line_of("url"))
        elif not (site.description or "").strip():
            yield Problem(site, "is active and has no description", element="description")


RULE = Rule(
    id="RS-004",
    title="Remote site without an owner",
    severity=Severity.INFO,
    category=Category.DOCUMENTATION,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("RemoteSiteSetting",),
    what="An active remote site has no description, or opens a host of mocks, tunnels or request bins.",
    why="Nobody dares to remove what nobody can explain.",
    fix="Say in the description who calls the host and why, or delete the site.",
    example="<isActive>true</isActive>\n<!-- no description -->",
    exceptions="None; it is information.",
    sources=("Seen: 340 of 442 public remote sites", "Metadata API guide: meta_remotesitesetting"),
    check=check,
)
