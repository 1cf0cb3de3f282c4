"""ES-012: secrets in the examples of a schema"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)
from sfsetup.rules.schema_texts import texts


def check(context: AuditContext) -> Iterator[Verdict]:
    for service in context.facts.registrations:
        document = context.document_of(service)
        for text in texts(document.value) if document is not None else ():
            suspicion = context.secret(text.value, name=text.name if text.is_example else None)
            if suspicion is None or suspicion.placeholder or (text.is_example and _is_dummy(text.value)):
                continue
            if text.is_example and suspicion.confidence is not Confidence.HIGH:
                continue
            yield Problem(
                service,
                f"has what looks like a secret in its schema ({suspicion})",
                element=f"schema {text.pointer}",
                line=service.line_of("schema"),
                pointer=text.pointer,
                confidence=suspicion.confidence if not text.is_example else Confidence.MEDIUM,
            )


def _is_dummy(value: str) -> bool:
    """Words, dates and numbered samples: examples are there to be read."""
    return any(word in value.lower() for word in ("example", "sample", "test", "demo", "1234", "abcd", "xxxx"))


RULE = Rule(
    id="ES-012",
    title="Secret in the examples of a schema",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    category=Category.SECRET,
    applies_to=("ExternalServiceRegistration",),
    what="An example, default or description of the registered text holds a well-known token, or a secret by its name.",
    why="Somebody recorded a real request: the token is now readable by everybody who can read metadata.",
    fix="Revoke the token, take it out of the document, and register the document anew.",
    example='"example": {"api_key": "…"}',
    exceptions="Values that vendors made up for their documentation.",
    sources=("CWE-312",),
    certainty=Certainty.INFERRED,
    check=check,
)
