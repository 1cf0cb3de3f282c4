"""Whether a plan may be carried out: what stops a deploy before anything is sent."""

from __future__ import annotations

from sfsetup.apply.options import ApplyOptions
from sfsetup.errors import InvalidInput, OrgRefused, UsageError
from sfsetup.model.plan import Plan
from sfsetup.planning.preflight import blocking

_RIGHTS, _REFUSED_UPDATE = "PF-003", "PF-008"


def check(plan: Plan, options: ApplyOptions) -> None:
    """Raises OrgRefused for rights that lack, InvalidInput for findings, UsageError for removals without permission."""
    if plan.unknown and not options.dry_run:
        raise OrgRefused(
            f"{plan.org.username} cannot see all that this deploy touches; what it would change is unknown: "
            + "; ".join(plan.unknown),
            actions=["Deploy as a user with the permissions that `sfsetup plan` names."],
        )
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
