"""`sfsetup inventory`: all outbound integrations of an org or of files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from sfsetup.rules.context import AuditContext
    from sfsetup.rules.inventory import Route


@click.command()
@click.argument("paths", metavar="[PATH]…", nargs=-1, type=click.Path(path_type=str))
@options.org_option
@options.api_version_option
@click.option("--config", "config", metavar="FILE", help="Configuration instead of sfsetup.toml or pyproject.toml.")
@options.output_file_option
@options.reporting("csv", "markdown", "mermaid")
def command(
    paths: tuple[str, ...], org: str | None, api_version: str | None, config: str | None, output_file: str | None
) -> Outcome:
    """List all outbound integrations of an org or of files.

    Where data goes, which login, who may, which flows and Apex use it, who changed it last. PATH is a source tree, a
    folder or archive of the Metadata API, or one file; -o names an org. Exit code 5 when part could not be read.
    """
    from sfsetup.cli import audit_input
    from sfsetup.cli.audit_context import read_context
    from sfsetup.text.xml import no_collector

    if paths and org:
        raise UsageError("PATH and -o do not go together.", actions=["List files and the org one after the other."])
    found = audit_input.configuration(config)
    from sfsetup.rules.inventory import inventory

    with no_collector():
        context, source = read_context(paths, org, found, api_version=api_version)
        routes = inventory(context)
    if not paths:
        # files of a retrieve are nowhere on disk
        routes = tuple(replace(route, file=None) for route in routes)
    unread = not_read(context)
    return Outcome(
        result={
            "scope": {"source": source, "kind": "org" if context.evidence else "files"},
            "integrations": [route.as_json() for route in routes],
            "unread": unread,
        },
        human=lambda: _human(routes, source, unread),
        formats={
            "csv": lambda: _csv(routes),
            "markdown": lambda: _markdown(routes, source, unread),
            "mermaid": lambda: _mermaid(routes),
        },
        exit_code=ExitCode.INCOMPLETE if unread else ExitCode.DONE,
        message="Part of the evidence could not be read." if unread else None,
        name="IncompleteEvidence" if unread else None,
    )


def not_read(context: AuditContext) -> list[str]:
    """What is missing from the list, in words."""
    told = [f"{entry.file}: {entry.message}" for entry in context.facts.unreadable]
    if context.evidence is not None:
        told += [f"right that is lacking: {right}" for right in context.evidence.missing_rights]
        told += [f"{part}: {reason}" for part, reason in sorted(context.evidence.unread.items())]
    if context.evidence is None and not any(True for _ in context.facts):
        told.append("nothing was read")
    return told


def _human(routes: tuple[Route, ...], source: str, unread: list[str]) -> str:
    from sfsetup.cli.terminal import is_terminal, width
    from sfsetup.cli.views.inventory import inventory_table, inventory_text

    columns = width()
    # below this, a table would break most names in two
    if is_terminal() and columns >= 150:
        return inventory_table(routes, source, unread)
    return inventory_text(routes, source, unread, width=columns, colour=is_terminal())


def _csv(routes: tuple[Route, ...]) -> str:
    from sfsetup.cli.views.inventory import inventory_csv

    return inventory_csv(routes)


def _markdown(routes: tuple[Route, ...], source: str, unread: list[str]) -> str:
    from sfsetup.cli.views.inventory import inventory_markdown

    return inventory_markdown(routes, source, unread)


def _mermaid(routes: tuple[Route, ...]) -> str:
    from sfsetup.cli.views.inventory_picture import inventory_mermaid

    return inventory_mermaid(routes)
