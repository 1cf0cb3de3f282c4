"""Outbound integrations as text, table, CSV and Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from sfsetup.cli.views.csv import to_table
from sfsetup.cli.views.findings import plain
from sfsetup.cli.views.markdown import escaped
from sfsetup.rules.inventory import Route, Service

COLUMNS = (
    "host",
    "url",
    "kind",
    "name",
    "enabled",
    "login",
    "externalCredential",
    "principals",
    "whoMay",
    "activeUsers",
    "services",
    "operations",
    "flows",
    "apex",
    "changedBy",
    "changedOn",
    "package",
    "file",
)
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"
_KINDS = {
    "NamedCredential": "named credential",
    "RemoteSiteSetting": "remote site, called by Apex",
    "ApexClass": "URL in Apex, no remote site read",
    "ExternalServiceRegistration": "external service; its named credential was not read",
}


def login_words(route: Route) -> str:
    """How calls authenticate, in words."""
    login = route.login
    if not login.read:
        name = login.external_credential
        return f"external credential {name} was not read" if name else "unknown"
    parts = [login.protocol]
    if login.external_credential:
        parts.append(f"external credential {login.external_credential}")
    if login.principals:
        parts.append("principals " + ", ".join(login.principals))
    return "; ".join(parts)


def holder_words(route: Route) -> str:
    """Who may, in words."""
    parts = []
    for holder in route.holders:
        by = f" (by {', '.join(holder.groups)})" if holder.groups else ""
        kind = {"PermissionSet": "", "PermissionSetGroup": "group ", "Profile": "profile "}.get(holder.kind, "")
        parts.append(f"{kind}{holder.name}{by}")
    words = ", ".join(dict.fromkeys(parts))
    if route.users is not None:
        noun = "active user" if route.users == 1 else "active users"
        words = f"{words or 'no permission set'}: {route.users} {noun}"
    if words:
        return words
    if not route.login.read:
        return "unknown"
    if route.kind != "NamedCredential" or not route.login.external_credential:
        return "everybody who may run what uses it"
    return "nobody, as far as was read"


def service_words(service: Service) -> str:
    """A service and its operations."""
    if not service.operations:
        return f"{service.name}: operations not listed"
    return f"{service.name}: " + ", ".join(
        name if active else f"{name} (inactive)" for name, active in service.operations
    )


def flow_words(route: Route) -> list[str]:
    """Each flow with what it calls."""
    flows: dict[str, list[str]] = {}
    for use in route.uses:
        if use.kind == "Flow":
            flows.setdefault(use.name, []).append(use.operation or "")
    return [f"{name} calls {', '.join(operations)}" for name, operations in flows.items()]


def apex_words(route: Route) -> list[str]:
    """Apex that calls."""
    return list(dict.fromkeys(f"{use.kind} {use.name}" for use in route.uses if use.kind != "Flow"))


def inventory_text(
    routes: Sequence[Route], source: str, unread: Sequence[str], *, width: int = 100, colour: bool = False
) -> str:
    """A block per route."""
    blocks = [_head(routes, source, unread, width)]
    for route in routes:
        title = plain(route.url or route.host or "address unknown")
        lines = [f"{_BOLD}{title}{_RESET}" if colour else title]
        off = "" if route.enabled else " (switched off)"
        lines += _field("What", f"{_KINDS.get(route.kind, route.kind)} {route.name}{off}", width)
        lines += _field("Login", login_words(route), width)
        lines += _field("Who may", holder_words(route), width)
        for service in route.services:
            lines += _field("Service", service_words(service), width)
        for words in flow_words(route):
            lines += _field("Flow", words, width)
        for words in apex_words(route):
            lines += _field("Apex", words, width)
        if not route.uses:
            lines += _field("Used by", "nothing that was read", width)
        if route.changed_by:
            lines += _field("Changed", f"{route.changed_on} by {route.changed_by}", width)
        if route.package:
            lines += _field("Package", route.package, width)
        if route.file:
            lines.append(f"  {'File':<10}{plain(route.file)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _head(routes: Sequence[Route], source: str, unread: Sequence[str], width: int) -> str:
    hosts = {route.host for route in routes if route.host}
    counted = f"{_count(len(routes), 'route')} to {_count(len(hosts), 'host')}" if routes else "none"
    lines = [f"Outbound integrations of {plain(source)}: {counted}"]
    for reason in unread:
        lines += textwrap.wrap(f"! Not read: {plain(reason)}", width, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _field(name: str, text: str, width: int) -> list[str]:
    lines = textwrap.wrap(plain(text), max(20, width - 12), break_on_hyphens=False) or [""]
    return [f"  {name:<10}{lines[0]}", *(" " * 12 + line for line in lines[1:])]


def inventory_table(routes: Sequence[Route], source: str, unread: Sequence[str]) -> str:
    """A table for wide terminals."""
    from rich.table import Table
    from rich.text import Text

    from sfsetup.cli.terminal import rendered, width

    table = Table(show_lines=True, pad_edge=False)
    changes = any(route.changed_by for route in routes)
    for heading in ("Where to", "Credential", "Login", "Who may", "Used by", *(["Changed"] if changes else [])):
        table.add_column(heading, overflow="fold")
    for route in routes:
        used = "\n".join([*flow_words(route), *apex_words(route)]) or "nothing that was read"
        kind = "" if route.kind == "NamedCredential" else f"\n{_KINDS.get(route.kind, route.kind)}"
        name = route.name + kind + ("" if route.enabled else "\n(switched off)")
        login = login_words(route).replace("; ", "\n")
        cells = [route.url or route.host or "unknown", name, login, holder_words(route), used]
        if changes:
            cells.append(f"{route.changed_on}\n{route.changed_by}" if route.changed_by else "")
        table.add_row(*(Text("\n".join(plain(line) for line in cell.split("\n"))) for cell in cells))
    head = _head(routes, source, unread, width())
    return f"{head}\n\n{rendered(table)}" if routes else head


def inventory_csv(routes: Sequence[Route]) -> str:
    """One row per route; lists are joined by `; `."""
    return to_table(COLUMNS, (_row(route) for route in routes))


def _row(route: Route) -> tuple[object, ...]:
    return (
        route.host,
        route.url,
        route.kind,
        route.name,
        "true" if route.enabled else "false",
        route.login.protocol,
        route.login.external_credential,
        "; ".join(route.login.principals),
        "; ".join(dict.fromkeys(f"{holder.kind} {holder.name}" for holder in route.holders)),
        route.users,
        "; ".join(service.name for service in route.services),
        "; ".join(
            f"{service.name}.{name}" for service in route.services for name, active in service.operations if active
        ),
        "; ".join(flow_words(route)),
        "; ".join(apex_words(route)),
        route.changed_by,
        route.changed_on,
        route.package,
        route.file,
    )


def inventory_markdown(routes: Sequence[Route], source: str, unread: Sequence[str]) -> str:
    """A table for a page or a pull request."""
    parts = [f"## Outbound integrations of {escaped(source)}", ""]
    parts += [f"- Not read: {escaped(reason)}" for reason in unread]
    parts += ["", "| where to | credential | login | who may | used by | changed |", "|---|---|---|---|---|---|"]
    for route in routes:
        used = "<br>".join(escaped(words) for words in [*flow_words(route), *apex_words(route)])
        changed = escaped(f"{route.changed_on} {route.changed_by}") if route.changed_by else ""
        cells = (route.url or route.host or "unknown", route.name, login_words(route), holder_words(route))
        parts.append(f"| {' | '.join(escaped(cell) for cell in cells)} | {used} | {changed} |")
    return "\n".join(parts) + "\n"
