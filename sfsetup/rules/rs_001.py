"""RS-001: remote sites that let data pass from https to http."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for site in context.facts.remote_sites:
        if site.disable_protocol_security:
            yield Problem(
                site,
                "lets code pass data between https and http" + ("" if site.is_active else " (the site is not active)"),
                element="disableProtocolSecurity",
                line=site.line_of("disableProtocolSecurity"),
                severity=None if site.is_active else Severity.LOW,
            )


RULE = Rule(
    id="RS-001",
    title="Remote site without protocol security",
    severity=Severity.HIGH,
    category=Category.TRANSPORT,
    applies_to=("RemoteSiteSetting",),
    what="disableProtocolSecurity is true. Low where the site is not active.",
    why=(
        "Code in an https session may then exchange data with an http session of the site, and with it anybody on the "
        "way. Salesforce's own words: only if you understand the implications."
    ),
    fix="Set disableProtocolSecurity to false and call the site by https.",
    example="<disableProtocolSecurity>true</disableProtocolSecurity>",
    exceptions="None known; six of 442 public remote sites have it on.",
    sources=(
        "Metadata API guide: meta_remotesitesetting",
        "PMD: AvoidDisableProtocolSecurityRemoteSiteSetting",
    ),
    check=check,
)
