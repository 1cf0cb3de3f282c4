"""Several integrations in one command: all are planned before the first byte is sent, each as if it were alone.

Where two bring the same component, a permission set of one team for example, the plan of the later one is of no use
once the earlier one was deployed: it would take back what that one brought. It is made again then.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from sfsetup.errors import UsageError
from sfsetup.model.finding import ComponentRef

if TYPE_CHECKING:
    from pathlib import Path

    from sfsetup.apply.prepare import Prepared


def shared(first: Prepared, second: Prepared) -> tuple[ComponentRef, ...]:
    """The components that both bring, if the first changes anything in the org."""
    if not first.plan.steps:
        return ()
    theirs = {one.ref for one in second.components}
    return tuple(sorted((one.ref for one in first.components if one.ref in theirs), key=str))


def told(prepared: Sequence[Prepared]) -> list[str]:
    """A sentence for each two integrations whose plans do not both hold."""
    return [
        f"{first.spec.name} and {second.spec.name} both bring {', '.join(map(str, common))}: what is shown for "
        f"{second.spec.name} is what it would change today, not after {first.spec.name} was deployed."
        for first, second in combinations(prepared, 2)
        if (common := shared(first, second))
    ]


def check_file(path: Path, prepared: Sequence[Prepared]) -> None:
    """A plan file is carried out as it was shown. Raises UsageError where one of its plans undoes another."""
    for first, second in combinations(prepared, 2):
        if common := shared(first, second):
            raise UsageError(
                f"{first.spec.name} and {second.spec.name} both bring {', '.join(map(str, common))}: once "
                f"{first.spec.name} is deployed, {path} does not hold for {second.spec.name}. Nothing was sent.",
                actions=[f"Plan and deploy {first.spec.name} first, and {second.spec.name} after it."],
            )
