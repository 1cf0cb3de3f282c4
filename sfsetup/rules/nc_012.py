"""NC-012: several credentials for one endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.named_credential import NamedCredential
from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import is_placeholder_url, parse_url
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    groups: dict[tuple[str, str], list[NamedCredential]] = {}
    for credential in context.named_credentials:
        url = parse_url(credential.url)
        if url is not None and not is_placeholder_url(credential.url):
            groups.setdefault((url.origin, url.path.rstrip("/")), []).append(credential)
    for members in groups.values():
        settings = {(each.external_credential, each.legacy.get("protocol"), each.is_legacy) for each in members}
        if len(settings) < 2:
            continue
        for member in members:
            others = ", ".join(other.full_name for other in members if other is not member)
            message = f"leads to the same URL as {others}, by other settings"
            yield Problem(member, message, element="Url", line=member.url_line)


RULE = Rule(
    id="NC-012",
    title="Several named credentials for one endpoint",
    severity=Severity.LOW,
    category=Category.HYGIENE,
    applies_to=("NamedCredential",),
    what="Two credentials have the same scheme, host and path and different authentication.",
    why="Often the leftover of a migration: two secrets to rotate, and callers that use the wrong one.",
    fix="Move the callers to one credential and delete the other. One external credential may serve many.",
    example="<!-- Acme (legacy) and Acme_New both lead to https://api.acme.com -->",
    exceptions="Different certificates or accounts on purpose.",
    sources=("Salesforce Help: xcloud.nc_parts_of_nc", "Seen: 15 groups in 10 repositories"),
    certainty=Certainty.SEEN,
    check=check,
)
