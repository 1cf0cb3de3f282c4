"""`openapi changes` for people: refused, breaking and safe changes, who is concerned, and the order of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sfsetup.cli.views.findings import plain
from sfsetup.openapi.change_values import ChangeKind, SchemaChange

if TYPE_CHECKING:
    from sfsetup.openapi.callers import Caller

_TITLES = {
    ChangeKind.REFUSED: "Salesforce refuses",
    ChangeKind.BREAKING: "Breaks callers",
    ChangeKind.SAFE: "Safe",
}


def changes_text(
    found: Sequence[SchemaChange],
    callers: Mapping[SchemaChange, Sequence[Caller]],
    steps: Sequence[str],
    searched: bool,
) -> str:
    """The report."""
    if not found:
        return "Nothing that External Services sees has changed."
    blocks = []
    for kind, title in _TITLES.items():
        members = [change for change in found if change.kind is kind]
        if members:
            lines = [f"{title} ({len(members)})"]
            for change in members:
                lines.extend(_change(change, callers.get(change, ()), searched))
            blocks.append("\n".join(lines))
    if steps:
        numbered = [f"  {number}. {plain(step)}" for number, step in enumerate(steps, 1)]
        blocks.append("\n".join(["In this order it becomes possible (inferred)", *numbered]))
    return "\n\n".join(blocks)


def _change(change: SchemaChange, callers: Sequence[Caller], searched: bool) -> list[str]:
    sure = "" if change.certainty.value == "documented" else f" ({change.certainty.value})"
    lines = [f"  {plain(change.message)}{sure}  [{plain(change.pointer)}]"]
    for caller in callers if change.kind is not ChangeKind.SAFE else ():
        where = f"{plain(caller.file)}:{caller.line}" if caller.line else plain(caller.file)
        lines.append(f"      used by {plain(caller.element)} in {where}")
    if searched and not callers and change.kind is not ChangeKind.SAFE:
        lines.append("      used by nothing that was searched")
    return lines
