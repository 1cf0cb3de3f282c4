"""FL-006: data of one environment, or of one person, written into a flow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfsetup.model.finding import Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.flow_literals import Literal, literals
from sfsetup.rules.hosts import is_placeholder_url, parse_url
from sfsetup.rules.model import STRICT_ONLY, Category, Problem, Rule, Verdict
from sfsetup.rules.secrets import is_salesforce_id

_PHONE = re.compile(r"\+[1-9]\d{7,14}\Z")
_MAIL = re.compile(r"[^@\s{}!]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\Z")
_ACCOUNT = re.compile(r"(?i)(?:sub)?(?:account|tenant|customer|merchant|organi[sz]ation|project)_?(?:id|sid|key)\Z")
_MERGE = ("{!", "$")


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow, _paths, _found in callouts(context):
        for literal in literals(flow):
            kind = kind_of(literal)
            if kind:
                yield Problem(
                    flow,
                    f"has a hard-coded {kind} in {literal.place}",
                    element=literal.place,
                    line=literal.line,
                    confidence=Confidence.MEDIUM if kind == "account id" else None,
                )


def kind_of(literal: Literal) -> str:
    """What the literal is; empty for nothing that belongs elsewhere. The value itself is never shown."""
    text = literal.text.strip()
    if any(sign in text for sign in _MERGE):
        return ""
    if _PHONE.match(text):
        return "phone number"
    if _MAIL.match(text):
        return "e-mail address"
    url = parse_url(text)
    if url is not None:
        return "" if is_placeholder_url(text) else f"URL ({url.host})"
    if len(text) == 18 and is_salesforce_id(text):
        return "Salesforce id"
    if _ACCOUNT.search(literal.name) and not re.search(r"\s", text):
        return "account id"
    return ""


RULE = Rule(
    id="FL-006",
    title="Data of one environment is hard-coded",
    severity=Severity.MEDIUM,
    category=Category.HYGIENE,
    profiles=STRICT_ONLY,
    applies_to=("Flow",),
    what=(
        "An input, assignment, constant or default value of a flow that calls out is a phone number, an e-mail "
        "address, a URL, a Salesforce id, or an account id of the vendor."
    ),
    why=(
        "Every environment has its own, so the flow that works in a sandbox reaches the wrong people in production; "
        "and personal data does not belong into metadata."
    ),
    fix="Read the value from custom metadata or a custom label, or make it an input of the flow.",
    example=(
        "<inputParameters>\n    <name>destination</name>\n"
        "    <value><stringValue>+12025550123</stringValue></value>\n</inputParameters>"
    ),
    exceptions="Numbers that are the same everywhere, such as a hotline. Ids count only with valid check characters.",
    sources=(
        "Seen in public flows: 38 phone numbers, 47 URLs",
        "Salesforce: 18-character ids carry three check characters",
    ),
    check=check,
)
