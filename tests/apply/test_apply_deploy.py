"""The walk through a plan against an org that a test scripts: order, waiting, splitting, stopping, telling."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfsetup.apply.outcome import DeployOutcome
from sfsetup.cli.views import deploy_reports
from sfsetup.cli.views.deploy import deploy_text
from sfsetup.errors import Unreachable, UsageError
from sfsetup.model.plan import StageName
from sfsetup.model.snapshot import FlowVersions
from sfsetup.org.jobs import DeployMessage, DeployResult, TestFailure
from tests.support.scripted_deploy import NOT_READY, Run, ScriptedRemote, failed, inactive, problem, succeeded

INACTIVE = FlowVersions("Send_SMS", None, 2)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SFSETUP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EIGHT_BY_EIGHT_API_KEY", "scripted-key-01")
    return tmp_path


def test_the_order_of_it_all(repository: Path, home: Path) -> None:
    run = Run(repository, ScriptedRemote())
    outcome, error = run.run()
    assert error is None
    kinds = [entry[0] for entry in run.remote.done]
    assert kinds == ["deploy", "store", "describe", "deploy", "assign"]
    assert run.remote.done[0][1] == [
        "externalCredentials/X8x8_CPaaS_Authentication.externalCredential",
        "externalServiceRegistrations/CPaaSSMS.externalServiceRegistration",
        "namedCredentials/X8x8_SMS_API.namedCredential",
        "permissionsets/CPaaS_API_Access.permissionset",
    ]
    assert run.remote.done[1] == ("store", "8x8 API Key Principal", [("api_key", "scripted-key-01")])
    assert run.remote.done[3][1] == ["flows/Send_SMS.flow"]
    assert outcome.operations[0].source == "predicted"
    assert "names are predicted" in run.said()


def test_a_service_that_is_not_ready_is_waited_for(repository: Path, home: Path) -> None:
    not_ready = failed(problem("Flow", "Send_SMS", NOT_READY))
    run = Run(repository, ScriptedRemote([succeeded, not_ready, not_ready]))
    outcome, error = run.run()
    assert error is None
    assert run.slept == [1.0, 2.0]
    assert outcome.stages[2].deploy_id == "0Af4"
    # a failure that passes is not shown as one
    assert "is invalid" not in run.said()
    assert not outcome.problems


def test_but_not_for_ever(repository: Path, home: Path) -> None:
    not_ready = failed(problem("Flow", "Send_SMS", NOT_READY))
    run = Run(repository, ScriptedRemote([succeeded, *[not_ready] * 50]))
    outcome, error = run.run()
    assert error is not None
    assert sum(run.slept) <= 90
    assert [stage.status for stage in outcome.stages] == ["done", "done", "failed", "skipped"]
    (row,) = [row for row in outcome.stages[2].components if row.problem]
    assert row.problem == NOT_READY
    assert "Apex types" in (row.hint or "")
    assert (row.file or "").endswith("integration.yaml")
    assert row.line == 17


@pytest.mark.parametrize(
    "messages",
    [
        [problem("Flow", "Send_SMS", "Something else")],
        [problem("Flow", "Send_SMS", NOT_READY), problem("Flow", "Other", "Something else")],
    ],
)
def test_another_failure_is_not_waited_for(repository: Path, home: Path, messages: list[DeployMessage]) -> None:
    run = Run(repository, ScriptedRemote([succeeded, failed(*messages)]))
    _outcome, error = run.run()
    assert error is not None
    assert run.slept == []
    assert run.remote.sent == 2


def test_a_permission_set_that_needs_the_credential_goes_alone(repository: Path, home: Path) -> None:
    refusal = failed(problem("PermissionSet", "CPaaS_API_Access", "invalid cross reference id"))
    run = Run(repository, ScriptedRemote([refusal]))
    _outcome, error = run.run()
    assert error is None
    sent = [entry[1] for entry in run.remote.done if entry[0] == "deploy"]
    assert [len(files) for files in sent] == [4, 3, 1, 1]
    assert sent[2] == ["permissionsets/CPaaS_API_Access.permissionset"]


def test_nothing_comes_after_a_failure(repository: Path, home: Path) -> None:
    run = Run(
        repository, ScriptedRemote([failed(problem("NamedCredential", "X8x8_SMS_API", "Value too long for field: x"))])
    )
    outcome, error = run.run()
    assert error is not None
    assert error.exit_code == 1
    assert [entry[0] for entry in run.remote.done] == ["deploy"]
    assert [stage.status for stage in outcome.stages] == ["failed", "skipped", "skipped", "skipped"]
    assert "Shorten" in run.said()
    assert "integration.yaml:15" in run.said()


def test_a_broken_connection_says_what_was_done_before_it(repository: Path, home: Path) -> None:
    remote = ScriptedRemote()

    def broken(*_arguments: Any) -> bool:
        raise Unreachable("The org does not answer.")

    remote.assign = broken  # type: ignore[method-assign]
    outcome, error = Run(repository, remote).run()
    assert isinstance(error, Unreachable)
    assert [stage.status for stage in outcome.stages] == ["done", "done", "done", "failed"]
    assert outcome.secrets[0].action == "written"


def test_an_absent_secret_stops_it_before_anything(
    repository: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sfsetup.apply import secrets

    monkeypatch.delenv("EIGHT_BY_EIGHT_API_KEY")
    secrets._taken.clear()
    run = Run(repository, ScriptedRemote())
    with pytest.raises(UsageError, match="EIGHT_BY_EIGHT_API_KEY"):
        run.run()
    assert run.remote.done == []


def test_a_dry_run_changes_nothing(repository: Path, home: Path) -> None:
    run = Run(repository, ScriptedRemote(), dry_run=True)
    outcome, error = run.run()
    assert error is None
    assert [(entry[0], entry[2].check_only) for entry in run.remote.done] == [("deploy", True)]
    assert [stage.status for stage in outcome.stages] == ["done", "notCheckable", "notCheckable", "notCheckable"]
    assert outcome.secrets[0].action == "wouldWrite"
    assert outcome.assignments[0].action == "wouldAssign"
    assert outcome.backup is None


@pytest.mark.parametrize(
    ("versions", "failing"),
    [
        (FlowVersions("Send_SMS", 1, 1), False),
        (FlowVersions("Send_SMS", None, 1), True),
        (FlowVersions("Send_SMS", 1, 2), True),
        (None, False),
    ],
)
def test_activation_is_read_back(repository: Path, home: Path, versions: FlowVersions | None, failing: bool) -> None:
    outcome, error = Run(repository, ScriptedRemote(versions=versions)).run()
    assert (error is not None) is failing
    assert outcome.incomplete is (versions is None)
    if error is not None:
        assert "was to be active and is not" in str(error)


def test_a_flow_is_activated_without_being_sent(repository: Path, home: Path) -> None:
    run = Run(
        repository, ScriptedRemote(before=INACTIVE, versions=FlowVersions("Send_SMS", 2, 2)), inactive(repository)
    )
    outcome, error = run.run()
    assert error is None
    assert [entry for entry in run.remote.done if entry[0] != "describe"] == [("activate", "Send_SMS", 2)]
    assert (outcome.activated_by, outcome.stages[2].status, outcome.backup is not None) == ("api", "done", True)
    assert "deployed" in deploy_text(outcome).splitlines()[0]


def test_an_org_that_refuses_gets_the_flow_again(repository: Path, home: Path) -> None:
    remote = ScriptedRemote(before=INACTIVE, versions=FlowVersions("Send_SMS", 3, 3), refuses_activation=True)
    run = Run(repository, remote, inactive(repository))
    outcome, error = run.run()
    assert error is None
    assert [entry[0] for entry in remote.done] == ["describe", "activate", "deploy"]
    assert (outcome.activated_by, outcome.stages[2].deploy_id) == ("deploy", "0Af1")
    assert "deployed again, as a new version" in run.said()


def test_an_activation_without_effect_is_a_failure(repository: Path, home: Path) -> None:
    run = Run(repository, ScriptedRemote(versions=FlowVersions("Send_SMS", None, 2)), inactive(repository))
    outcome, error = run.run()
    assert "took the activation of version 2 without an error, and no version is active" in str(error)
    assert outcome.stages[2].status == "failed"


def test_tests_and_coverage_have_their_own_hints(repository: Path, home: Path) -> None:
    result = failed(
        test_failures=(TestFailure(name="AccountTest", method="works", message="System.AssertException: no"),),
        coverage_warnings=("Average test coverage across all Apex Classes and Triggers is 60%",),
        test_errors=1,
        tests_total=3,
        tests_completed=3,
    )
    run = Run(repository, ScriptedRemote([result]), test_level="RunSpecifiedTests", tests=("AccountTest",))
    outcome, error = run.run()
    assert error is not None
    sent = run.remote.done[0][2]
    assert (sent.test_level, sent.run_tests) == ("RunSpecifiedTests", ("AccountTest",))
    assert [test.name for test in outcome.stages[0].tests] == ["AccountTest.works", "coverage"]
    assert all(test.hint for test in outcome.stages[0].tests)
    assert "3 of 3 tests" in run.said()


def test_no_test_level_is_sent_unless_asked_for(repository: Path, home: Path) -> None:
    run = Run(repository, ScriptedRemote())
    run.run()
    assert run.remote.done[0][2].test_level is None
    named = Run(repository, ScriptedRemote(), tests=("A",))
    named.run()
    assert named.remote.done[0][2].test_level == "RunSpecifiedTests"


def test_only_the_stages_that_were_asked_for(repository: Path, home: Path) -> None:
    run = Run(repository, ScriptedRemote(), only=frozenset({StageName.SECRET}))
    outcome, error = run.run()
    assert error is None
    assert [entry[0] for entry in run.remote.done] == ["store"]
    assert [stage.status for stage in outcome.stages] == ["skipped", "done", "skipped", "skipped"]


def test_what_the_org_warns_of_is_told_and_does_not_fail(repository: Path, home: Path) -> None:
    def warned(job_id: str) -> DeployResult:
        message = DeployMessage(
            component_type="NamedCredential",
            full_name="X8x8_SMS_API",
            file_name="x",
            success=True,
            created=True,
            changed=True,
            problem="Mind this",
            problem_type="Warning",
        )
        return replace(succeeded(job_id), successes=(message,))

    run = Run(repository, ScriptedRemote([warned]))
    _outcome, error = run.run()
    assert error is None
    assert "Mind this" in run.said()


def reports(outcome: DeployOutcome) -> dict[str, str]:
    return {name: getattr(deploy_reports, f"to_{name}")([outcome]) for name in ("junit", "github", "markdown")}


def test_reports_of_a_failure(repository: Path, home: Path) -> None:
    text = "Value too long for field: <x> & 100%, at most 80"
    run = Run(repository, ScriptedRemote([failed(problem("NamedCredential", "X8x8_SMS_API", text))]))
    outcome, _error = run.run()
    made = reports(outcome)
    assert "&lt;x&gt; &amp; 100%" in made["junit"]
    assert 'failures="1"' in made["junit"]
    assert "::error file=" in made["github"]
    assert ",line=15,title=NamedCredential X8x8_SMS_API::Value too long for field: <x> & 100%25" in made["github"]
    assert "&lt;x&gt; &amp; 100%" in made["markdown"]
    assert "FAILED" in deploy_text(outcome)


def test_reports_of_a_success(repository: Path, home: Path) -> None:
    outcome, _error = Run(repository, ScriptedRemote()).run()
    made = reports(outcome)
    assert 'failures="0"' in made["junit"]
    assert made["github"].startswith("::notice")
    assert "| Stage 1 | done |" in made["markdown"]
