"""A deploy as JUnit, as GitHub annotations and as a Markdown job summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfsetup.apply.outcome import FAILED, NOT_CHECKABLE, SKIPPED, ComponentOutcome, DeployOutcome, StageOutcome
from sfsetup.cli.views.deploy import TITLES, headline, stage_line
from sfsetup.cli.views.findings import plain
from sfsetup.cli.views.github import SHOWN_PER_KIND
from sfsetup.cli.views.markdown import escaped


def to_junit(outcomes: Sequence[DeployOutcome]) -> str:
    """One suite per integration; one case per component, secret, Apex test and assignment."""
    from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

    document = JUnitXml()
    for outcome in outcomes:
        suite = TestSuite(plain(f"sfsetup deploy {outcome.spec}"))
        for name, kind, problem, skipped in _cases(outcome):
            case = TestCase(plain(name), plain(kind), 0)
            if problem:
                failure = Failure(plain(problem), kind)
                failure.text = plain(problem)
                case.result = [failure]
            elif skipped:
                case.result = [Skipped(plain(skipped))]
            suite.add_testcase(case)
        document.add_testsuite(suite)
    from lxml import etree

    text: bytes = etree.tostring(document._elem, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text.decode("utf-8")


def _cases(outcome: DeployOutcome) -> Iterator[tuple[str, str, str | None, str | None]]:
    for stage in outcome.stages:
        told = False
        for row in stage.components:
            told = told or _is_error(row)
            yield f"{row.type} {row.full_name}", stage.name, _problem(row) if _is_error(row) else None, None
        for test in stage.tests:
            told = True
            yield test.name, "apex", f"{test.message} {test.hint or ''}".strip(), None
        problem = stage.message if stage.status == FAILED and not told else None
        if problem or not stage.components:
            skipped = stage.message or stage.status if stage.status in (SKIPPED, NOT_CHECKABLE) else None
            yield f"stage {stage.name}", stage.name, problem, skipped
    for secret in outcome.secrets:
        yield f"{secret.principal} / {secret.parameter}: {secret.action}", "secret", None, None
    for assignment in outcome.assignments:
        yield f"{assignment.permission_set} to {assignment.user}: {assignment.action}", "assign", None, None
    for problem in _without_stage(outcome):
        yield "deploy", "deploy", problem, None
    for other in outcome.concurrent:
        text = f"{other.effect}: {', '.join(other.components) or 'components not seen'}"
        name = f"another deployment at the same time: {other.deploy_id}"
        yield name, "concurrent", text if other.components else None, None if other.components else text


def _without_stage(outcome: DeployOutcome) -> list[str]:
    """Why nothing was begun: no stage tells it."""
    return [] if any(stage.status == FAILED for stage in outcome.stages) else outcome.problems


def to_github(outcomes: Sequence[DeployOutcome]) -> str:
    """Workflow commands: errors and warnings on the lines of integration.yaml, at most ten of a kind."""
    errors: list[str] = []
    warnings: list[str] = []
    for outcome in outcomes:
        for stage in outcome.stages:
            rows = [row for row in stage.components if row.problem]
            for row in rows:
                (errors if _is_error(row) else warnings).append(_annotation(row))
            errors += [f"::error title=Apex test::{_data(f'{test.name}: {test.message}')}" for test in stage.tests]
            if stage.status == FAILED and not rows and not stage.tests:
                errors.append(f"::error title=sfsetup {stage.name}::{_data(stage.message or 'failed')}")
        errors += [f"::error title=sfsetup::{_data(problem)}" for problem in _without_stage(outcome)]
        warnings += [f"::warning title=sfsetup::{_data(warning)}" for warning in outcome.warnings]
    lines = errors[:SHOWN_PER_KIND] + warnings[:SHOWN_PER_KIND]
    left_out = len(errors) + len(warnings) - len(lines)
    if left_out:
        lines.append(f"::notice title=sfsetup::{left_out} more are in the full report")
    return "\n".join([*lines, *(f"::notice title=sfsetup::{_data(headline(outcome))}" for outcome in outcomes)])


def _annotation(row: ComponentOutcome) -> str:
    kind = "error" if _is_error(row) else "warning"
    properties = {"file": row.file, "line": row.line, "title": f"{row.type} {row.full_name}"}
    written = ",".join(
        f"{name}={_data(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in properties.items()
        if value
    )
    return f"::{kind} {written}::{_data(_problem(row))}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def to_markdown(outcomes: Sequence[DeployOutcome]) -> str:
    """A job summary: one table per integration, problems below it."""
    return "\n".join(line for outcome in outcomes for line in _summary(outcome)) + "\n"


def _summary(outcome: DeployOutcome) -> Iterator[str]:
    yield f"## {escaped(headline(outcome))}"
    yield ""
    yield "| stage | outcome |"
    yield "|---|---|"
    for stage in outcome.stages:
        yield f"| {TITLES[stage.name]} | {escaped(stage_line(stage, outcome))} |"
    yield ""
    for stage in outcome.stages:
        yield from _problems(stage)
    yield from (f"- {escaped(problem)}" for problem in _without_stage(outcome))
    yield from (f"- Warning: {escaped(warning)}" for warning in outcome.warnings)
    if outcome.kept:
        yield ""
        yield from (
            f"- Left alone: {kept.type} {escaped(kept.full_name)}: {escaped(kept.reason)}" for kept in outcome.kept
        )
    yield ""


def _problems(stage: StageOutcome) -> Iterator[str]:
    for row in stage.components:
        if row.problem:
            place = f" ({escaped(f'{row.file}:{row.line}')})" if row.file and row.line else ""
            yield f"- **{row.type} {escaped(row.full_name)}**{place}: {escaped(_problem(row))}"
    for test in stage.tests:
        yield f"- **{escaped(test.name)}**: {escaped(test.message)} {escaped(test.hint or '')}"
    if stage.status == FAILED and stage.message and not stage.components and not stage.tests:
        yield f"- **{stage.name}**: {escaped(stage.message)}"


def _is_error(row: ComponentOutcome) -> bool:
    return bool(row.problem) and row.severity == "error"


def _problem(row: ComponentOutcome) -> str:
    return f"{row.problem} {row.hint or ''}".strip()
