"""`sfsetup openapi`: External Services from the side of the document."""

from __future__ import annotations

import click

from sfsetup.cli.commands import Entry
from sfsetup.cli.lazy import LazyGroup

_SECTION = "Commands"


@click.group(
    cls=LazyGroup,
    entries=(
        Entry("check", "openapi_check:command", _SECTION, "Will External Services take the document?"),
        Entry("fit", "openapi_fit:command", _SECTION, "Rewrite the document so that it does."),
        Entry("names", "openapi_names:command", _SECTION, "Every name that comes out: actions, classes, paths."),
        Entry("changes", "openapi_changes:command", _SECTION, "What breaks when the document is updated."),
    ),
)
def command() -> None:
    """Judge, fit, name and compare OpenAPI documents for External Services.

    DOC is an OpenAPI 2.0, 3.0 or 3.1 document in JSON or YAML; files below its folder that it refers to are read with
    it. A registration (ExternalServiceRegistration) is taken for its document too.
    """
