"""GN-001: names that say another environment than the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfsetup.facts.base import Fact
from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.hosts import parse_url
from sfsetup.rules.model import STRICT_ONLY, Category, Problem, Rule, Verdict

_PRODUCTION = frozenset(("prod", "production", "live", "prd"))
_OTHER = frozenset(
    (
        "sandbox",
        "sbx",
        "test",
        "testing",
        "uat",
        "qa",
        "dev",
        "develop",
        "development",
        "staging",
        "stage",
        "stg",
        "demo",
    )
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.facts.named_credentials:
        yield from _judge(credential, credential.label, credential.url, credential.url_line)
    for site in context.facts.remote_sites:
        yield from _judge(site, None, site.url, site.line_of("url"))


def _judge(fact: Fact, label: str | None, text: str | None, line: int | None) -> Iterator[Verdict]:
    url = parse_url(text)
    if url is None:
        return
    named = words(f"{fact.full_name} {label or ''}")
    hosted = words(url.host)
    for said, other in ((_PRODUCTION, _OTHER), (_OTHER, _PRODUCTION)):
        if named & said and hosted & other and not named & other and not hosted & said:
            yield Problem(
                fact,
                f"is called {min(named & said)} and leads to {url.host}",
                element="environment",
                line=line,
            )


def words(text: str) -> frozenset[str]:
    """Words of a name or a host, lower-case: `ProdOrders_API` has prod, orders, api."""
    return frozenset(word.lower() for word in _WORD.findall(text))


RULE = Rule(
    id="GN-001",
    title="Name and host say different environments",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.CORRECTNESS,
    profiles=STRICT_ONLY,
    applies_to=("NamedCredential", "RemoteSiteSetting"),
    what="A name or label says production and the host says sandbox, test or the like; or the other way round.",
    why="It is what copying leaves behind: the name promises one system, and the data goes to another.",
    fix="Correct the URL or the name.",
    example="<label>Orders Production</label>\n<parameterValue>https://sandbox.orders.acme.com</parameterValue>",
    exceptions="Words that are names: a product called Live.",
    sources=("Inferred",),
    check=check,
)
