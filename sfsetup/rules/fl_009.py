"""FL-009: flows of which no current version is active."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sfsetup.model.finding import Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Evidence, Problem, Rule, Unknown, Verdict

if TYPE_CHECKING:
    from sfsetup.facts.flow import Flow
    from sfsetup.model.snapshot import FlowVersions

_NOT_ACTIVE = ("Draft", "Obsolete", "InvalidDraft")
_VERSION = re.compile(r"-\d+\Z")
"""Before API 44.0 each version of a flow was a file of its own: `Send_SMS-3`."""


def check(context: AuditContext) -> Iterator[Verdict]:
    versions = {each.full_name.lower(): each for each in (context.evidence.flows or ())} if context.evidence else {}
    if context.evidence is not None and context.evidence.flows is None and context.facts.flows:
        yield Unknown(None, f"versions of flows: {context.why_not('flows')}")
    definitions = {each.full_name.lower(): each.active_version for each in context.facts.flow_definitions}
    active = {_name(flow) for flow in context.facts.flows if flow.is_active}
    for flow, _paths, _found in callouts(context):
        told = versions.get(_name(flow))
        message = _by_org(told) if told else _by_files(flow, definitions, active)
        if message:
            yield Problem(flow, message, element="status", line=flow.line_of("status"))


def _name(flow: Flow) -> str:
    return _VERSION.sub("", flow.full_name).lower()


def _by_org(versions: FlowVersions) -> str:
    if versions.active is None:
        return f"has no active version; the latest, {versions.latest}, is {versions.latest_status or 'not active'}"
    if versions.latest is not None and versions.latest > versions.active:
        return f"is active in version {versions.active}, and version {versions.latest} is newer"
    return ""


def _by_files(flow: Flow, definitions: Mapping[str, int | None], active: set[str]) -> str:
    name = _name(flow)
    if definitions.get(name):
        return ""
    if name in definitions:
        return "has no active version: its definition says so"
    if flow.status in _NOT_ACTIVE and name not in active:
        return f"is not active: its status is {flow.status}"
    return ""


RULE = Rule(
    id="FL-009",
    title="No current version of the flow is active",
    severity=Severity.LOW,
    category=Category.HYGIENE,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("Flow",),
    evidence=(Evidence.FILES, Evidence.ORG),
    what="Of a flow that calls out only a draft or an obsolete version exists, or a version newer than the active one.",
    why="Who reads the newest version reads what nobody runs; and a draft keeps operations and credentials in use.",
    fix="Activate the version that is meant, or delete the flow.",
    example="<status>Draft</status>",
    exceptions="Work that is staged on purpose.",
    sources=("Metadata API guide: meta_visual_workflow (status)", "Tooling API: FlowDefinition"),
    check=check,
)
