"""What others do to the org while a deploy is under way: told before, looked for in between, found afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sfsetup.apply.others import FRESH
from sfsetup.apply.outcome import DeployOutcome
from sfsetup.cli.views import deploy_reports
from sfsetup.errors import ExitCode, OrgRefused, UsageError
from sfsetup.model.finding import ComponentRef
from sfsetup.model.snapshot import FlowVersions, OrgComponent, OrgSnapshot
from sfsetup.org.deployments import DeployRequest
from tests.support.scripted_deploy import ORG, Run, ScriptedRemote, inactive

NAMED = ComponentRef("NamedCredential", "X8x8_SMS_API")
SET = ComponentRef("PermissionSet", "CPaaS_API_Access")
FLOW = ComponentRef("Flow", "Send_SMS")
NOON, LATER = datetime(2026, 11, 26, 12, tzinfo=UTC), datetime(2026, 11, 26, 13, tzinfo=UTC)
RUNNING = DeployRequest(id="0AfRUNNING00001", status="InProgress", check_only=False, created=NOON, created_by="Olga")
ENDED = replace(RUNNING, id="0AfENDED0000001", status="Succeeded", completed=LATER)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EIGHT_BY_EIGHT_API_KEY", "scripted-key-01")


def component(
    ref: ComponentRef, content: bytes, *, day: int = 1, by: str = "Olga", by_id: str = "005O"
) -> OrgComponent:
    return OrgComponent(
        ref=ref,
        content=content,
        last_modified_by=by,
        last_modified_by_id=by_id,
        last_modified_date=f"2026-11-{day:02d}T10:00:00.000Z",
    )


def named(url: str) -> bytes:
    return (
        '<NamedCredential xmlns="http://soap.sforce.com/2006/04/metadata"><label>x</label><namedCredentialParameters>'
        f"<parameterName>Url</parameterName><parameterType>Url</parameterType><parameterValue>{url}</parameterValue>"
        "</namedCredentialParameters></NamedCredential>"
    ).encode()


def seen(*components: OrgComponent) -> OrgSnapshot:
    return OrgSnapshot(org=ORG, components={one.ref: one for one in components})


# before anything is sent


def test_running_deployments_are_told_and_do_not_stop_it(repository: Path) -> None:
    check_only = replace(RUNNING, id="0AfCHECK0000001", check_only=True)
    run = Run(repository, ScriptedRemote(others=(RUNNING,)), deployments=(RUNNING, check_only, ENDED))
    outcome, error = run.run()
    assert error is None
    (told,) = [warning for warning in outcome.warnings if "is under way" in warning]
    assert "0AfRUNNING00001 by Olga, begun 2026-11-26T12:00:00+00:00, InProgress" in told
    assert told in run.said()


@pytest.mark.parametrize("status", ["Pending", "InProgress", "Canceling", "Finalizing", "SomethingNew"])
def test_what_is_not_known_to_have_ended_runs(status: str) -> None:
    assert not replace(RUNNING, status=status).ended


def test_an_org_that_does_not_show_deployments(repository: Path) -> None:
    outcome, error = Run(repository, ScriptedRemote(others=None), deployments=None).run()
    assert error is None
    assert any("cannot be seen" in warning for warning in outcome.warnings)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (component(NAMED, named("https://a.example")), component(NAMED, named("https://b.example"), day=2), "was changed by Olga on 2026-11-02"),
        (None, component(NAMED, named("https://b.example")), "was made by Olga"),
        (component(NAMED, named("https://a.example")), None, "is not there any more"),
        # touched, and as it was: nobody's change would be lost
        (component(NAMED, named("https://a.example")), component(NAMED, named("https://a.example"), day=2), None),
        (component(NAMED, named("https://a.example")), component(NAMED, named("https://a.example")), None),
    ],
)  # fmt: skip
def test_what_has_moved_is_not_overwritten(
    repository: Path, before: OrgComponent | None, now: OrgComponent | None, said: str | None
) -> None:
    remote = ScriptedRemote(now={now.ref: now} if now else {})
    run = Run(repository, remote, seen(*([before] if before else [])), age=FRESH + 1)
    outcome, error = run.run()
    sent = [entry for entry in remote.done if entry[0] == "deploy"]
    if said is None:
        assert error is None
        assert sent
        return
    assert isinstance(error, UsageError)
    assert error.exit_code is ExitCode.USAGE
    assert said in error.message
    assert "Nothing was sent" in error.message
    assert not sent
    assert outcome.backup is None
    assert {stage.status for stage in outcome.stages} == {"skipped"}


def test_a_plan_just_made_is_not_looked_at_again(repository: Path) -> None:
    remote = ScriptedRemote()
    Run(repository, remote, age=FRESH / 2).run()
    assert not [entry for entry in remote.done if entry[0] == "list"]
    watched = ScriptedRemote(others=(RUNNING,))
    Run(repository, watched, deployments=(RUNNING,), age=FRESH / 2).run()
    assert [entry for entry in watched.done if entry[0] == "list"]


def test_a_dry_run_overwrites_nothing_and_looks_for_nothing(repository: Path) -> None:
    remote = ScriptedRemote(others=(ENDED,), touched={ENDED.id: frozenset({SET})})
    outcome, error = Run(repository, remote, deployments=(RUNNING,), age=60, dry_run=True).run()
    assert error is None
    assert not [entry for entry in remote.done if entry[0] == "list"]
    assert not outcome.concurrent


# before stage 2


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (FlowVersions("Send_SMS", None, 3, last_modified_by="Olga"), "has version 3 now by Olga"),
        (FlowVersions("Send_SMS", 2, 2, last_modified_by="Olga"), "has version 2 active now by Olga"),
        (FlowVersions("Send_SMS", None, 2), None),
    ],
)
def test_a_flow_that_has_moved_is_neither_sent_nor_activated(
    repository: Path, now: FlowVersions, said: str | None
) -> None:
    remote = ScriptedRemote(before=now, versions=FlowVersions("Send_SMS", 2, 2))
    outcome, error = Run(repository, remote, inactive(repository)).run()
    if said is None:
        assert error is None
        return
    assert isinstance(error, OrgRefused)
    assert said in error.message
    assert "Stage 2 was not sent" in error.message
    assert not [entry for entry in remote.done if entry[0] in ("deploy", "activate")]
    assert outcome.stages[2].status == "failed"


def test_a_flow_that_somebody_made_meanwhile(repository: Path) -> None:
    flow = component(FLOW, b'<Flow xmlns="http://soap.sforce.com/2006/04/metadata"><label>Theirs</label></Flow>')
    remote = ScriptedRemote(now={FLOW: flow})
    _outcome, error = Run(repository, remote).run()
    assert "Flow Send_SMS was made by Olga" in str(error)
    assert len([entry for entry in remote.done if entry[0] == "deploy"]) == 1


def test_a_draft_saved_in_its_place(repository: Path) -> None:
    snapshot = inactive(repository)
    before = FlowVersions("Send_SMS", None, 2, last_modified_date="2026-11-01")
    snapshot = replace(snapshot, flows={"Send_SMS": before})
    after = replace(before, last_modified_date="2026-11-02")
    changed = replace(
        snapshot.components[FLOW],
        content=snapshot.components[FLOW].content.replace(b"<label>Send SMS</label>", b"<label>Theirs</label>"),
        last_modified_by="Olga",
    )
    active = FlowVersions("Send_SMS", 2, 2)
    _outcome, error = Run(
        repository, ScriptedRemote(before=after, versions=active, now={FLOW: changed}), snapshot
    ).run()
    assert "Flow Send_SMS was changed by Olga" in str(error)
    same = ScriptedRemote(before=after, versions=active, now={FLOW: snapshot.components[FLOW]})
    assert Run(repository, same, snapshot).run()[1] is None


# afterwards


def sent_set(repository: Path) -> bytes:
    """The permission set as a first deploy sends it."""
    run = Run(repository, ScriptedRemote())
    return next(
        step.component.content for step in run.deployment.plan.steps if step.component and step.type == SET.type
    )


@pytest.mark.parametrize(
    ("one", "touched", "now", "effect", "said"),
    [
        (ENDED, {SET}, "ours", "overwritten", "is lost"),
        (ENDED, {SET}, "theirs", "overwrote", "overwritten by it in part"),
        (replace(ENDED, status="SucceededPartial"), {SET}, "ours", "overwritten", "is lost"),
        (RUNNING, {SET}, "ours", "running", "may overwrite PermissionSet CPaaS_API_Access"),
        (ENDED, None, "ours", "unknown", "cannot be seen"),
        (RUNNING, None, "ours", "running", "cannot be seen yet"),
        (RUNNING, set(), "ours", "running", "cannot be seen yet"),
        (ENDED, {ComponentRef("PermissionSet", "Other")}, "ours", None, None),
        (replace(ENDED, status="Failed"), {SET}, "ours", None, None),
        (replace(ENDED, check_only=True), {SET}, "ours", None, None),
    ],
)
def test_another_deployment_of_the_same_components(
    repository: Path,
    one: DeployRequest,
    touched: set[ComponentRef] | None,
    now: str,
    effect: str | None,
    said: str | None,
) -> None:
    content = sent_set(repository)
    if now == "theirs":
        content = content.replace(b"<label>CPaaS API Access</label>", b"<label>Theirs</label>")
    remote = ScriptedRemote(
        others=(one,),
        touched={one.id: frozenset(touched) if touched is not None else None},
        now={SET: component(SET, content)},
    )
    outcome, error = Run(repository, remote).run()
    assert error is None
    assert [entry.effect for entry in outcome.concurrent] == ([effect] if effect else [])
    assert outcome.incomplete is (effect is not None and (one.ended or bool(touched)))
    assert any(said in warning for warning in outcome.warnings) if said else not outcome.concurrent
    assert outcome.as_json()["concurrent"] == [entry.as_json() for entry in outcome.concurrent]


def test_a_deployment_that_the_plan_knew_of_has_lost_nothing(repository: Path) -> None:
    remote = ScriptedRemote(others=(ENDED,), touched={ENDED.id: frozenset({SET})})
    outcome, _error = Run(repository, remote, deployments=(ENDED,)).run()
    assert outcome.concurrent == []


def test_one_that_ended_while_the_plan_was_made_and_was_seen_by_it(repository: Path) -> None:
    content = sent_set(repository).replace(b"CPaaS API Access", b"Another")
    before = replace(component(SET, content), last_modified_date="2026-11-26T12:30:00.000Z")
    remote = ScriptedRemote(others=(ENDED,), touched={ENDED.id: frozenset({SET})}, now={SET: before})
    outcome, error = Run(repository, remote, seen(before), deployments=(RUNNING,)).run()
    assert error is None
    assert outcome.concurrent == []


def test_what_cannot_be_looked_for_is_said(repository: Path) -> None:
    class Silent(ScriptedRemote):
        def deployments(self) -> tuple[DeployRequest, ...] | None:
            raise OrgRefused("no more requests today")

    outcome, error = Run(repository, Silent()).run()
    assert error is None
    assert outcome.incomplete
    assert any("no more requests today" in warning for warning in outcome.warnings)


def test_who_may_not_see_the_jobs_of_others_does_not_wait_for_each(repository: Path) -> None:
    second = replace(ENDED, id="0AfENDED0000002")
    asked: list[str] = []

    class Blind(ScriptedRemote):
        def job_components(self, job_id: str) -> frozenset[ComponentRef] | None:
            asked.append(job_id)
            return None

    outcome, _error = Run(repository, Blind(others=(ENDED, second))).run()
    assert asked == [ENDED.id]
    assert [one.effect for one in outcome.concurrent] == ["unknown", "unknown"]


def test_jobs_of_the_same_command_are_none_of_others(repository: Path) -> None:
    class Before(ScriptedRemote):
        @property
        def jobs(self) -> list[str]:
            return [ENDED.id]

    first = Run(repository, Before())
    first.run()
    remote = ScriptedRemote(others=(ENDED,), touched={ENDED.id: frozenset({SET})}, now={})
    second = Run(repository, remote).deployment
    second.check()
    outcome, error = second.run([first.deployment])
    assert error is None
    assert outcome.concurrent == []


# in reports


def reports(outcome: DeployOutcome) -> dict[str, str]:
    return {name: getattr(deploy_reports, f"to_{name}")([outcome]) for name in ("junit", "github", "markdown")}


def test_reports_tell_why_nothing_was_begun(repository: Path) -> None:
    now = component(NAMED, named("https://b.example"))
    outcome, _error = Run(repository, ScriptedRemote(now={NAMED: now}), age=FRESH + 1).run()
    made = reports(outcome)
    assert 'failures="1"' in made["junit"]
    for text in made.values():
        assert "The org has moved since this was planned" in text
    assert "::error title=sfsetup::" in made["github"]


@pytest.mark.parametrize(("touched", "failures"), [({SET}, 1), (None, 0)])
def test_reports_tell_of_another_deployment(repository: Path, touched: set[ComponentRef] | None, failures: int) -> None:
    content = sent_set(repository)
    components = frozenset(touched) if touched is not None else None
    remote = ScriptedRemote(others=(ENDED,), touched={ENDED.id: components}, now={SET: component(SET, content)})
    made = reports(Run(repository, remote).run()[0])
    assert f'failures="{failures}"' in made["junit"]
    for text in made.values():
        assert ENDED.id in text
