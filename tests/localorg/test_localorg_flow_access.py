"""Who may run a flow: Run Flows, the flow's own access, activation, and the same for flows within flows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sfsetup.localorg.state import User
from tests.localorg.judge_cases import Piece, grant, listed
from tests.support.judging import Bench, component

REFUSED = ("INSUFFICIENT_ACCESS", "Insufficient Privileges")


def flow(name: str = "F", *, more: str = "", status: str = "Active", said: str = "done") -> Piece:
    """Sets its output and ends."""
    way = "<connector><targetReference>Set</targetReference></connector>"
    inner = (
        "<assignments><name>Set</name><label>Set</label><locationX>0</locationX><locationY>0</locationY><assignmentItems>"
        f"<assignToReference>said</assignToReference><operator>Assign</operator><value><stringValue>{said}</stringValue>"
        f"</value></assignmentItems></assignments>{more}<label>F</label><processType>AutoLaunchedFlow</processType>"
        f"<start><locationX>0</locationX><locationY>0</locationY>{way}</start><status>{status}</status>"
        "<variables><name>said</name><dataType>String</dataType><isCollection>false</isCollection><isInput>false</isInput>"
        "<isOutput>true</isOutput></variables>"
    )
    return ("Flow", name, inner)


RESTRICTED = "<isAdditionalPermissionRequiredToRun>true</isAdditionalPermissionRequiredToRun>"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        run_flow = listed("userPermissions", enabled="true", name="RunFlow")
        manage_flow = listed("userPermissions", enabled="true", name="ManageFlow")
        access = listed("flowAccesses", enabled="true", flow="F")
        for name, more in (("Run", run_flow), ("Manage", manage_flow), ("Access", access)):
            made.put(component(*grant("", more=more, name=name)))
        yield made


def put(bench: Bench, *pieces: Piece) -> None:
    for piece in pieces:
        bench.put(component(*piece))


def result(bench: Bench, user: User, name: str = "F") -> Any:
    """The output, or (statusCode, message) of the error."""
    ran = bench.run(user, name)
    if ran["isSuccess"]:
        return ran["outputValues"]["said"]
    return ran["errors"][0]["statusCode"], ran["errors"][0]["message"]


def is_refused(found: Any) -> bool:
    return isinstance(found, tuple) and found[0] == REFUSED[0] and found[1].startswith(REFUSED[1])


@pytest.mark.parametrize(
    ("sets", "flow_user", "may"),
    [
        ((), False, False),
        (("Run",), False, True),
        (("Access",), False, False),
        (("Manage",), False, True),
        ((), True, True),
    ],
)
def test_run_flows(bench: Bench, sets: tuple[str, ...], flow_user: bool, may: bool) -> None:
    put(bench, flow())
    user = bench.user("u@bench.example", *sets)
    bench.state.users.update(user, is_flow_user=flow_user)
    user = bench.user("u@bench.example")
    found = result(bench, user)
    assert (found == "done") is may
    assert is_refused(found) is not may


@pytest.mark.parametrize(
    ("sets", "may"),
    [
        (("Run",), False),
        (("Access",), False),
        (("Manage",), False),
        (("Run", "Access"), True),
        (("Manage", "Access"), True),
    ],
)
def test_a_restricted_flow_asks_for_its_own_access_on_top(bench: Bench, sets: tuple[str, ...], may: bool) -> None:
    put(bench, flow(more=RESTRICTED))
    assert is_refused(result(bench, bench.user("u@bench.example", *sets))) is not may


def test_an_inactive_flow_is_for_managers(bench: Bench) -> None:
    put(bench, flow(status="Draft"))
    code, message = result(bench, bench.user("u@bench.example", "Run"))
    assert (code, "no active version" in message) == ("INSUFFICIENT_ACCESS", True)
    assert result(bench, bench.user("m@bench.example", "Manage")) == "done"


def test_managers_run_the_latest_version_others_the_active_one(bench: Bench) -> None:
    put(bench, flow(said="one"), flow(said="two", status="Draft"))
    assert result(bench, bench.user("u@bench.example", "Run")) == "one"
    assert result(bench, bench.user("m@bench.example", "Manage")) == "two"


def test_the_grants_of_a_set_that_needs_activation_do_not_count(bench: Bench) -> None:
    put(bench, flow())
    inner = grant("", more=listed("userPermissions", enabled="true", name="RunFlow"))[2]
    bench.put(component("PermissionSet", "Later", f"<hasActivationRequired>true</hasActivationRequired>{inner}"))
    assert is_refused(result(bench, bench.user("u@bench.example", "Later")))


@pytest.mark.parametrize("profile", ["Guest User", "Minimum Access"])
def test_profiles_without_run_flows(bench: Bench, profile: str) -> None:
    put(bench, flow())
    assert is_refused(result(bench, bench.user("u@bench.example", profile=profile)))


def test_profiles_with_run_flows(bench: Bench) -> None:
    put(bench, flow())
    assert result(bench, bench.user("u@bench.example", profile="Standard User")) == "done"


def calling(name: str, target: str) -> Piece:
    """A flow that runs another one and hands its output on."""
    inner = (
        f"<label>F</label><processType>AutoLaunchedFlow</processType>"
        "<start><locationX>0</locationX><locationY>0</locationY><connector><targetReference>Sub</targetReference></connector>"
        "</start><status>Active</status>"
        f"<subflows><name>Sub</name><label>Sub</label><locationX>0</locationX><locationY>0</locationY>"
        f"<flowName>{target}</flowName><outputAssignments><assignToReference>said</assignToReference><name>said</name>"
        "</outputAssignments></subflows><variables><name>said</name><dataType>String</dataType><isCollection>false"
        "</isCollection><isInput>false</isInput><isOutput>true</isOutput></variables>"
    )
    return ("Flow", name, inner)


def test_flows_within_flows(bench: Bench) -> None:
    put(bench, flow("Inner", said="inner"), calling("F", "Inner"))
    assert result(bench, bench.user("u@bench.example", "Run")) == "inner"


def test_a_restricted_flow_within_a_flow(bench: Bench) -> None:
    put(bench, flow("Inner", more=RESTRICTED), calling("F", "Inner"))
    assert is_refused(result(bench, bench.user("u@bench.example", "Run")))


def test_flows_that_call_one_another_end(bench: Bench) -> None:
    put(bench, calling("F", "G"), calling("G", "F"))
    _, message = result(bench, bench.user("u@bench.example", "Run"))
    assert "levels deep" in message


def test_a_flow_within_a_flow_that_is_not_there(bench: Bench) -> None:
    put(bench, calling("F", "Nothing"))
    _, message = result(bench, bench.user("u@bench.example", "Run"))
    assert "Nothing of the subflow Sub does not exist" in message
