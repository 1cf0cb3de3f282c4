"""CS-001: trusted sites that trust too much."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for site in context.facts.csp_sites:
        if not site.is_active:
            continue
        line = site.line_of("endpointUrl")
        if "*" in site.url:
            yield Problem(site, f"trusts every host of {site.url}", element="wildcard", line=line)
        if site.url.lower().startswith(("http://", "ws://")):
            yield Problem(site, f"trusts {site.url} without encryption", element="scheme", line=line)
        if site.context == "All" and "ConnectSrc" in site.directives:
            yield Problem(
                site,
                f"lets scripts of every context send data to {site.url}",
                element="context",
                line=site.line_of("isApplicableToConnectSrc"),
            )


RULE = Rule(
    id="CS-001",
    title="Trusted site is wider than needed",
    severity=Severity.MEDIUM,
    category=Category.ACCESS,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("CspTrustedSite",),
    what="An active trusted site has a wildcard, an http URL, or context All together with connect-src.",
    why=(
        "Scripts in pages may then load from, or send data to, hosts that nobody chose. Trusted sites are for the "
        "browser alone: they never authorise a callout of the server, so none is needed for a named credential."
    ),
    fix="Name the host, use https, and choose the one context (LEX, Communities, VisualForce) that needs it.",
    example="<context>All</context>\n<endpointUrl>https://*.acme.com</endpointUrl>\n"
    "<isApplicableToConnectSrc>true</isApplicableToConnectSrc>",
    exceptions="Vendors whose hosts differ for every customer.",
    sources=("Metadata API guide: CspTrustedSite", "Seen: 8 wildcards and 3 http URLs among 86 public sites"),
    check=check,
)
