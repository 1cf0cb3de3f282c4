"""Flows over REST: values of every type in and out, what is refused, and Apex-defined values by a switch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.localorg.callout_bench import CalloutBench
from tests.localorg.judge_cases import call, flow, reference

KINDS = ("String", "Number", "Boolean", "Date", "DateTime", "Time")


def variable(name: str, kind: str, io: str, *, many: bool = False, of: str = "") -> str:
    flags = {"isCollection": many, "isInput": "i" in io, "isOutput": "o" in io}
    of = f"<apexClass>{of}</apexClass>" if of else ""
    inner = "".join(f"<{tag}>{str(value).lower()}</{tag}>" for tag, value in flags.items())
    return f"<variables><name>{name}</name>{of}<dataType>{kind}</dataType>{inner}</variables>"


def echo(kind: str, *, many: bool = False) -> tuple[str, str, str]:
    """A flow that gives back what it gets."""
    item = f"<assignToReference>out</assignToReference><operator>Assign</operator>{reference('in')}"
    set_ = "<name>Set</name><label>Set</label><locationX>0</locationX><locationY>0</locationY>"
    return flow(
        f"<assignments>{set_}<assignmentItems>{item}</assignmentItems></assignments>",
        variable("in", kind, "i", many=many),
        variable("out", kind, "o", many=many),
        first="Set",
    )


def run(bench: CalloutBench, inputs: dict[str, Any], version: float = 66.0) -> Any:
    """The outputs, or (statusCode, message)."""
    from sfsetup.localorg.invocable import Invocables

    admin = bench.state.users.get(bench.state.admin_id)
    assert admin is not None
    found = Invocables(bench.org, bench.runtime, admin).run_flow("F", inputs)
    assert found is not None
    shown = json.loads(json.dumps(found.as_json(version)))
    if shown["isSuccess"]:
        return shown["outputValues"]
    return shown["errors"][0]["statusCode"], shown["errors"][0]["message"]


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("String", "text ü", "text ü"),
        ("String", 7, "7"),
        ("Number", 7, 7),
        ("Number", 1.25, 1.25),
        ("Number", "1.25", 1.25),
        ("Boolean", True, True),
        ("Boolean", "false", False),
        ("Date", "2026-01-02", "2026-01-02"),
        ("DateTime", "2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05.000Z"),
        ("Time", "13:05:00.000Z", "13:05:00.000Z"),
        ("String", None, None),
    ],
)
def test_values_in_and_out(kind: str, given: Any, expected: Any) -> None:
    with CalloutBench() as bench:
        bench.take(echo(kind))
        assert run(bench, {"in": given})["out"] == expected


@pytest.mark.parametrize(
    ("kind", "given"), [("String", ["a", "b"]), ("Number", [1, 2.5]), ("Boolean", [True, False]), ("String", [])]
)
def test_collections(kind: str, given: list[Any]) -> None:
    with CalloutBench() as bench:
        bench.take(echo(kind, many=True))
        assert run(bench, {"in": given})["out"] == given


@pytest.mark.parametrize(
    ("kind", "many", "given"),
    [
        ("Number", False, "seven"),
        ("Number", False, True),
        ("Number", False, [1]),
        ("Boolean", False, "perhaps"),
        ("Date", False, "tomorrow"),
        ("DateTime", False, 5),
        ("Time", False, "noon"),
        ("String", False, {"a": 1}),
        ("String", True, "a"),
        ("Number", True, ["a"]),
    ],
)
def test_values_of_another_type(kind: str, many: bool, given: Any) -> None:
    with CalloutBench() as bench:
        bench.take(echo(kind, many=many))
        code, message = run(bench, {"in": given})
        assert code == "INVALID_INPUT"
        assert "in" in message


def test_an_input_that_the_flow_lacks() -> None:
    with CalloutBench() as bench:
        bench.take(echo("String"))
        assert run(bench, {"other": "a"})[0] == "INVALID_INPUT"
        assert run(bench, {"out": "a"})[0] == "INVALID_INPUT", "an output is no input"


def test_fields_that_newer_versions_add() -> None:
    with CalloutBench() as bench:
        bench.take(echo("String"))
        assert "Flow__InterviewGuid" not in run(bench, {}, 62.0)
        newer = run(bench, {}, 63.0)
        assert newer["Flow__InterviewStatus"] == "Finished"
        assert newer["Flow__InterviewGuid"]


THING = "ExternalService__Things_Thing"


def apex_flow() -> tuple[str, str, str]:
    """A flow whose input is the body of the call, and whose output is the answer."""
    taken = "<outputParameters><assignToReference>answer</assignToReference><name>200</name></outputParameters>"
    return flow(
        call(outputs=taken), variable("thing", "Apex", "i", of=THING), variable("answer", "Apex", "o", of=THING)
    )


def test_apex_defined_values_are_not_carried() -> None:
    with CalloutBench() as bench:
        bench.secret("E", "P", key="k")
        bench.take(apex_flow())
        code, message = run(bench, {"thing": {"name": "n"}})
        assert (code, "thing" in message) == ("INVALID_INPUT", True)


def test_apex_defined_values_are_carried_under_the_switch() -> None:
    with CalloutBench(rest_carries_apex_values=True) as bench:
        bench.secret("E", "P", key="k")
        bench.take(apex_flow())
        bench.take(("PermissionSet", "Own", f"<label>O</label>{_grants()}"))
        holder = bench.state.permissions.get("Own")
        assert holder is not None
        bench.state.permissions.assign(bench.state.admin_id, holder.id)
        outputs = run(bench, {"thing": {"name": "n", "tags": ["a"], "parts": [{"code": "c"}]}})
        assert outputs["answer"]["name"] == "example"
        assert json.loads(bench.sent()[0]["body"]) == {"name": "n", "tags": ["a"], "parts": [{"code": "c"}]}
        code, message = run(bench, {"thing": {"name": "n", "size": "big"}})
        assert (code, "/thing/size" in message) == ("INVALID_INPUT", True)


def _grants() -> str:
    return (
        "<externalCredentialPrincipalAccesses><enabled>true</enabled><externalCredentialPrincipal>E-P"
        "</externalCredentialPrincipal></externalCredentialPrincipalAccesses>"
    )
