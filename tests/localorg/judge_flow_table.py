"""The cases of the rows about flows."""

from __future__ import annotations

from tests.localorg.judge_cases import (
    ACTION_MESSAGE,
    CLASS_MESSAGE,
    FLOW,
    NODE,
    ORG,
    TEXT,
    THING,
    Case,
    assign,
    call,
    flow,
    listed_input,
    reference,
    registration,
    variable,
)

GOOD = (FLOW,)
BODY = listed_input("body", reference("thing"))
SUBFLOW = f"<subflows><name>Sub</name><label>Sub</label>{NODE}<flowName>G</flowName></subflows>"
PART = variable("thing", "Apex", of="ExternalService__Things_Part")
SERVICE = registration()
OUTPUT = "<outputParameters><assignToReference>answer</assignToReference><name>{}</name></outputParameters>"
ANSWER = variable("answer", "Apex", of="ExternalService__Things_Thing")


def assigning(target: str, value: str, operator: str = "Assign", *more: str) -> tuple[tuple[str, str, str], ...]:
    """A flow with one assignment before the call."""
    return (flow(assign(target, value, operator), call(), THING, TEXT, *more, first="Set"),)


LITERAL = "<value><stringValue>x</stringValue></value>"

FLOWS = (
    Case("FL-01", CLASS_MESSAGE, (flow(call(), variable("thing", "Apex", of="ExternalService__Things_Thingy")),), GOOD, org=ORG),
    Case("FL-02", ACTION_MESSAGE, (flow(call("Things.addThings"), THING),), GOOD, org=ORG),
    Case("FL-03", CLASS_MESSAGE, (FLOW, SERVICE), (SERVICE,), org=ORG[:2]),
    Case("FL-04", ACTION_MESSAGE, (flow(call("Things.getThing", inputs=listed_input("id", reference("text"))), TEXT), SERVICE),
         (SERVICE,), org=ORG[:2]),
    Case("FL-05", "Call (Action) - The action Things.addThing has no input thing.",
         (flow(call(inputs=BODY + listed_input("thing", reference("thing"))), THING),), GOOD, org=ORG),
    Case("FL-06", "Call (Action) - The required input body of the action Things.addThing has no value.",
         (flow(call(inputs=""), THING),), GOOD, org=ORG),
    Case("FL-07", "Call (Action) - The action Things.addThing has no output 201.",
         (flow(call(outputs=OUTPUT.format("201")), THING, ANSWER),), (flow(call(outputs=OUTPUT.format("200")), THING, ANSWER),),
         org=ORG),
    Case("FL-08", "Call - body is ExternalService__Things_Thing; ExternalService__Things_Part is given.", (flow(call(), PART),),
         GOOD, org=ORG),
    Case("FL-09", "Set - The flow has no resource or element nothing (nothing).", assigning("text", reference("nothing")),
         assigning("text", reference("Call.responseCode")), org=ORG),
    Case("FL-10", "Set - ExternalService__Things_Thing has no property title (thing.title).", assigning("thing.title", LITERAL),
         assigning("thing.name", LITERAL), org=ORG),
    Case("FL-11", "Set - Call.responseCode cannot be assigned to.", assigning("Call.responseCode", LITERAL),
         assigning("text", LITERAL), org=ORG),
    Case("FL-12", "Call - The connector leads to Nowhere, which is no element.",
         (flow(call(connector="<connector><targetReference>Nowhere</targetReference></connector>"), THING),), GOOD, org=ORG),
    Case("FL-13", "The name thing occurs more than once.", (flow(call(), THING, variable("thing", "Apex",
         of="ExternalService__Things_Thing", many=False)),), GOOD, org=ORG),
    Case("FL-14", "The flow has no start element.", (flow(call(), THING, first=""),),
         (flow(call(), THING, first="", status="Draft"),), org=ORG),
    Case("FL-15", "Sub (Subflow) - There is no flow G.", (flow(SUBFLOW, first="Sub"),),
         (flow(SUBFLOW, first="Sub"), flow(call(), THING, name="G")), org=ORG),
    Case("FL-16", CLASS_MESSAGE, (flow(call(inputs=BODY), variable("thing", "Apex")),), GOOD, org=ORG),
)  # fmt: skip
