"""Options that several commands share, so that they have one spelling, one help text and one meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from sfsetup.cli import output
from sfsetup.cli.output import Outcome
from sfsetup.errors import SfsetupError

F = TypeVar("F", bound=Callable[..., Any])

SEVERITIES = ("critical", "high", "medium", "low", "info", "never")

spec_argument = click.argument("spec", metavar="SPEC", type=click.Path(path_type=str))
specs_argument = click.argument("specs", metavar="SPEC…", nargs=-1, required=True, type=click.Path(path_type=str))
org_option = click.option(
    "-o", "--target-org", "org", metavar="ORG", help="local[:NAME], env, or an alias or username."
)
env_option = click.option("-e", "--env", "environment", metavar="NAME", help="Environment of the spec.")
api_version_option = click.option("--api-version", metavar="NN.0", help="API version to use instead of the default.")
wait_option = click.option(
    "--wait", metavar="MINUTES", type=click.FloatRange(min=0), default=33.0, help="Minutes to wait for a job (33)."
)
yes_option = click.option("--yes", is_flag=True, help="Answer every question with yes; needed for production.")
callouts_option = click.option(
    "--callouts",
    nargs=2,
    multiple=True,
    metavar="allow HOST",
    help="Local org only: where callouts may go (127.0.0.1:PORT, or a host for real).",
)
fail_on_option = click.option(
    "--fail-on", type=click.Choice(SEVERITIES), default="high", show_default=True, help="Exit 3 from this severity on."
)
TEST_LEVELS = ("NoTestRun", "RunSpecifiedTests", "RunLocalTests", "RunAllTestsInOrg", "RunRelevantTests")
"""TestLevel of the Metadata WSDL; the last one exists from 66.0 on (reference 'wire protocols', 1.4)."""
STAGES = ("metadata", "secret", "flow", "assign")

only_option = click.option(
    "--only", multiple=True, type=click.Choice(STAGES), help="Only this stage; may be given several times."
)
secrets_option = click.option(
    "--secrets",
    type=click.Choice(("missing", "always")),
    default="missing",
    show_default=True,
    help="Which secrets to write: those that the org lacks, or all.",
)
take_flow_option = click.option(
    "--take-flow", is_flag=True, help="Overwrite a flow that somebody changed, or make its latest version active."
)
output_file_option = click.option("-f", "--output-file", metavar="FILE", help="Write the report to this file.")
output_dir_option = click.option(
    "-d", "--output-dir", metavar="DIR", required=True, help="Folder to write to; nothing in it is deleted."
)


def reporting(*formats: str) -> Callable[[F], F]:
    """Adds `--json`, and `--format` with the given further formats, and shows the Outcome that the command returns."""
    choices: Sequence[str] = ("human", "json", *formats)

    def decorate(function: F) -> F:
        import functools

        @functools.wraps(function)
        def wrapper(*args: Any, as_json: bool, report_format: str | None, **kwargs: Any) -> int:
            chosen = "json" if as_json else (report_format or "human")
            context = click.get_current_context()
            context.meta["sfsetup.format"] = chosen
            output.check_output_file(kwargs.get("output_file"))
            try:
                outcome = function(*args, **kwargs)
            except SfsetupError as error:
                if chosen != "json" or kwargs.get("output_file") in (None, "-"):
                    raise
                # data was asked for in a file: that nothing came of it is data too
                return output.failure(error, as_json=True, output_file=kwargs["output_file"])
            if not isinstance(outcome, Outcome):
                raise TypeError(f"{function.__name__} did not return an Outcome")
            return output.finish(outcome, format=chosen, output_file=kwargs.get("output_file"))

        decorated: Any = click.option("--json", "as_json", is_flag=True, help="Same as --format json.")(wrapper)
        decorated = click.option(
            "--format", "report_format", type=click.Choice(choices), help="How to report; human by default."
        )(decorated)
        result: F = decorated
        return result

    return decorate


def stages(names: Sequence[str]) -> frozenset[Any]:
    """The StageNames that `--only` names; all of them when it names none."""
    from sfsetup.model.plan import StageName

    return frozenset(StageName(name) for name in names) if names else frozenset(StageName)


def different(paths: Sequence[Path]) -> list[Path]:
    """The SPECs, if their folders have different names: reports and plan files tell integrations apart by them."""
    from sfsetup.errors import UsageError

    names: dict[str, Path] = {}
    for path in paths:
        name = (path if path.is_dir() else path.parent).resolve().name
        if name in names:
            raise UsageError(
                f"{names[name]} and {path} have the same name {name!r}.", actions=["Give them one by one."]
            )
        names[name] = path
    return list(paths)


def chosen_format() -> str:
    """The report format of the running command; `human` outside of one."""
    context = click.get_current_context(silent=True)
    return str(context.meta.get("sfsetup.format", "human")) if context else "human"


def is_ci() -> bool:
    """True where a CI system runs the command: talk goes to its log even when data is asked for."""
    import os

    return bool(os.environ.get("CI"))


def threshold(name: str) -> Any:
    """The Severity that `--fail-on` names, or None for `never`."""
    from sfsetup.model.finding import Severity

    return None if name == "never" else Severity(name)
