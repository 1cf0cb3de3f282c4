"""What plays inside a local org as text: switches, requests, vendor, faults, users, apps."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from sfsetup.cli.views.org import columns

_WIDTH = 100
_BODY_LINES = 30

Row = Mapping[str, Any]


def switches_text(rows: Sequence[Row]) -> str:
    """Each switch with what it means as it stands, what it would mean otherwise, and where the doubt is recorded."""
    lines = []
    for row in rows:
        mark = "" if row["value"] is row["default"] else " (turned)"
        now, otherwise = (row["on"], row["off"]) if row["value"] else (row["off"], row["on"])
        lines.append(f"{row['name']} = {'on' if row['value'] else 'off'}{mark}")
        lines += _wrapped(now)
        lines += _wrapped(f"{'off' if row['value'] else 'on'}: {otherwise}")
        lines += _wrapped(f"source: {row['source']}")
    return "\n".join(lines)


def requests_text(rows: Sequence[Row]) -> str:
    """Each request as it left, and the status that came back."""
    if not rows:
        return "Nothing was called."
    blocks = []
    for row in rows:
        answer = row["status"] if row["status"] is not None else f"no answer: {row['problem']}"
        lines = [f"{row.get('at', '')}  {row['method']} {row['url']}  ->  {answer}"]
        if row.get("action"):
            place = f", element {row['element']}" if row.get("element") else ""
            lines.append(f"  by {row['action']}{place}")
        lines += [f"  {name}: {value}" for name, value in row["headers"].items()]
        if row["body"]:
            lines += ["", *(f"  {line}" for line in row["body"].splitlines()[:_BODY_LINES])]
        if row["response"]:
            lines += ["", f"  answer: {textwrap.shorten(row['response'], 300, placeholder=' …')}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def vendor_text(shown: Row) -> str:
    """The stand-in's settings and operations."""
    waiting = ", ".join(
        f"{entry['status']} {entry['times']}x" + (f" for {entry['operation']}" if entry["operation"] else "")
        for entry in shown["failures"]
    )
    facts = [
        ("Takes", shown["accept"]),
        ("Will fail", waiting or "no"),
        ("Latency", f"{shown['latency']:g} s"),
        ("Checks requests", "yes" if shown["validate"] else "no"),
    ]
    lines = columns(facts)
    if shown["operations"]:
        rows = [("ACTION", "METHOD", "PATH")]
        rows += [(entry["action"], entry["method"], entry["path"]) for entry in shown["operations"]]
        lines += ["", *columns(rows)]
    else:
        lines += ["", "No service is registered in this org yet."]
    return "\n".join(lines)


def faults_text(armed: Sequence[Row], known: Sequence[Row]) -> str:
    """The armed faults, and the table of all."""
    lines = ["Armed:" if armed else "No fault is armed."]
    for entry in armed:
        where = f" on requests with {entry['match']!r}" if entry["match"] else ""
        after = f" after {entry['skip']}" if entry["skip"] else ""
        lines.append(f"  {entry['name']} {entry['times']}x{where}{after}")
    return "\n".join(
        [*lines, "", *columns([("FAULT", "WHAT HAPPENS"), *((row["name"], row["what"]) for row in known)])]
    )


def users_text(users: Sequence[Row]) -> str:
    """A table of users."""
    rows = [("USERNAME", "NAME", "PROFILE", "TYPE", "ACTIVE", "PERMISSION SETS")]
    rows += [
        (
            user["username"],
            user["name"],
            user["profile"],
            user["userType"],
            "yes" if user["isActive"] else "no",
            ", ".join(user["permissionSets"]) or "-",
        )
        for user in users
    ]
    return "\n".join(columns(rows))


def apps_text(apps: Sequence[Row]) -> str:
    """A table of apps."""
    if not apps:
        return "No app may log in. Make one with --put CLIENT_ID."
    rows = [("CLIENT ID", "SECRET", "CERTIFICATE", "RUN AS", "USERS")]
    rows += [
        (
            app["clientId"],
            "yes" if app["hasSecret"] else "no",
            "yes" if app["hasCertificate"] else "no",
            app["runAs"] or "-",
            "everybody" if app["users"] is None else ", ".join(app["users"]),
        )
        for app in apps
    ]
    return "\n".join(columns(rows))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ")
