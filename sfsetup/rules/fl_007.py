"""FL-007: secrets in flows."""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.flow import Flow
from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_literals import literals
from sfsetup.rules.model import EVERY_PROFILE, Category, Problem, Rule, Verdict


def check(context: AuditContext) -> Iterator[Verdict]:
    for flow in context.facts.flows:
        if flow.may_hold_secret:
            yield from _judge(context, flow)


def _judge(context: AuditContext, flow: Flow) -> Iterator[Verdict]:
    seen: set[str] = set()
    for literal in literals(flow):
        found = context.secret(literal.text, name=literal.name)
        if found is not None:
            seen.add(literal.text)
            yield Problem(
                flow,
                f"holds a secret in {literal.place}: {found}",
                element=literal.place,
                line=literal.line,
                confidence=found.confidence,
                severity=Severity.INFO if found.placeholder else None,
            )
    for text in flow.texts:
        # labels are never looked at: generic shapes were found in interview labels of public flows
        if text.text in seen:
            continue
        found = context.secret(text.text)
        if found is not None:
            seen.add(text.text)
            where = f"{text.owner} ({text.element})" if text.owner else text.element
            yield Problem(
                flow,
                f"holds a secret in {where}: {found}",
                element=f"{text.element} of {text.owner}" if text.owner else text.element,
                line=text.line,
                confidence=found.confidence,
            )


RULE = Rule(
    id="FL-007",
    title="Secret in a flow",
    severity=Severity.CRITICAL,
    category=Category.SECRET,
    profiles=EVERY_PROFILE,
    applies_to=("Flow",),
    what=(
        "A literal, a formula or a text template of any flow holds what looks like a token, or stands in a field that "
        "is named after a secret. Info for placeholders."
    ),
    why="Whoever may open the flow, retrieve metadata or read the repository has the secret.",
    fix="Move the secret to a principal of an external credential, and have the vendor issue a new one.",
    example="<value><stringValue>xoxb-…</stringValue></value>",
    exceptions="Labels and names are not looked at. Base64 of anything but a signed token is not meant.",
    sources=("Seen: tokens of a chat vendor in four flows of a public repository", "CWE-798"),
    check=check,
)
