"""`sfsetup openapi names`: every name that Salesforce derives from a document."""

from __future__ import annotations

import re

import click

from sfsetup.cli import openapi_input, options
from sfsetup.cli.output import Outcome
from sfsetup.errors import UsageError


@click.command()
@click.argument("doc", metavar="DOC", type=click.Path(path_type=str))
@click.option("--service", metavar="NAME", help="Name of the registration; that of a registration given as DOC.")
@click.option("--namespace", metavar="NS", help="Namespace of the package that holds the registration.")
@openapi_input.remote_option
@options.output_file_option
@options.reporting()
def command(
    doc: str, service: str | None, namespace: str | None, allow_remote: bool, output_file: str | None
) -> Outcome:
    """Every name that comes out of a document.

    Registered operations, flow actions with inputs and outputs, Apex methods and classes, property paths in flows, and
    how sure each name is. Names that clash or are too long are listed.
    """
    from sfsetup.openapi.names import names

    given = openapi_input.read(doc, allow_remote=allow_remote)
    service = service or given.service
    if service is None:
        raise click.UsageError("Give the name of the registration with --service NAME.")
    if re.fullmatch(r"[A-Za-z](?:_?[A-Za-z0-9])*", service) is None:
        raise UsageError(
            f"{service} cannot be the name of an External Service.",
            actions=["Use letters and digits, a letter first: `_` separates the parts of class names."],
        )
    openapi_input.require_content(given.document)
    found = names(given.document, service, namespace=namespace)
    warnings = [collision.message for collision in found.collisions]
    if "_" in service:
        warnings.append(f"The name {service} holds `_`, which separates the parts of class names; choose one without.")

    def human() -> str:
        from sfsetup.cli.views.openapi_names import names_text

        return names_text(found)

    return Outcome(result=found.as_json(), human=human, warnings=warnings)
