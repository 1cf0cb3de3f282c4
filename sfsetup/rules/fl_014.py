"""FL-014: callouts that strangers can start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfsetup.facts.flow import Flow
from sfsetup.facts.graph import same_name
from sfsetup.model.finding import Confidence, Severity
from sfsetup.rules.context import AuditContext
from sfsetup.rules.flow_calls import callouts
from sfsetup.rules.model import DEFAULT_AND_STRICT, Category, Evidence, NotApplicable, Problem, Rule, Unknown, Verdict

_GUEST_LICENSE = "Guest"
"""Licenses of guest profiles are called `Guest User License`, or end in it."""


def check(context: AuditContext) -> Iterator[Verdict]:
    exposed = _exposed(context)
    if exposed is None:
        if context.evidence is None:
            yield NotApplicable("no profile of guests is among the files")
        else:
            yield Unknown(None, context.why_not("sites"))
        return
    for flow, _paths, found in callouts(context):
        profiles = [
            profile for profile, flows in exposed.items() if any(same_name(flow.full_name, one) for one in flows)
        ]
        if flow.process_type == "Flow" and profiles and found and not _validates(flow):
            yield Problem(
                flow,
                f"calls out from screens that check no input, and {profiles[0]} may run it",
                element=f"access of {profiles[0]}",
            )


def _exposed(context: AuditContext) -> Mapping[str, tuple[str, ...]] | None:
    """Profiles of guests and portal users with the flows that they may run; None where nobody knows."""
    if context.evidence is not None and context.evidence.sites is not None:
        return {site.profile: site.flows for site in context.evidence.sites}
    guests = [each for each in context.facts.profiles if _GUEST_LICENSE in (each.user_license or "")]
    if not guests:
        return None
    return {each.full_name: tuple(flow.name for flow in each.flows if flow.enabled) for each in guests}


def _validates(flow: Flow) -> bool:
    """True if a screen has a validation rule: they are the only formulas that screens hold."""
    screens = {node.name for node in flow.other_nodes if node.kind == "screens"}
    owners = {text.owner for text in flow.texts if text.element in ("formulaExpression", "errorMessage")}
    return bool(screens & owners)


RULE = Rule(
    id="FL-014",
    title="Guests can start a callout",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    category=Category.ACCESS,
    profiles=DEFAULT_AND_STRICT,
    applies_to=("Flow",),
    evidence=(Evidence.FILES, Evidence.ORG),
    what="A screen flow that calls out and has no validation rule on its screens may be run by guests or portal users.",
    why="Every message costs money: strangers pump traffic through it (toll fraud), or use it to reach your vendor.",
    fix="Validate input, ask for a sign-in or a captcha, and let the vendor limit the rate.",
    example=(
        "<!-- in a guest profile -->\n"
        "<flowAccesses>\n    <enabled>true</enabled>\n    <flow>Send_SMS</flow>\n</flowAccesses>"
    ),
    exceptions="Sites behind a sign-in of their own.",
    sources=("Inferred from reports of SMS pumping", "Metadata API guide: meta_profile (flowAccesses)"),
    check=check,
)
