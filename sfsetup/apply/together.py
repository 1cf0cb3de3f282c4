"""Several integrations in one command: all are planned before the first byte is sent, each as if it were alone.

Where two bring the same component, a permission set of one team for example, the plan of the later one is of no use
once the earlier one was deployed: it would take back what that one brought. It is made again then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        f"{first} and {second} both bring {common}: what is shown for {second} is what it would change today, "
        f"not after {first} was deployed."
        for first, second, common in _pairs(prepared)
    ]


def check_file(path: Path, prepared: Sequence[Prepared]) -> None:
    """A plan file is carried out as it was shown. Raises UsageError where one of its plans undoes another."""
    for first, second, common in _pairs(prepared):
        raise UsageError(
            f"{first} and {second} both bring {common}: once {first} is deployed, {path} does not hold for {second}. "
            "Nothing was sent.",
            actions=[f"Plan and deploy {first} first, and {second} after it."],
        )


def _pairs(prepared: Sequence[Prepared]) -> Iterator[tuple[str, str, str]]:
    """The names of an integration and of a later one, and what both bring."""
    bringing: dict[ComponentRef, list[int]] = {}
    for number, one in enumerate(prepared):
        for component in one.components:
            bringing.setdefault(component.ref, []).append(number)
    pairs = sorted({pair for numbers in bringing.values() for pair in combinations(numbers, 2)})
    for first, second in ((prepared[before], prepared[after]) for before, after in pairs):
        if common := shared(first, second):
            yield first.spec.name, second.spec.name, ", ".join(map(str, common))
