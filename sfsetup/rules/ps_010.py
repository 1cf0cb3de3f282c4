"""PS-010: callers who may not run the flow"""

from __future__ import annotations

from collections.abc import Iterator

from sfsetup.facts.external_credential import ExternalCredential
from sfsetup.facts.flow import Flow
from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.access import sets_of, some, sources, users_of
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    EVERY_PROFILE,
    Category,
    Evidence,
    Problem,
    Rule,
    Unknown,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    calling: dict[int, dict[str, Flow]] = {}
    for call in context.graph.calls:
        if call.external_credential is not None:
            calling.setdefault(id(call.external_credential), {})[call.flow.full_name] = call.flow
    for credential in context.external_credentials:
        flows = calling.get(id(credential), {})
        for flow in flows.values():
            yield from _restricted(context, credential, flow)
        if flows and context.evidence is not None:
            yield from _cannot_run(context, credential)


def _restricted(context: AuditContext, credential: ExternalCredential, flow: Flow) -> Iterator[Verdict]:
    """A flow that asks for access of its own, which no set gives, although sets for its principals are there."""
    granting = any(sources(context, credential, each) for each in credential.principals)
    holders = (*context.facts.permission_sets, *context.facts.profiles)
    if not flow.needs_permission or not granting or any(each.grants_flow(flow.full_name) for each in holders):
        return
    yield Problem(
        flow,
        "asks for access of its own, and no permission set here gives it",
        element="isAdditionalPermissionRequiredToRun",
        line=flow.line_of("isAdditionalPermissionRequiredToRun"),
        confidence=None if context.is_complete("PermissionSet") else Confidence.LOW,
    )


def _cannot_run(context: AuditContext, credential: ExternalCredential) -> Iterator[Verdict]:
    found = [source for principal in credential.principals for source in sources(context, credential, principal)]
    users = users_of(context, found) if found else {}
    running = context.org.run_flow_grants
    if users is None or running is None:
        part = "assignments" if users is None else "run_flow_grants"
        yield Unknown(credential, f"Run Flows: {context.why_not(part)}")
        return
    may = {name.lower() for name in running}
    lacking = []
    for username, row in users.items():
        if not row.flow_user and not may & sets_of(context, username) and (row.profile or "").lower() not in may:
            lacking.append(username)
    if lacking:
        yield Problem(
            credential,
            f"may be used by {len(users)} users, of whom {len(lacking)} lack Run Flows: {some(lacking)}",
            element="Run Flows",
        )


RULE = Rule(
    id="PS-010",
    title="Callers may not run the flow",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    category=Category.ACCESS,
    profiles=EVERY_PROFILE,
    applies_to=("ExternalCredential",),
    evidence=(Evidence.FILES, Evidence.ORG),
    what=(
        "Users hold a principal that flows call with, but no permission set or profile of theirs gives Run Flows; or "
        "the flow asks for access of its own and no permission set gives it."
    ),
    why="Access to a flow alone does not run it, and a restricted flow asks for that access in addition.",
    fix="Put Run Flows, and for a restricted flow its flowAccesses, into the permission set with the principal.",
    example="<isAdditionalPermissionRequiredToRun>true</isAdditionalPermissionRequiredToRun>\n"
    "<!-- and no flowAccesses for the flow -->",
    exceptions="The user's box Flow User does as well as Run Flows. Flows that run by themselves.",
    sources=(
        "Salesforce Help: platform.flow_distribute_security",
        "Seen: a user with access to the flow alone could not run it",
    ),
    certainty=Certainty.SEEN,
    check=check,
)
