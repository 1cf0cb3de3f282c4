"""NC-017: slashes and base paths that double."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)
from sfsetup.rules.services import ServiceSchema


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.named_credentials:
        url = parse_url(credential.url)
        if url is None or url.query:
            continue
        path = url.path.rstrip("/")
        for service in context.registrations_of(credential) if path else ():
            told = _doubled(path, context.schema_of(service))
            if told:
                message = f"has a path in its URL, and the schema of {service.full_name} {told}"
                yield Problem(credential, message, element=f"path of {service.full_name}", line=credential.url_line)
        if url.text.endswith("/") and context.callers_of_credential(credential):
            message = "ends its URL with a slash, and the paths of its callers begin with one"
            yield Problem(credential, message, element="Url", line=credential.url_line)


def _doubled(path: str, schema: ServiceSchema) -> str | None:
    if schema.base_path:
        return f"adds {schema.base_path}"
    if schema.document is None:
        return None
    again = next((each.path for each in schema.document.operations if f"{each.path}/".startswith(f"{path}/")), None)
    return f"has it again in {again}" if again else None


RULE = Rule(
    id="NC-017",
    title="Path may be doubled",
    severity=Severity.INFO,
    certainty=Certainty.INFERRED,
    confidence=Confidence.MEDIUM,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="The URL ends with a slash, or has a path while the schema of an external service has a base path too or "
    "repeats that path in its own paths.",
    why="A call goes to URL + base path + path: what stands in two places is sent twice, and the vendor answers 404.",
    fix="Keep the path in one place, best in the schema, and end the URL without a slash.",
    example="<parameterValue>https://slack.com/api</parameterValue>\n<!-- and basePath /api in the schema -->",
    exceptions="Some servers take a double slash.",
    sources=("Inferred from pairs of public files",),
    check=check,
)
