"""`sfsetup openapi check`: will External Services take the document, and what is each operation good for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfsetup.cli import openapi_input, options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode, InvalidInput

if TYPE_CHECKING:
    from sfsetup.openapi.acceptance import Acceptance


@click.command()
@click.argument("doc", metavar="DOC", type=click.Path(path_type=str))
@options.fail_on_option
@click.option("--all", "show_all", is_flag=True, help="List every operation and every place.")
@openapi_input.remote_option
@options.output_file_option
@options.reporting("sarif", "markdown")
def command(doc: str, fail_on: str, show_all: bool, allow_remote: bool, output_file: str | None) -> Outcome:
    """Will External Services take the document?

    Every rule that Salesforce documents or that was seen in orgs, with its place, how sure it is, and what repairs it;
    a verdict for every operation: usable in Flow, Apex only, usable after `openapi fit`, unusable. Exit code 3 when
    something is found at or above --fail-on.
    """
    openapi_input.collect_no_garbage()
    from sfsetup.model.finding import worst_at_least
    from sfsetup.openapi.acceptance import check

    try:
        given = openapi_input.read(doc, allow_remote=allow_remote)
    except InvalidInput as error:
        return _unreadable(doc, error)
    acceptance = check(given.document)
    threshold = options.threshold(fail_on)
    failed = threshold is not None and worst_at_least(acceptance.findings, threshold)
    format_ = options.chosen_format()
    return Outcome(
        result=acceptance.as_json() if format_ == "json" else None,
        human=lambda: _human(acceptance, show_all),
        formats={"sarif": lambda: _sarif(acceptance), "markdown": lambda: _markdown(acceptance)},
        exit_code=ExitCode.FINDINGS if failed else ExitCode.DONE,
    )


def _unreadable(doc: str, error: InvalidInput) -> Outcome:
    """A document that cannot be read is a finding of a command that judges."""
    from sfsetup.cli.views.findings import findings_text
    from sfsetup.cli.views.markdown import to_markdown
    from sfsetup.cli.views.sarif import to_sarif
    from sfsetup.openapi.unreadable import as_finding

    finding = as_finding(error, doc)
    result = {
        "document": {"version": "", "characters": 0, "syntax": "", "file": doc},
        "operations": [],
        "limits": [],
        "findings": [finding.as_json()],
    }
    return Outcome(
        result=result,
        human=lambda: findings_text([finding]),
        formats={"sarif": lambda: to_sarif([finding]), "markdown": lambda: to_markdown([finding])},
        exit_code=ExitCode.FINDINGS,
        message=str(error),
        name="InvalidInput",
        actions=error.actions,
    )


def _human(acceptance: Acceptance, show_all: bool) -> str:
    from sfsetup.cli.views.openapi_check import check_text

    return check_text(acceptance, show_all=show_all)


def _sarif(acceptance: Acceptance) -> str:
    from sfsetup.cli.views.sarif import to_sarif
    from sfsetup.rules.openapi import RULES

    used = {one.rule for one in acceptance.findings}
    return to_sarif(acceptance.with_lines(), [rule for rule in RULES if rule.id in used])


def _markdown(acceptance: Acceptance) -> str:
    from sfsetup.cli.views.openapi_check import markdown_text

    return markdown_text(acceptance)
