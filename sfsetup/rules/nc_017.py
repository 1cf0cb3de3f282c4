"""NC-017: slashes and base paths that double."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    STRICT_ONLY,
    Category,
    Evidence,
    NotApplicable,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.named_credentials:
        url = parse_url(credential.url)
        if url is None:
            continue
        services = context.registrations_of(credential)
        twice = [service for service in services if url.path.strip("/") and (service.base_path or "").strip("/")]
        if twice:
            yield Problem(
                credential,
                f"has the path {url.path}, and the schema of {twice[0].full_name} adds {twice[0].base_path}",
                element="Url",
                line=credential.url_line,
            )
        elif services and credential.url.rstrip().endswith("/"):
            yield Problem(
                credential, "ends with a slash, and paths begin with one", element="Url", line=credential.url_line
            )


RULE = Rule(
    id="NC-017",
    title="Path may be doubled",
    severity=Severity.INFO,
    certainty=Certainty.INFERRED,
    confidence=Confidence.MEDIUM,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="The URL ends with a slash, or has a path while the schema of an external service has a base path too.",
    why="A call goes to URL + base path + path: what stands in two places is sent twice, and the vendor answers 404.",
    fix="Keep the path in one place, best in the schema, and end the URL without a slash.",
    example="<parameterValue>https://slack.com/api</parameterValue>\n<!-- and basePath /api in the schema -->",
    exceptions="Some servers take a double slash.",
    sources=("Inferred from pairs of public files",),
    check=check,
)
