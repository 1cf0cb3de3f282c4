"""`sfsetup verify`: runs the flow of an integration and checks its outputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode

if TYPE_CHECKING:
    from sfsetup.apply.outcome import VerifyOutcome


@click.command()
@options.specs_argument
@options.org_option
@options.env_option
@options.yes_option
@options.api_version_option
@options.callouts_option
@options.output_file_option
@options.reporting("junit", "markdown")
def command(
    specs: tuple[str, ...],
    org: str | None,
    environment: str | None,
    yes: bool,
    api_version: str | None,
    callouts: tuple[tuple[str, str], ...],
    output_file: str | None,
) -> Outcome:
    """Run the flow of an integration with `verify.inputs` and compare its outputs with `verify.expect`.

    On a real org this sends for real: it asks first, or wants --yes. On the local org the request that left is shown.
    """
    from sfsetup.apply.verify import verify
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.terminal import confirm, stoppable
    from sfsetup.cli.views.progress import progress

    with (
        stoppable(),
        progress(quiet=options.chosen_format() != "human") as listener,
        resolve(org, writing=True, yes=yes, api_version=api_version, callouts=callouts) as connection,
    ):
        outcomes = [
            verify(Path(spec), connection, environment, lambda question: confirm(question, yes=yes), listener)
            for spec in specs
        ]
    return report(outcomes)


def report(outcomes: list[VerifyOutcome]) -> Outcome:
    """The outcome of the command."""
    from sfsetup.cli.views.verify import verify_text

    rows = [outcome.as_json() for outcome in outcomes]
    failed = [outcome for outcome in outcomes if not outcome.ok]
    return Outcome(
        result=rows[0] if len(rows) == 1 else {"runs": rows},
        human=lambda: "\n\n".join(verify_text(outcome) for outcome in outcomes),
        formats={"junit": lambda: _junit(outcomes), "markdown": lambda: _markdown(outcomes)},
        exit_code=ExitCode.REFUSED if failed else ExitCode.DONE,
        warnings=[warning for outcome in outcomes for warning in outcome.warnings],
        message=f"Not as expected: {', '.join(outcome.spec for outcome in failed)}." if failed else None,
        name="VerifyFailed" if failed else None,
        actions=list(dict.fromkeys(hint for outcome in failed for hint in outcome.hints)),
    )


def _junit(outcomes: list[VerifyOutcome]) -> str:
    from sfsetup.cli.views.verify import verify_junit

    return verify_junit(outcomes)


def _markdown(outcomes: list[VerifyOutcome]) -> str:
    from sfsetup.cli.views.verify import verify_markdown

    return verify_markdown(outcomes)
