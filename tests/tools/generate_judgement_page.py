"""Writes docs/local-org-judgement.md from the judgement table: `python tests/tools/generate_judgement_page.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sfsetup.localorg.judge.check import Check, Wording
from sfsetup.localorg.judge.registry import all_checks
from sfsetup.localorg.switches_judge import ROWS

TARGET = Path(__file__).resolve().parents[2] / "docs" / "local-org-judgement.md"

_HEAD = """# What the local org refuses

Every check that a deploy to the local org meets, by the metadata type it judges, and the switches that decide them. This
page is made from the tables in `sfsetup/localorg/judge/` and `sfsetup/localorg/switches_judge.py`.

*Words*: **V** Salesforce's own, seen by two teams or printed in its documentation · **R** reported by one team ·
**P** a part or a pattern is known, the rest is ours · **N** no text is known: the message ends in
`[local org's wording]`. *Outcome*: a check refuses, or warns; where it depends on a switch, the switch is named with what
happens while it is off.
"""
_WORDS = {Wording.VERBATIM: "V", Wording.REPORTED: "R", Wording.PATTERN: "P", Wording.OURS: "N"}
_TYPES = (
    ("*", "Every component"),
    ("ExternalCredential", "ExternalCredential"),
    ("NamedCredential", "NamedCredential"),
    ("ExternalServiceRegistration", "ExternalServiceRegistration"),
    ("PermissionSet", "PermissionSet"),
    ("PermissionSetGroup", "PermissionSetGroup"),
    ("Flow", "Flow"),
    ("FlowDefinition", "FlowDefinition"),
)


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    rows = all_checks()
    for kind, title in _TYPES:
        parts.append(f"\n## {title}\n\n| check | message | words | outcome | known from |\n|---|---|---|---|---|\n")
        parts.extend(_row(row) for row in rows if row.type == kind)
    parts.append(
        "\n## Switches\n\n`sfsetup local switches` lists these and those of runs and records; `NAME=on` or `NAME=off` turns one.\n\n"
    )
    parts.append("| switch | starts | on | off | doubt |\n|---|---|---|---|---|\n")
    parts.extend(_switches())
    return "".join(parts)


def _row(row: Check) -> str:
    message = "the form's own words" if row.message == "{detail}" else f"`{row.message}`"
    return f"| {row.id} | {_cell(message)} | {_WORDS[row.wording]} | {_outcome(row)} | {_cell(row.source)} |\n"


def _outcome(row: Check) -> str:
    if row.warning:
        return "warns"
    if row.switch is None:
        return "refuses"
    return f"refuses while `{row.switch}` is on, else {'warns' if row.warns_off else 'says nothing'}"


def _switches() -> Iterator[str]:
    for switch in sorted(ROWS, key=lambda row: row.name):
        start = "on" if switch.default else "off"
        yield f"| `{switch.name}` | {start} | {_cell(switch.on)} | {_cell(switch.off)} | {_cell(switch.source)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
