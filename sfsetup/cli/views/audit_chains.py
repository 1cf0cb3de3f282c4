"""Chains of callouts as lines: `Send_SMS → CPaaSSMS.Send → SMS_API → SMS_Login → SMS_Users: 12 active users`."""

from __future__ import annotations

from collections.abc import Sequence

from sfsetup.cli.views.findings import plain
from sfsetup.model.finding import Severity
from sfsetup.rules.chains import Chain, Link

_RED, _YELLOW, _DIM, _RESET = "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"
MOST = 25
"""Chains shown without --all; those with something wrong come first."""


def chain_lines(chains: Sequence[Chain], *, width: int, colour: bool, show_all: bool) -> list[str]:
    """A line or a few for each chain; the broken ones first."""
    ordered = sorted(chains, key=_worst)
    shown = ordered if show_all else ordered[:MOST]
    lines = [line for chain in shown for line in _lines(chain, width, colour)]
    if len(shown) < len(ordered):
        lines.append(f"  {len(ordered) - len(shown)} more (--all lists them)")
    return lines


def chain_texts(chains: Sequence[Chain], *, most: int | None = MOST) -> list[str]:
    """One line for each chain, the broken ones first; all for `most` None."""
    ordered = sorted(chains, key=_worst)
    kept = ordered if most is None else ordered[:most]
    texts = [_lines(chain, 100_000, False)[0].strip() for chain in kept]
    return texts if len(kept) == len(ordered) else [*texts, f"{len(ordered) - len(kept)} more"]


def _worst(chain: Chain) -> tuple[int, int]:
    ranks = [link.severity.rank for link in chain.links if link.severity]
    return min(ranks, default=len(Severity)), -sum(not link.read or link.name is None for link in chain.links)


def _lines(chain: Chain, width: int, colour: bool) -> list[str]:
    parts = []
    before = len([link for link in chain.links if link.kind not in _HOLDERS])
    for number, link in enumerate(chain.links):
        text, length = _part(link, colour)
        arrow = ", " if number > before else " → " if number else ""
        parts.append((arrow, text, length))
    if chain.users is not None:
        told = f": {chain.users} active user{'' if chain.users == 1 else 's'}"
        arrow, text, length = parts[-1]
        parts[-1] = (arrow, text + told, length + len(told))
    lines, line, used = [], "  ", 2
    for arrow, text, length in parts:
        if used + len(arrow) + length > width and used > 2:
            lines.append(line.rstrip())
            line, used = "    " + arrow.lstrip(), 4 + len(arrow.lstrip())
        else:
            line, used = line + arrow, used + len(arrow)
        line, used = line + text, used + length
    return [*lines, line]


_HOLDERS = ("PermissionSet", "PermissionSetGroup", "Profile")


def _part(link: Link, colour: bool) -> tuple[str, int]:
    """The link as it is shown, and how many columns that takes."""
    if link.name is None:
        return _styled("✗ nobody that was read", _RED, colour)
    name = plain(link.name)
    if not link.read:
        return _styled(f"{name} ? not read", _DIM, colour)
    if link.severity is None:
        return name, len(name)
    severe = link.severity.at_least(Severity.HIGH)
    mark = f"{'✗' if severe else '!'} {', '.join(link.rules)}"
    shown, length = _styled(mark, _RED if severe else _YELLOW, colour)
    return f"{name} {shown}", len(name) + 1 + length


def _styled(text: str, style: str, colour: bool) -> tuple[str, int]:
    return (f"{style}{text}{_RESET}" if colour else text), len(text)
