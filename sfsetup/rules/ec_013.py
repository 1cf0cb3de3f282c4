"""EC-013: the old form of grants, and missing words"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.model.finding import Certainty, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.external_credentials:
        for principal in credential.principals:
            if principal.permission_set:
                yield Problem(
                    credential,
                    f"grants principal {principal.name} to {principal.permission_set} in the form before API 58",
                    element=f"principal {principal.name}",
                    line=principal.line,
                )
        for element, text in (("label", credential.label), ("description", credential.description)):
            if not (text or "").strip():
                yield Problem(
                    credential,
                    f"has no {element}",
                    element=element,
                    severity=Severity.INFO,
                    fix=f"Write a {element}: which account it logs in to, and who owns it.",
                )


RULE = Rule(
    id="EC-013",
    title="Old form of a grant, or no description",
    severity=Severity.LOW,
    category=Category.DOCUMENTATION,
    applies_to=("ExternalCredential",),
    what="A principal names its permission set inside the external credential. Info: no label or no description.",
    why="Since API 58 grants stand in the permission set; a file of the old form grants nothing when deployed at a new "
    "version. A credential without description cannot be told from a leftover.",
    fix="Write externalCredentialPrincipalAccesses into the permission set, and drop the element principal.",
    example="<externalCredentialParameters>\n    <parameterType>NamedPrincipal</parameterType>\n"
    "    <principal>Apex_Agents</principal>\n</externalCredentialParameters>",
    exceptions="Files that are kept at API 56 or 57.",
    sources=("Seen: 5 principals in 5 repositories", "Metadata API WSDL 56 to 58"),
    certainty=Certainty.SEEN,
    check=check,
)
