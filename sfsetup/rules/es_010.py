"""ES-010: schemas that speak of another host"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.registration import ExternalServiceRegistration
from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import is_placeholder_url, parse_url
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for service in context.facts.registrations:
        schema = context.schema_of(service)
        if schema.document is None:
            continue
        named = next((each.url for each in schema.document.servers if each.url.lower().startswith("callout:")), None)
        if named is not None:
            yield Problem(
                service,
                f"has the server URL {named} in its schema: with a named credential such calls are malformed",
                element="servers",
                line=service.line_of("schema"),
                severity=Severity.HIGH,
            )
        told = _other_host(context, service)
        if told:
            yield Problem(service, told, element="host", line=service.line_of("schema"))


def _other_host(context: AuditContext, service: ExternalServiceRegistration) -> str | None:
    credential = context.graph.named_credential_of(service)
    url = parse_url(credential.url) if credential else None
    if credential is None or url is None or is_placeholder_url(credential.url):
        return None
    hosts = [each.host for each in context.schema_of(service).urls if not is_placeholder_url(each.text)]
    if not hosts or url.host in hosts:
        return None
    return f"describes {hosts[0]}, and {credential.full_name} calls {url.host}"


RULE = Rule(
    id="ES-010",
    title="Schema and named credential name different hosts",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.CORRECTNESS,
    applies_to=("ExternalServiceRegistration",),
    what="No server of the schema has the host of the named credential. High: a server URL begins with callout:.",
    why="The named credential decides. Another host often means another region or a test system.",
    fix="Write the host that is meant into the named credential; it does not matter for calls what the schema says.",
    example='"servers": [{"url": "https://sms.8x8.uk"}]\n<!-- and a named credential on https://sms.8x8.com -->',
    exceptions="Vendors with one document for all regions, and gateways in front of a service.",
    sources=("Inferred from pairs of public files", "Seen: 'The named callout URL: … is malformed'"),
    check=check,
)
