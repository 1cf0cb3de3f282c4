"""`sfsetup deploy`: the whole job, stage by stage."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli import options
from sfsetup.cli.output import Outcome
from sfsetup.errors import ExitCode, Interrupted, SfsetupError

if TYPE_CHECKING:
    from sfsetup.apply.deploy import Deployment
    from sfsetup.apply.options import ApplyOptions
    from sfsetup.apply.outcome import DeployOutcome
    from sfsetup.model.event import Event, Listener
    from sfsetup.org.connection import OrgConnection


@click.command()
@options.specs_argument
@options.org_option
@options.env_option
@click.option("--plan", "plan_file", metavar="FILE", help="Carry out this plan file, just as it was shown, or refuse.")
@click.option("--dry-run", is_flag=True, help="Check what can be checked; change nothing.")
@options.only_option
@options.secrets_option
@options.take_flow_option
@click.option("--allow-destructive", is_flag=True, help="Remove what the org has and the integration leaves out.")
@click.option(
    "--test-level",
    type=click.Choice(options.TEST_LEVELS),
    metavar="LEVEL",
    help=f"Apex test level: {', '.join(options.TEST_LEVELS)}. None is sent unless asked for.",
)
@click.option("--tests", multiple=True, metavar="CLASS", help="Apex test class; may be given several times.")
@click.option("--wait", metavar="MINUTES", type=click.FloatRange(min=0), help="Minutes to wait for a job (33).")
@options.yes_option
@options.api_version_option
@options.callouts_option
@options.output_file_option
@options.reporting("junit", "github", "markdown")
def command(
    specs: tuple[str, ...],
    org: str | None,
    environment: str | None,
    plan_file: str | None,
    yes: bool,
    api_version: str | None,
    callouts: tuple[tuple[str, str], ...],
    output_file: str | None,
    **choices: Any,
) -> Outcome:
    """Deploy integrations: metadata, secret, flow, assignment.

    Stage 1 brings credentials, registration and permission set; then the secrets are set, the names are read back from
    the org, stage 2 brings the flow, and the permission set is assigned. What the org has already is not sent again.
    """
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.terminal import stoppable
    from sfsetup.cli.views.progress import progress

    chosen = _options(environment, api_version, choices)
    told: set[str] = set()
    with (
        stoppable(),
        progress(quiet=options.chosen_format() == "json" and not options.is_ci()) as show,
        resolve(org, writing=not chosen.dry_run, yes=yes, api_version=api_version, callouts=callouts) as connection,
    ):

        def listener(event: Event) -> None:
            told.add(event.message)
            show(event)

        paths = options.different([Path(spec) for spec in specs])
        try:
            waiting = _prepared(paths, connection, chosen, listener, plan_file, yes=yes)
        except KeyboardInterrupt as cause:
            raise Interrupted("Interrupted before anything was sent.", cause=cause) from None
        outcomes, error = _run(waiting)
    return _report(outcomes, error, org, frozenset(told))


def _options(environment: str | None, api_version: str | None, choices: dict[str, Any]) -> ApplyOptions:
    from sfsetup.apply.options import ApplyOptions

    wait = choices["wait"]
    given: dict[str, Any] = {} if wait is None else {"wait": wait * 60.0}
    return ApplyOptions(
        environment=environment,
        api_version=api_version,
        dry_run=choices["dry_run"],
        only=options.stages(choices["only"]),
        secrets=choices["secrets"],
        take_flow=choices["take_flow"],
        allow_destructive=choices["allow_destructive"],
        test_level=choices["test_level"],
        tests=tuple(choices["tests"]),
        **given,
    )


def _prepared(
    paths: list[Path],
    connection: OrgConnection,
    chosen: ApplyOptions,
    listener: Listener,
    plan_file: str | None,
    *,
    yes: bool,
) -> list[Deployment]:
    """Everything is read, planned and checked before the first byte is sent, for all integrations."""
    from sfsetup.apply.deploy import Deployment
    from sfsetup.apply.environment import allow_writing
    from sfsetup.apply.planfile import PlanFile
    from sfsetup.apply.prepare import prepare
    from sfsetup.apply.remote import Remote
    from sfsetup.apply.together import check_file

    file = PlanFile.read(Path(plan_file)) if plan_file else None
    if file is not None:
        chosen = file.options(chosen)
    made = []
    for path in paths:
        prepared = prepare(path, connection, chosen, listener)
        if not chosen.dry_run:
            allow_writing(prepared.spec, connection.info, yes=yes)
        if file is not None:
            file.check(prepared)
        remote = Remote(connection.at(prepared.components.api_version), listener)
        again = partial(prepare, path, connection, chosen, listener)
        made.append(Deployment(prepared, remote, chosen, listener, again=again))
    if file is not None:
        file.check_all(made)
        check_file(file.path, [one.prepared for one in made])
    for deployment in made:
        deployment.check()
    return made


def _run(waiting: list[Deployment]) -> tuple[list[DeployOutcome], SfsetupError | None]:
    outcomes: list[DeployOutcome] = []
    for deployment in waiting:
        outcome, error = deployment.run(waiting[: len(outcomes)])
        outcomes.append(outcome)
        if error is not None:
            verb = "was interrupted" if isinstance(error, Interrupted) else "failed"
            for later in waiting[len(outcomes) :]:
                later.outcome.problems.append(f"Not begun: {outcome.spec} {verb} before it.")
                outcomes.append(later.outcome)
            return outcomes, error
    return outcomes, None


def _report(
    outcomes: list[DeployOutcome], error: SfsetupError | None, org: str | None, told: frozenset[str]
) -> Outcome:
    from sfsetup.cli.views.deploy import deploy_text
    from sfsetup.cli.views.interrupted import interrupted_actions

    code = ExitCode.DONE
    if error is not None:
        code = error.exit_code
    elif any(outcome.incomplete for outcome in outcomes):
        code = ExitCode.INCOMPLETE
    message = str(error) if error is not None else _unclean(outcomes)
    rows = [outcome.as_json() for outcome in outcomes]
    return Outcome(
        result=rows[0] if len(rows) == 1 else {"runs": rows},
        human=lambda: "\n".join(deploy_text(outcome, org) for outcome in outcomes),
        formats={name: _format(name, outcomes) for name in ("junit", "github", "markdown")},
        exit_code=code,
        warnings=[*_findings(outcomes), *(warning for outcome in outcomes for warning in outcome.warnings)],
        message=message,
        name=type(error).__name__ if error is not None else None,
        actions=[
            *(error.actions if error is not None else ()),
            *(sentence for outcome in outcomes for sentence in interrupted_actions(outcome, org)),
        ],
        told=told,
    )


def _unclean(outcomes: list[DeployOutcome]) -> str | None:
    """What exit code 5 means this time; None where all is done and clean."""
    if any(other.components for outcome in outcomes for other in outcome.concurrent):
        return "Done, and another deployment touched the same components meanwhile: see the warnings."
    if any(outcome.incomplete for outcome in outcomes):
        return "Done, and not everything could be seen: see the warnings."
    return None


def _findings(outcomes: list[DeployOutcome]) -> list[str]:
    """What was found and would never stop a deploy."""
    from sfsetup.model.finding import Severity

    found = [f for outcome in outcomes for f in outcome.findings if not f.severity.at_least(Severity.HIGH)]
    return [
        " ".join(
            filter(None, (f"{finding.file}:{finding.line}:" if finding.line else "", finding.message, finding.fix))
        )
        for finding in found
    ]


def _format(name: str, outcomes: list[DeployOutcome]) -> Any:
    def made() -> str:
        from sfsetup.cli.views import deploy_reports

        text: str = getattr(deploy_reports, f"to_{name}")(outcomes)
        return text

    return made
