"""RS-002: remote sites without encryption."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.remote_site import RemoteSite
from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import is_placeholder_url, parse_url
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict

_FACTORY = ("ApexDevNet", "http://www.apexdevnet.com")
"""Every org is born with this one: 11 of 18 public http sites."""


def check(context: AuditContext) -> Iterator[Verdict]:
    for site in context.facts.remote_sites:
        url = parse_url(site.url)
        if url is None or url.scheme != "http" or is_placeholder_url(site.url):
            continue
        yield Problem(
            site,
            f"allows callouts to {url.origin} without encryption",
            element="url",
            line=site.line_of("url"),
            severity=_severity(site),
        )


def _severity(site: RemoteSite) -> Severity | None:
    if (site.full_name, site.url.rstrip("/")) == _FACTORY:
        return Severity.INFO
    return None if site.is_active else Severity.LOW


RULE = Rule(
    id="RS-002",
    title="Remote site by plain http",
    severity=Severity.HIGH,
    category=Category.TRANSPORT,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("RemoteSiteSetting",),
    what="The URL begins with http://. Low where the site is not active, info for ApexDevNet of every new org.",
    why="What Apex sends there, credentials included, can be read and changed on the way (CWE-319).",
    fix="Write https://, or delete the site if nothing calls it.",
    example="<url>http://api.acme.com</url>",
    exceptions="Servers of an own network that are reached by a tunnel.",
    sources=("CWE-319", "PMD: AvoidInsecureHttpRemoteSiteSetting"),
    check=check,
)
