"""Runs small flows written as XML against a class and an action of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sfsetup.facts import flow as flow_facts
from sfsetup.localorg.flow.interpreter import CallRequest, CallResult, Interview, run
from sfsetup.localorg.flow.load import load
from sfsetup.localorg.flow.program import Program
from sfsetup.localorg.flow.scope import Surroundings
from sfsetup.localorg.flow.values import APEX, NUMBER, TEXT, ClassShape, FlowType, Property
from sfsetup.text.xml import parse_xml

NS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PART = ClassShape("Part", {"code": Property("code", "code", FlowType(TEXT))})
THING = ClassShape(
    "Thing",
    {
        "name": Property("name", "name", FlowType(TEXT)),
        "size": Property("size", "size", FlowType(NUMBER)),
        "tags": Property("tags", "tags", FlowType(TEXT, collection=True)),
        "part": Property("part", "part", FlowType(APEX, "Part")),
        "parts": Property("parts", "parts", FlowType(APEX, "Part", collection=True)),
        "z0type": Property("z0type", "type", FlowType(TEXT)),
    },
)
CLASSES = {"Thing": THING, "Part": PART}


def variable(
    name: str, kind: str = "String", *, of: str = "", many: bool = False, io: str = "", default: str = ""
) -> str:
    """One variables; `io` holds `i` for an input and `o` for an output."""
    apex = f"<apexClass>{of}</apexClass>" if of else ""
    flags = f"<isCollection>{str(many).lower()}</isCollection><isInput>{str('i' in io).lower()}</isInput>"
    flags += f"<isOutput>{str('o' in io).lower()}</isOutput>"
    return f"<variables><name>{name}</name>{apex}<dataType>{kind}</dataType>{flags}{default}</variables>"


def value(text: str, kind: str = "stringValue") -> str:
    return f"<value><{kind}>{text}</{kind}></value>"


def ref(text: str) -> str:
    return value(text, "elementReference")


def way(target: str, kind: str = "connector") -> str:
    return f"<{kind}><targetReference>{target}</targetReference></{kind}>" if target else ""


def assign(name: str, *items: tuple[str, str, str], then: str = "") -> str:
    """One assignments: (target, operator, value)."""
    inner = "".join(
        f"<assignmentItems><assignToReference>{target}</assignToReference><operator>{operator}</operator>{given}"
        "</assignmentItems>"
        for target, operator, given in items
    )
    return f"<assignments><name>{name}</name><label>{name}</label>{inner}{way(then)}</assignments>"


def decide(name: str, *rules: str, otherwise: str = "") -> str:
    return f"<decisions><name>{name}</name>{way(otherwise, 'defaultConnector')}{''.join(rules)}</decisions>"


def rule(name: str, *conditions: tuple[str, str, str], logic: str = "and", then: str = "") -> str:
    """One rules: (left, operator, right)."""
    inner = "".join(
        f"<conditions><leftValueReference>{left}</leftValueReference><operator>{operator}</operator>"
        f"{right.replace('value>', 'rightValue>')}</conditions>"
        for left, operator, right in conditions
    )
    return f"<rules><name>{name}</name><conditionLogic>{logic}</conditionLogic>{inner}{way(then)}</rules>"


def loop(name: str, over: str, *, body: str, after: str = "", order: str = "Asc", into: str = "") -> str:
    into = f"<assignNextValueToReference>{into}</assignNextValueToReference>" if into else ""
    ways = f"{way(body, 'nextValueConnector')}{way(after, 'noMoreValuesConnector')}"
    inner = f"{into}<collectionReference>{over}</collectionReference><iterationOrder>{order}</iterationOrder>"
    return f"<loops><name>{name}</name>{inner}{ways}</loops>"


def action(
    name: str = "Call",
    *inputs: tuple[str, str],
    outputs: Mapping[str, str] | None = None,
    then: str = "",
    fault: str = "",
) -> str:
    """One actionCalls; without `outputs` it stores them itself."""
    given = "".join(f"<inputParameters><name>{key}</name>{one}</inputParameters>" for key, one in inputs)
    taken = "".join(
        f"<outputParameters><assignToReference>{target}</assignToReference><name>{key}</name></outputParameters>"
        for key, target in (outputs or {}).items()
    )
    stored = taken or "<storeOutputAutomatically>true</storeOutputAutomatically>"
    ways = way(then) + way(fault, "faultConnector")
    kind = "<actionName>Svc.op</actionName><actionType>externalService</actionType>"
    return f"<actionCalls><name>{name}</name>{kind}{ways}{given}{stored}</actionCalls>"


def program(*parts: str, first: str, more: str = "") -> Program:
    """A flow of these parts."""
    start = f"<start>{way(first)}</start>"
    text = f"<Flow {NS}>{''.join(parts)}{start}{more}</Flow>"
    return load(flow_facts.read(parse_xml(text.encode()), full_name="F", file="F"))


Answer = Callable[[CallRequest], CallResult]


def no_call(request: CallRequest) -> CallResult:
    raise AssertionError(f"nothing was to be called: {request}")


def play(made: Program, inputs: Mapping[str, Any] | None = None, answer: Answer = no_call) -> Interview:
    """Runs a flow; numbers may be given as int."""
    given = {name: Decimal(one) if type(one) in (int, float) else one for name, one in (inputs or {}).items()}
    around = Surroundings({"$User.Username": "me@example.com"}, CLASSES.get, lambda: NOW)
    return run(made, given, around, answer)


def outputs(
    *parts: str, first: str, inputs: Mapping[str, Any] | None = None, answer: Answer = no_call
) -> dict[str, Any]:
    """The outputs of a run that must succeed."""
    ended = play(program(*parts, first=first), inputs, answer)
    assert ended.error is None, ended.error
    return dict(ended.outputs)
