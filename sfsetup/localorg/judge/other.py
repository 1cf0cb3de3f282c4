"""References of other types that a deploy of an integration meets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsetup.facts.flow_definition import FlowDefinition
from sfsetup.facts.permission_set_group import PermissionSetGroup
from sfsetup.localorg.judge.check import Check, Problem, Wording

if TYPE_CHECKING:
    from sfsetup.facts.base import Fact
    from sfsetup.localorg.judge.context import Context

GROUP_MEMBER = Check(
    "REF-01",
    "PermissionSetGroup",
    "In field: permissionSets - no PermissionSet named {name} found",
    "messages 1: the pattern, not seen with this field",
    Wording.PATTERN,
)
FLOW_VERSION = Check(
    "REF-02",
    "FlowDefinition",
    "Invalid version number: {number}",
    "messages 1 (gearset: flows and flow definitions)",
    Wording.VERBATIM,
)
NO_FLOW = Check(
    "REF-03",
    "FlowDefinition",
    "You can't create a flow definition directly through the API",
    "messages 1 (gearset: flows and flow definitions)",
    Wording.VERBATIM,
)

CHECKS = (GROUP_MEMBER, FLOW_VERSION, NO_FLOW)


def judge(fact: Fact, context: Context) -> Iterator[Problem]:
    """What is wrong with a permission set group or a flow definition."""
    if isinstance(fact, PermissionSetGroup):
        for name in fact.permission_sets:
            if "__" not in name and not context.is_named("PermissionSet", name):
                yield from context.report(GROUP_MEMBER, fact.line_of("permissionSets"), name=name)
    elif isinstance(fact, FlowDefinition):
        versions = {version.number for version in context.state.flows.versions(fact.full_name)}
        arrives = ("Flow", fact.full_name) in context.subjects
        if not versions and not arrives:
            yield from context.report(NO_FLOW, fact.line)
        elif fact.active_version and fact.active_version not in versions | _next(versions, arrives):
            line = fact.line_of("activeVersionNumber")
            yield from context.report(FLOW_VERSION, line, number=fact.active_version)


def _next(versions: set[int], arrives: bool) -> set[int]:
    """The version that the flow of the same deploy will be."""
    return {max(versions, default=0) + 1} if arrives else set()
