"""PS-011: sets for callouts that nobody described"""

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
    for each in context.facts.permission_sets:
        if not any(access.enabled for access in each.principals):
            continue
        if not (each.description or "").strip():
            yield Problem(each, "enables a principal and has no description", element="description")
        if each.has_activation_required:
            yield Problem(
                each,
                "enables a principal in activated sessions only: runs in the background have none",
                element="hasActivationRequired",
                line=each.line_of("hasActivationRequired"),
            )


RULE = Rule(
    id="PS-011",
    title="Permission set with a principal is undescribed or session-based",
    severity=Severity.LOW,
    category=Category.DOCUMENTATION,
    applies_to=("PermissionSet",),
    what="A permission set enables a principal and has no description, or hasActivationRequired is true.",
    why="Nobody can tell whom it is meant for; and a session-based set gives nothing to flows that run by themselves.",
    fix="Describe which integration it is for and who is to have it; set hasActivationRequired to false.",
    example="<hasActivationRequired>true</hasActivationRequired>",
    exceptions="Session-based sets for people who call from a screen.",
    sources=("Metadata API guide: meta_permissionset",),
    check=check,
)
