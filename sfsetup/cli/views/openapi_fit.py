"""`openapi fit` for people: the changes by rule, and a summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfsetup.cli.views.findings import plain
from sfsetup.openapi.rule_table import RULES

if TYPE_CHECKING:
    from sfsetup.openapi.fit import Fitted


def changes_text(fitted: Fitted) -> str:
    """Every change, grouped by the rule behind it; what is lost is marked."""
    if not fitted.changes:
        return "Nothing had to be changed."
    lines: list[str] = []
    for rule, row in RULES.items():
        found = [change for change in fitted.changes if change.rule == rule]
        if found:
            lines.append(f"{rule}  {row.title}")
            lines.extend(
                f"  {'lost: ' if change.dropped else ''}{plain(change.what)}  [{plain(change.pointer or '/')}]"
                for change in found
            )
    return "\n".join(lines)


def summary_text(fitted: Fitted, out: str) -> str:
    """What was written and what was lost."""
    operations = sum(len(methods) for methods in fitted.value.get("paths", {}).values())
    noun = "operation" if operations == 1 else "operations"
    changed = f"{len(fitted.changes)} changes, {len(fitted.dropped)} with a loss"
    lines = [f"{out}: {operations} {noun}, {len(fitted.text):,} characters, {changed}"]
    if fitted.compatible_media_types:
        mapped = ", ".join(f"{name} as {target}" for name, target in fitted.compatible_media_types.items())
        lines.append(f"Media types mapped in the registration's serviceBinding: {mapped}")
    return "\n".join(lines)
