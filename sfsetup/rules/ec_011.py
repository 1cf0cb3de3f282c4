"""EC-011: principals without a clear order"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.external_credentials:
        principals = credential.principals
        seen: dict[int, str] = {}
        for principal in principals:
            number = principal.sequence
            told = None
            if number is None:
                told = f"gives principal {principal.name} no sequence number"
            elif number in seen:
                told = f"gives principals {seen[number]} and {principal.name} the same sequence number {number}"
            else:
                seen[number] = principal.name
            if told is not None:
                yield Problem(
                    credential,
                    told,
                    element=f"principal {principal.name}",
                    line=principal.line,
                    # the order of one is no question
                    severity=None if len(principals) > 1 else Severity.INFO,
                )


RULE = Rule(
    id="EC-011",
    title="Order of principals is unclear",
    severity=Severity.MEDIUM,
    category=Category.CORRECTNESS,
    applies_to=("ExternalCredential",),
    what="Two principals have the same sequenceNumber, or one has none. Info where there is only one principal.",
    why="The number decides which identity a user with several grants calls with.",
    fix="Give each principal a sequenceNumber of its own; 1 comes first.",
    example="<parameterType>NamedPrincipal</parameterType>\n<sequenceNumber>1</sequenceNumber>\n<!-- twice -->",
    sources=("Metadata API guide: meta_externalcredential (documented for NamedPrincipal; tried by nobody)",),
    check=check,
)
