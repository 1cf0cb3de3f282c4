"""`sfsetup openapi fit`: writes the document that External Services takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfsetup.cli import openapi_input, options
from sfsetup.cli.output import Outcome
from sfsetup.errors import UsageError

if TYPE_CHECKING:
    from sfsetup.openapi.fit import ErrorResponses, Fitted


@click.command()
@click.argument("doc", metavar="DOC", type=click.Path(path_type=str))
@click.option(
    "--operation", "operations", multiple=True, metavar="ID", help="Keep this operation: operationId or 'METHOD /path'."
)
@click.option("-f", "--output-file", "out", metavar="OUT", help="Write the document to this file instead of stdout.")
@click.option("--explain", is_flag=True, help="Tell every change with its place.")
@click.option(
    "--error-responses",
    type=click.Choice(("named", "ranges")),
    is_flag=False,
    flag_value="named",
    default=None,
    help="Add typed error responses: for codes the document names, or 4XX and 5XX (never seen in a real org).",
)
@click.option(
    "--safe-names", is_flag=True, help="Give every operation a plain operationId, so that no name is a guess."
)
@click.option("--readable", is_flag=True, help="Indent the document; minified otherwise.")
@openapi_input.remote_option
@options.reporting()
def command(
    doc: str,
    operations: tuple[str, ...],
    out: str | None,
    explain: bool,
    error_responses: ErrorResponses | None,
    safe_names: bool,
    readable: bool,
    allow_remote: bool,
) -> Outcome:
    """Rewrite a document so that External Services takes it.

    Bundles files, converts 3.1, keeps only what the chosen operations reach, repairs schemas, bodies and media types.
    What the vendor receives for a given input stays the same: property, parameter and header names never change.
    What had to be dropped is said.
    """
    openapi_input.collect_no_garbage()
    from sfsetup.openapi.fit import fit

    given = openapi_input.read(doc, allow_remote=allow_remote)
    with openapi_input.telling(doc):
        fitted = fit(
            given.document,
            operations=operations or None,
            error_responses=error_responses or "none",
            safe_names=safe_names,
            indent=2 if readable else None,
        )
    if out is not None:
        _write(out, fitted.text)
    result = {**fitted.as_json(), "file": out}
    return Outcome(
        result=result,
        human=lambda: _human(fitted, out, explain),
        warnings=[f"{change.pointer or '/'}: {change.what}" for change in fitted.dropped] if not explain else [],
    )


def _write(out: str, text: str) -> None:
    try:
        Path(out).write_text(text + "\n", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"Cannot write {out}: {error.strerror}") from error


def _human(fitted: Fitted, out: str | None, explain: bool) -> str:
    from sfsetup.cli.output import say
    from sfsetup.cli.views.openapi_fit import changes_text, summary_text

    if out is None:
        if explain:
            say(changes_text(fitted))
        return fitted.text
    parts = [changes_text(fitted)] if explain and fitted.changes else []
    return "\n\n".join([*parts, summary_text(fitted, out)])
