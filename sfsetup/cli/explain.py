"""`sfsetup explain`: the change request of an integration in Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome


@click.command()
@options.specs_argument
@options.env_option
@options.output_file_option
@options.reporting("markdown")
def command(specs: tuple[str, ...], environment: str | None, output_file: str | None) -> Outcome:
    """Describe an integration as a change request in Markdown.

    What will be in the org, where data goes, who gets which rights, where the secret lives, how it is tested and taken
    back: for those who approve, not for those who build. No secret and no secret's value is in it.
    """
    from sfsetup.cli.views.explain import change_request, facts_of
    from sfsetup.spec.environments import for_environment
    from sfsetup.spec.reader import check_integration, usable

    texts: list[str] = []
    results: list[dict[str, Any]] = []
    for path in specs:
        integration = check_integration(Path(path))
        spec, document = usable(integration)
        facts = facts_of(for_environment(spec, environment), document, integration.findings)
        results.append(facts)
        texts.append(change_request(facts))
    text = "\n".join(texts)
    return Outcome(
        result=results[0] if len(results) == 1 else {"runs": results}, human=text, formats={"markdown": text}
    )
