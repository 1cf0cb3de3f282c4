"""Whether a plan may be carried out: what stops a deploy before anything is sent."""

from __future__ import annotations

from sfsetup.apply.options import ApplyOptions
from sfsetup.errors import InvalidInput, OrgRefused, UsageError
from sfsetup.model.plan import Plan
from sfsetup.planning.preflight import blocking

_RIGHTS, _REFUSED_UPDATE = "PF-003", "PF-008"


def unseen(plan: Plan, what: str) -> OrgRefused:
    """The refusal for a user who cannot see all that would be touched; names the rights that lack."""
    rights = [finding for finding in plan.findings if finding.rule == _RIGHTS]
    lacking = "".join(f"{finding.message} " for finding in rights)
    return OrgRefused(
        f"{lacking}{plan.org.username} cannot see all that this touches; {what} is unknown: {'; '.join(plan.unknown)}",
        actions=[finding.fix for finding in rights] or ["Do this as a user who can see the org's configuration."],
    )


def check(plan: Plan, options: ApplyOptions) -> None:
    """Raises OrgRefused for rights that lack, InvalidInput for findings, UsageError for removals without permission."""
    if plan.unknown and not options.dry_run:
        raise unseen(plan, "what it would change")
    stopping = blocking(plan.findings)
    if options.allow_destructive:
        # the operations that lose something are deactivated first
        stopping = tuple(finding for finding in stopping if finding.rule != _REFUSED_UPDATE)
    if stopping:
        if all(finding.rule == _RIGHTS for finding in stopping):
            raise OrgRefused(" ".join(finding.message for finding in stopping), actions=[stopping[0].fix])
        count = "One finding stops" if len(stopping) == 1 else f"{len(stopping)} findings stop"
        raise InvalidInput(f"{count} this deploy; nothing was sent.", findings=plan.findings)
    losing = [step for step in plan.steps if step.destructive]
    if losing and not options.allow_destructive and not options.dry_run:
        listed = [
            f"{step.type} {step.full_name}: {change.path} would be removed"
            for step in losing
            for change in step.changes
            if change.destructive
        ]
        raise UsageError(
            "This deploy would remove what the org has; nothing was sent.",
            actions=[*listed, "Add --allow-destructive if that is what you want."],
        )
