"""`sfsetup diagnose`: why a user cannot make the callout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode

if TYPE_CHECKING:
    from sfsetup.model.finding import Finding


@click.command()
@options.spec_argument
@options.org_option
@options.env_option
@click.option("--user", metavar="USERNAME", default="me", help="Whose callout; yourself without it.")
@options.api_version_option
@options.output_file_option
@options.reporting("markdown", "junit")
def command(
    spec: str, org: str | None, environment: str | None, user: str, api_version: str | None, output_file: str | None
) -> Outcome:
    """Tell why a user cannot make the callout: every link from the user to the stored secret.

    Reads only. Exit code 3 when a link is broken, 5 when none is and some cannot be seen.
    """
    from sfsetup.apply.diagnose import Diagnosis
    from sfsetup.apply.environment import choose
    from sfsetup.apply.evidence import gather
    from sfsetup.apply.outcome import org_json
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.views.diagnose import diagnose_text
    from sfsetup.spec.reader import load_integration

    with resolve(org, writing=False, api_version=api_version) as connection:
        chosen = choose(load_integration(Path(spec))[0], connection.info, environment)
        evidence = gather(chosen, connection, user)
        links = Diagnosis(chosen, evidence).links()
        info = connection.info
    findings = [link.as_finding(chosen) for link in links if link.ok is False]
    unseen = [link for link in links if link.ok is None]
    code = ExitCode.FINDINGS if findings else ExitCode.INCOMPLETE if unseen else ExitCode.DONE
    return Outcome(
        result={
            "org": org_json(info),
            "environment": chosen.environment,
            "user": evidence.username,
            "links": [link.as_json() for link in links],
            "findings": [finding.as_json() for finding in findings],
        },
        human=lambda: diagnose_text(evidence.username, links),
        formats={"markdown": lambda: _markdown(findings), "junit": lambda: _junit(findings)},
        exit_code=code,
    )


def _markdown(findings: Sequence[Finding]) -> str:
    from sfsetup.cli.views.markdown import to_markdown

    return to_markdown(findings, title="sfsetup diagnose")


def _junit(findings: Sequence[Finding]) -> str:
    from sfsetup.cli.views.junit import to_junit

    return to_junit(findings, name="sfsetup diagnose")
