"""The chain of a callout, link by link."""

from __future__ import annotations

from collections.abc import Sequence

from sfsetup.apply.diagnose import Link
from sfsetup.cli.terminal import is_terminal, wants_colour
from sfsetup.cli.views.findings import plain

_MARKS = {True: ("✓", "\x1b[32m"), False: ("✗", "\x1b[31m"), None: ("?", "\x1b[33m")}


def diagnose_text(username: str, links: Sequence[Link]) -> str:
    """One line a link, what to do below a broken one, and a last line that sums up."""
    colour = is_terminal() and wants_colour()
    width = max((len(link.name) for link in links), default=0)
    lines = []
    for link in links:
        mark, paint = _MARKS[link.ok]
        sign = f"{paint}{mark}\x1b[0m" if colour else mark
        lines.append(f"{sign} {link.name:<{width}}  {plain(link.message)}")
        if link.fix and link.ok is not True:
            lines.append(f"  {'':<{width}}  {plain(link.fix)}")
    broken = sum(1 for link in links if link.ok is False)
    unseen = sum(1 for link in links if link.ok is None)
    lines.append("")
    if broken:
        lines.append(
            f"{plain(username)} cannot make the callout: {broken} link{'s are' if broken != 1 else ' is'} broken."
        )
    elif unseen:
        lines.append(f"Nothing broken is seen; {unseen} link{'s' if unseen != 1 else ''} cannot be seen.")
    else:
        lines.append(f"Every link is there: {plain(username)} can make the callout.")
    return "\n".join(lines)
