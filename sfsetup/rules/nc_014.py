"""NC-014: URLs that still have to be filled in."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import is_placeholder_url
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.named_credentials:
        if is_placeholder_url(credential.url):
            yield Problem(credential, "has a URL that is still a placeholder", element="Url", line=credential.url_line)


RULE = Rule(
    id="NC-014",
    title="URL is a placeholder",
    severity=Severity.HIGH,
    category=Category.CORRECTNESS,
    profiles=EVERY_PROFILE,
    applies_to=("NamedCredential",),
    what="The URL holds {{…}}, ${…}, __X__, {variable}, or a host that is reserved for examples.",
    why="It deploys without a word and fails at the first call.",
    fix="Write the real URL.",
    example="<parameterValue>https://{{host}}/v1</parameterValue>",
    exceptions="Folders of templates: list them in ignore_paths.",
    sources=("RFC 2606, RFC 6761", "Seen in 8 of 177 public named credentials"),
    certainty=Certainty.SEEN,
    check=check,
)
