"""EC-010: identities of users behind flows that run without one"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfsetup.facts.flow import Flow
from sfsetup.model.finding import Certainty, Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.model import (
    Category,
    Problem,
    Rule,
    Verdict,
)


def check(context: AuditContext) -> Iterator[Verdict]:
    for credential in context.external_credentials:
        if not credential.is_per_user or any(each.type != "PerUserPrincipal" for each in credential.principals):
            continue
        flows = {
            call.flow.full_name: call.flow for call in context.graph.calls if call.external_credential is credential
        }
        if flows and all(_runs_unattended(context, flow) for flow in flows.values()):
            yield Problem(
                credential,
                f"has per-user principals only, and only flows that run by themselves call with it: {_first(flows)}",
                element="principals",
                line=credential.principals[0].line,
            )


def _first(flows: Mapping[str, Flow]) -> str:
    return ", ".join(sorted(flows)[:3])


def _runs_unattended(context: AuditContext, flow: Flow) -> bool:
    """Started by time, by an event or by a record; not by a user, and not by a flow that a user starts."""
    start = flow.start
    if start is None or not (start.is_record_triggered or start.trigger_type in ("Scheduled", "PlatformEvent")):
        return False
    return not any(caller.process_type == "Flow" for caller in context.graph.callers_of(flow))


RULE = Rule(
    id="EC-010",
    title="Per-user identity in flows without a user",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    certainty=Certainty.INFERRED,
    category=Category.RELIABILITY,
    applies_to=("ExternalCredential",),
    what="All principals are per user, and every flow that calls with them is started by a schedule, event or record.",
    why="Such flows may run as Automated Process or as another user, who has authenticated nowhere.",
    fix="Use a named principal for what runs by itself.",
    example="<parameterType>PerUserPrincipal</parameterType>\n<!-- and a flow with triggerType Scheduled -->",
    exceptions="Record-triggered flows whose users have all authenticated.",
    sources=("Inferred from xcloud.nc_understand_configuration_status (status per user)",),
    check=check,
)
