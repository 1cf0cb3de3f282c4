"""`sfsetup openapi changes`: what happens when a registered document is replaced by a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli import openapi_input, options
from sfsetup.cli.openapi_input import Given
from sfsetup.cli.output import Outcome, judged
from sfsetup.errors import ExitCode, InvalidInput

if TYPE_CHECKING:
    from sfsetup.openapi.callers import Callers


@click.command()
@click.argument("old", metavar="OLD", type=click.Path(path_type=str))
@click.argument("new", metavar="NEW", type=click.Path(path_type=str))
@click.option(
    "--flows", "flows", metavar="PATH", help="Flows and Apex to search for callers: a project, folder or zip."
)
@click.option("--service", metavar="NAME", help="Name of the registration that the callers use.")
@click.option("--exit-code", is_flag=True, help="Exit 3 when something is refused, breaks callers, or is unreadable.")
@openapi_input.remote_option
@options.output_file_option
@options.reporting()
def command(
    old: str,
    new: str,
    flows: str | None,
    service: str | None,
    exit_code: bool,
    allow_remote: bool,
    output_file: str | None,
) -> Outcome:
    """What breaks when a document is updated.

    OLD and NEW are documents or registrations. Each change is one that Salesforce refuses while the operation is
    active, one that breaks flows and Apex, or a safe one. With --flows, the places that use what breaks are named, and
    the order of steps that makes a refused change possible.
    """
    from sfsetup.openapi.change_values import ChangeKind
    from sfsetup.openapi.changes import changes, order

    try:
        before, after = (_readable(path, allow_remote=allow_remote) for path in (old, new))
    except InvalidInput as error:
        if not exit_code:
            raise
        return judged(error, changes=[], order=[])
    found = changes(before.document, after.document, before.active)
    searched = _search(before, flows, service) if flows is not None else None
    callers = {change: searched.of(change) for change in found} if searched is not None else {}
    using = searched.calling_flows if searched is not None else ()
    steps = order(found, using)
    rows: list[dict[str, Any]] = [
        {**change.as_json(), "callers": [one.as_json() for one in callers.get(change, ())]} for change in found
    ]
    bad = [change for change in found if change.kind is not ChangeKind.SAFE]

    def human() -> str:
        from sfsetup.cli.views.openapi_changes import changes_text

        return changes_text(found, callers, steps, searched is not None)

    return Outcome(
        result={"changes": rows, "order": list(steps)},
        human=human,
        exit_code=ExitCode.FINDINGS if exit_code and bad else ExitCode.DONE,
    )


def _readable(path: str, *, allow_remote: bool) -> Given:
    given = openapi_input.read(path, allow_remote=allow_remote)
    openapi_input.require_content(given.document)
    return given


def _search(before: Given, path: str, service: str | None) -> Callers:
    from sfsetup.facts.reader import read_facts
    from sfsetup.metadata.layout import read_tree
    from sfsetup.openapi.callers import Callers, Source
    from sfsetup.openapi.names import names

    files = list(read_tree(path))
    facts = read_facts(one for one in files if one.type in ("Flow", "ExternalServiceRegistration"))
    name = service or before.service
    if name is None:
        name = _guessed(before, [call.action_name for flow in facts.flows for call in flow.external_calls])
    apex = [
        Source(one.path, one.data.decode("utf-8", errors="replace"))
        for one in files
        if one.type in ("ApexClass", "ApexTrigger") and one.is_content
    ]
    return Callers(names(before.document, name), facts.flows, apex)


def _guessed(before: Given, actions: list[str]) -> str:
    """The service whose actions have the names of the document's operations."""
    from collections import Counter

    from sfsetup.openapi.names import action_operation_name

    known = {action_operation_name(operation).lower() for operation in before.document.operations}
    found = Counter(
        action.partition(".")[0].rpartition("::")[2] for action in actions if action.partition(".")[2].lower() in known
    )
    if not found:
        raise click.UsageError(
            "No flow there calls an operation of the old document; name the registration with --service NAME."
        )
    return found.most_common(1)[0][0]
