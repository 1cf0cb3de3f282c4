"""`sfsetup plan`: what a deploy would change in an org."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome, judged
from sfsetup.errors import ExitCode, InvalidInput

if TYPE_CHECKING:
    from sfsetup.model.plan import Plan


@click.command()
@options.specs_argument
@options.org_option
@options.env_option
@options.only_option
@options.secrets_option
@options.take_flow_option
@options.api_version_option
@options.callouts_option
@click.option("--exit-code", "drift", is_flag=True, help="Exit 3 if anything differs or is wrong: detects drift.")
@options.output_file_option
@options.reporting("markdown")
def command(
    specs: tuple[str, ...],
    org: str | None,
    environment: str | None,
    only: tuple[str, ...],
    secrets: str,
    take_flow: bool,
    api_version: str | None,
    callouts: tuple[tuple[str, str], ...],
    drift: bool,
    output_file: str | None,
) -> Outcome:
    """Show what a deploy would change in an org, element by element. Writes nothing.

    Needs no secret. The whole --json document is a plan file: `sfsetup deploy SPEC -o ORG --plan FILE` carries out just
    that, and refuses if the org has moved since.
    """
    from sfsetup.apply.options import ApplyOptions
    from sfsetup.apply.others import running, running_text
    from sfsetup.apply.prepare import prepare
    from sfsetup.apply.together import told
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.views.progress import progress

    chosen = ApplyOptions(
        environment=environment,
        api_version=api_version,
        only=options.stages(only),
        secrets=secrets,
        take_flow=take_flow,
    )
    paths = options.different([Path(spec) for spec in specs])
    with (
        progress(quiet=options.chosen_format() != "human") as listener,
        resolve(org, writing=False, api_version=api_version, callouts=callouts) as connection,
    ):
        try:
            prepared = [prepare(path, connection, chosen, listener) for path in paths]
        except InvalidInput as error:
            if not drift:
                raise
            return judged(error)
    others = [running_text(one) for one in running(prepared[0].deployments)]
    plans = [(one.spec.name, one.plan) for one in prepared]
    rows = [plan_json(name, plan, chosen) for name, plan in plans]
    code, message = _verdict([plan for _, plan in plans], drift)
    return Outcome(
        result=rows[0] if len(rows) == 1 else {"runs": rows},
        human=lambda: _human(plans),
        formats={"markdown": lambda: _markdown(plans)},
        exit_code=code,
        warnings=[*others, *told(prepared), *(f"Not known: {reason}" for _, plan in plans for reason in plan.unknown)],
        message=message,
        name="InvalidInput" if code is ExitCode.USAGE else None,
    )


def plan_json(name: str, plan: Plan, chosen: Any) -> dict[str, Any]:
    """`result` of `plan --json` for one integration; its digest is that of what is written, secrets masked."""
    from sfsetup.apply.planfile import with_digest
    from sfsetup.model.secret import masked_value

    row: dict[str, Any] = masked_value({"spec": name, **plan.as_json(), "options": chosen.as_json()})
    return with_digest(row)


def _verdict(plans: list[Plan], drift: bool) -> tuple[ExitCode, str | None]:
    """The exit code and what it means. Findings that stop a deploy make a plan that nobody can carry out."""
    from sfsetup.planning.preflight import blocking

    stopping = [finding for plan in plans for finding in blocking(plan.findings)]
    # rights are the user's, not the input's: a reader may look at a plan that somebody else carries out
    wrong = [finding for finding in stopping if finding.rule != "PF-003"]
    if wrong:
        return (
            ExitCode.FINDINGS if drift else ExitCode.USAGE,
            f"{len(wrong)} finding{'s' if len(wrong) != 1 else ''} would stop this deploy.",
        )
    if drift and any(plan.steps or plan.kept for plan in plans):
        return ExitCode.FINDINGS, "The org differs from the integration."
    if any(plan.unknown for plan in plans):
        return ExitCode.INCOMPLETE, "Part of the org could not be read, so this plan is not complete."
    return ExitCode.DONE, None


def _human(plans: list[tuple[str, Plan]]) -> str:
    from sfsetup.cli.views.plan import plan_text

    return "\n\n".join(plan_text(name, plan) for name, plan in plans)


def _markdown(plans: list[tuple[str, Plan]]) -> str:
    from sfsetup.cli.views.plan_markdown import plan_markdown

    return plan_markdown(plans)
