"""`org list` and `org display` as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def list_text(result: Mapping[str, Any]) -> str:
    """A table of orgs, and what else `-o` could name."""
    rows = [("ORG", "USERNAME", "TYPE", "STATUS", "ADDRESS")]
    for org in result["orgs"]:
        mark = " (default)" if org["default"] else ""
        rows.append(
            (
                f"{org['target']}{mark}",
                org["username"] or "-",
                org["type"] or "-",
                org["status"] or "-",
                org["instanceUrl"] or "-",
            )
        )
    lines = columns(rows)
    if not result["salesforceCli"]:
        lines += ["", "The Salesforce CLI (sf) is not installed: its orgs are not listed."]
    return "\n".join(lines)


def display_text(result: Mapping[str, Any], shown_limits: Sequence[str]) -> str:
    """One fact a line; rights and limits below."""
    versions = result["apiVersions"]
    facts = [
        ("Org", result["id"]),
        ("Type", result["type"]),
        ("Edition", result["edition"] or "not told"),
        ("Address", result["instanceUrl"]),
        ("My Domain", result["myDomain"] or "-"),
        ("User", result["username"]),
        ("API", f"{result['apiVersion']} (the org has {versions['oldest']} to {versions['newest']})"),
        ("Namespace", result["namespace"] or "-"),
    ]
    for name in shown_limits:
        if name in result["limits"]:
            entry = result["limits"][name]
            facts.append((name, f"{entry['remaining']:,} left of {entry['max']:,}"))
    lines = columns(facts)
    if result["rights"] is None:
        lines += ["", "Rights: the org does not tell."]
    else:
        lines += ["", "Rights:"]
        lines += [f"  {'yes' if held else 'no ':3} {label}" for label, held in sorted(result["rights"].items())]
    if result["missingRights"]:
        lines += ["", "To deploy an integration this user lacks: " + "; ".join(result["missingRights"]) + "."]
    return "\n".join(lines)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as text, each column as wide as its widest cell; the last one is not padded."""
    widths = [max(len(str(row[index])) for row in rows) for index in range(len(rows[0]))]
    return [
        "  ".join(
            str(cell) if index == len(row) - 1 else str(cell).ljust(widths[index]) for index, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
