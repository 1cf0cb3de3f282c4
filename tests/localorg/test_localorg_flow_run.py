"""The flow runtime: variables, assignments, decisions, loops, actions, fault paths, and what it does not model."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from sfsetup.localorg.flow.interpreter import MAX_STEPS, CallRequest, CallResult
from sfsetup.localorg.flow.values import ApexObject, FlowFault
from sfsetup.localorg.judge.check import OURS_MARK
from tests.localorg.flow_bench import (
    NOW,
    PART,
    THING,
    action,
    assign,
    decide,
    loop,
    outputs,
    play,
    program,
    ref,
    rule,
    value,
    variable,
)


def one(kind: str, operator: str, given: str, start: Any = None, *, many: bool = False, of: str = "") -> Any:
    """The value of an output after one assignment."""
    parts = (variable("x", kind, many=many, of=of, io="io"), variable("given", kind, many=True, of=of, io="i"))
    inputs = {} if start is None else {"x": start}
    return outputs(*parts, assign("Set", ("x", operator, given)), first="Set", inputs=inputs)["x"]


ASSIGNMENTS = [
    # kind, operator, value, before, after
    ("String", "Assign", value("a"), "b", "a"),
    ("String", "Assign", "", "b", None),
    ("String", "Add", value("b"), "a", "ab"),
    ("String", "Assign", value("Hello {!x}"), "you", "Hello you"),
    ("Number", "Assign", value("1.5", "numberValue"), None, Decimal("1.5")),
    ("Number", "Add", value("2", "numberValue"), 3, Decimal(5)),
    ("Number", "Add", value("2", "numberValue"), None, Decimal(2)),
    ("Number", "Subtract", value("2", "numberValue"), 3, Decimal(1)),
    ("Boolean", "Assign", value("true", "booleanValue"), None, True),
    ("Date", "Assign", value("2026-01-31", "dateValue"), None, date(2026, 1, 31)),
    ("Date", "Add", value("1", "numberValue"), date(2026, 1, 31), date(2026, 2, 1)),
    ("Date", "Subtract", value("1", "numberValue"), date(2026, 3, 1), date(2026, 2, 28)),
    (
        "DateTime",
        "Assign",
        value("2026-01-31T10:00:00.000Z", "dateTimeValue"),
        None,
        datetime(2026, 1, 31, 10, tzinfo=UTC),
    ),
    ("Time", "Assign", value("13:05:00.000Z", "timeValue"), None, time(13, 5)),
    ("String", "Assign", value("13:05:00.000Z", "timeValue"), None, "13:05:00.000Z"),
    ("DateTime", "Assign", ref("$Flow.CurrentDateTime"), None, NOW),
    ("String", "Assign", ref("$User.Username"), None, "me@example.com"),
    ("String", "Assign", value("7", "numberValue"), None, "7"),
]


@pytest.mark.parametrize(("kind", "operator", "given", "before", "after"), ASSIGNMENTS)
def test_assignments_to_single_values(kind: str, operator: str, given: str, before: Any, after: Any) -> None:
    assert one(kind, operator, given, before) == after


COLLECTIONS = [
    ("Add", value("c"), ["a", "b"], ["a", "b", "c"]),
    ("AddItem", value("c"), ["a"], ["a", "c"]),
    ("AddAtStart", value("c"), ["a", "b"], ["c", "a", "b"]),
    ("RemoveAll", value("a"), ["a", "b", "a"], ["b"]),
    ("RemoveFirst", value("a"), ["a", "b", "a"], ["b", "a"]),
    ("RemoveAfterFirst", value("b"), ["a", "b", "c"], ["a", "b"]),
    ("RemoveBeforeFirst", value("b"), ["a", "b", "c"], ["b", "c"]),
    ("RemovePosition", value("2", "numberValue"), ["a", "b", "c"], ["a", "c"]),
    ("RemoveUncommon", value("a"), ["a", "b"], ["a"]),
    ("Assign", "", ["a"], []),
]


@pytest.mark.parametrize(("operator", "given", "before", "after"), COLLECTIONS)
def test_assignments_to_collections(operator: str, given: str, before: list[str], after: list[str]) -> None:
    assert one("String", operator, given, before, many=True) == after


def test_the_size_of_a_collection() -> None:
    parts = (variable("x", "Number", io="o"), variable("list", many=True, io="i"))
    found = outputs(*parts, assign("Set", ("x", "AssignCount", ref("list"))), first="Set", inputs={"list": ["a", "b"]})
    assert found["x"] == 2


REFUSED = [
    ("Boolean", "Add", value("true", "booleanValue"), "Add cannot be used on x, which is Boolean"),
    ("String", "Subtract", value("a"), "Subtract cannot be used on x"),
    ("String", "RemoveAll", value("a"), "x is not a collection"),
    ("Number", "Assign", value("a"), "x is Number; Text was given"),
    ("Number", "Assign", ref("given"), "a collection was given"),
    ("String", "AssignCount", ref("given"), "puts the size of a collection into a Number"),
    ("String", "RemoveMagic", value("a"), "does not model the assignment operator RemoveMagic"),
]


@pytest.mark.parametrize(("kind", "operator", "given", "says"), REFUSED)
def test_assignments_that_no_type_takes(kind: str, operator: str, given: str, says: str) -> None:
    made = program(
        variable("x", kind, io="o"),
        variable("given", kind, many=True),
        assign("Set", ("x", operator, given)),
        first="Set",
    )
    error = play(made).error
    assert error is not None
    assert says in error.message
    assert error.message.endswith(OURS_MARK)


def test_properties_are_set_and_objects_on_the_way_are_made() -> None:
    parts = (
        variable("thing", "Apex", of="Thing", io="o"),
        variable("part", "Apex", of="Part"),
        variable("code", io="o"),
        assign(
            "Set",
            ("thing.name", "Assign", value("n")),
            ("thing.part.code", "Assign", value("c1")),
            ("part.code", "Assign", value("c2")),
            ("thing.parts", "Add", ref("part")),
            ("thing.tags", "Add", value("t")),
            ("code", "Assign", ref("thing.part.code")),
        ),
    )
    found = outputs(*parts, first="Set")
    thing = found["thing"]
    assert (thing.values["name"], thing.values["tags"], found["code"]) == ("n", ["t"], "c1")
    assert thing.values["part"].values == {"code": "c1"}
    assert [each.values for each in thing.values["parts"]] == [{"code": "c2"}]
    assert "size" not in thing.values, "what was never assigned is not there, so it is not sent"


@pytest.mark.parametrize(
    ("target", "given", "says"),
    [
        ("thing.title", value("x"), "Thing has no property title"),
        ("thing.name.first", value("x"), "Text has no properties"),
        ("other", value("x"), "no variable other"),
        ("thing.part", ref("thing"), "thing.part is Part; Thing was given"),
        ("text", ref("nothing"), "no resource or element nothing"),
        ("text", ref("$Unknown.Thing"), "does not model the global variable $Unknown.Thing"),
        ("text", value("x", "setupReference"), "does not model values of the kind setupReference"),
    ],
)
def test_paths_that_do_not_exist(target: str, given: str, says: str) -> None:
    made = program(
        variable("thing", "Apex", of="Thing", default=""), variable("text"), assign("Set", ("thing.name", "Assign", value("n")),
        (target, "Assign", given)), first="Set",
    )  # fmt: skip
    error = play(made).error
    assert error is not None
    assert says in error.message


# -- decisions -----------------------------------------------------------------------------------------------------

CONDITIONS = [
    # left (input x of this kind), operator, right, truth
    ("String", "a", "EqualTo", value("a"), True),
    ("String", "a", "EqualTo", value("A"), False),
    ("String", "a", "NotEqualTo", value("b"), True),
    ("String", "abc", "StartsWith", value("ab"), True),
    ("String", "abc", "EndsWith", value("bc"), True),
    ("String", "abc", "Contains", value("b"), True),
    ("String", None, "Contains", value("b"), False),
    ("String", None, "IsNull", value("true", "booleanValue"), True),
    ("String", "a", "IsNull", value("false", "booleanValue"), True),
    ("String", " ", "IsBlank", value("true", "booleanValue"), True),
    ("String", "", "IsEmpty", value("true", "booleanValue"), True),
    ("Number", 5, "GreaterThan", value("4.5", "numberValue"), True),
    ("Number", 5, "LessThan", value("5", "numberValue"), False),
    ("Number", 5, "GreaterThanOrEqualTo", value("5", "numberValue"), True),
    ("Number", 5, "LessThanOrEqualTo", value("5", "numberValue"), True),
    ("Number", None, "GreaterThan", value("0", "numberValue"), False),
    ("Number", None, "EqualTo", value("0", "numberValue"), False),
    ("Number", 200, "EqualTo", value("200.0", "numberValue"), True),
    ("Boolean", True, "EqualTo", value("true", "booleanValue"), True),
    ("Date", date(2026, 1, 2), "GreaterThan", value("2026-01-01", "dateValue"), True),
    ("Time", time(9), "LessThan", value("10:00:00.000Z", "timeValue"), True),
    ("DateTime", NOW, "LessThan", value("2027-01-01T00:00:00Z", "dateTimeValue"), True),
]


def decided(kind: str, given: Any, *conditions: tuple[str, str, str], logic: str = "and") -> bool:
    """Whether the first outcome is taken."""
    made = program(
        variable("x", kind, io="i"),
        variable("yes", "Boolean", io="o"),
        decide("Is_it", rule("Yes", *conditions, logic=logic, then="Say")),
        assign("Say", ("yes", "Assign", value("true", "booleanValue"))),
        first="Is_it",
    )
    ended = play(made, {} if given is None else {"x": given})
    assert ended.error is None, ended.error
    return ended.outputs["yes"] is True


@pytest.mark.parametrize(("kind", "given", "operator", "right", "truth"), CONDITIONS)
def test_conditions(kind: str, given: Any, operator: str, right: str, truth: bool) -> None:
    assert decided(kind, given, ("x", operator, right)) is truth


A, B, C = (("x", "EqualTo", value("a")), ("x", "EqualTo", value("b")), ("x", "NotEqualTo", value("c")))


@pytest.mark.parametrize(
    ("logic", "truth"),
    [
        ("and", False),
        ("or", True),
        ("1 AND 2", False),
        ("1 OR 2", True),
        ("1 AND (2 OR 3)", True),
        ("NOT 2 AND 1", True),
        ("(1 AND 2) OR NOT (2)", True),
    ],
)
def test_condition_logic(logic: str, truth: bool) -> None:
    assert decided("String", "a", A, B, C, logic=logic) is truth


@pytest.mark.parametrize("logic", ["1 AND", "4", "1 ( 2", "0", "x"])
def test_broken_condition_logic_names_the_element(logic: str) -> None:
    made = program(variable("x", io="i"), decide("Is_it", rule("Yes", A, B, logic=logic)), first="Is_it")
    error = play(made, {"x": "a"}).error
    assert error is not None
    assert "Is_it" in error.message


def test_the_default_way_and_an_outcome_that_was_visited() -> None:
    parts = (
        variable("x", io="i"),
        variable("said", io="o"),
        decide("First", rule("Was_a", A, then="Second"), otherwise="Other"),
        decide("Second", rule("Again", ("Was_a", "WasVisited", value("true", "booleanValue")), then="Say")),
        assign("Say", ("said", "Assign", value("a"))),
        assign("Other", ("said", "Assign", value("other"))),
    )
    assert outputs(*parts, first="First", inputs={"x": "a"})["said"] == "a"
    assert outputs(*parts, first="First", inputs={"x": "z"})["said"] == "other"


# -- loops -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "joined"), [("Asc", "abc!"), ("Desc", "cba!")])
@pytest.mark.parametrize("into", ["", "item"])
def test_loops(order: str, joined: str, into: str) -> None:
    parts = (
        variable("list", many=True, io="i"),
        variable("item"),
        variable("text", io="o", default=value("")),
        loop("Each", "list", body="Add", after="End", order=order, into=into),
        assign("Add", ("text", "Add", ref(into or "Each")), then="Each"),
        assign("End", ("text", "Add", value("!"))),
    )
    assert outputs(*parts, first="Each", inputs={"list": ["a", "b", "c"]})["text"] == joined
    assert outputs(*parts, first="Each", inputs={"list": []})["text"] == "!"


def test_loops_within_loops_begin_again() -> None:
    parts = (
        variable("list", many=True, io="i"),
        variable("n", "Number", io="o"),
        loop("Outer", "list", body="Inner"),
        loop("Inner", "list", body="Count", after="Outer"),
        assign("Count", ("n", "Add", value("1", "numberValue")), then="Inner"),
    )
    assert outputs(*parts, first="Outer", inputs={"list": ["a", "b", "c"]})["n"] == 9


def test_loops_over_apex_defined_items() -> None:
    thing = ApexObject(THING, {"parts": [ApexObject(PART, {"code": "a"}), ApexObject(PART, {"code": "b"})]})
    parts = (
        variable("text", io="o", default=value("")),
        action(then="Each"),
        loop("Each", "Call.200.parts", body="Add"),
        assign("Add", ("text", "Add", ref("Each.code")), then="Each"),
    )
    found = outputs(*parts, first="Call", answer=lambda _: CallResult({"200": thing}))
    assert found["text"] == "ab"


def test_the_current_item_of_a_loop_can_be_changed() -> None:
    thing = ApexObject(THING, {"parts": [ApexObject(PART, {"code": "a"}), ApexObject(PART, {"code": "b"})]})
    parts = (
        variable("text", io="o", default=value("")),
        action(then="Each"),
        loop("Each", "Call.200.parts", body="Mark"),
        assign("Mark", ("Each.code", "Add", value("!")), ("text", "Add", ref("Each.code")), then="Each"),
    )
    assert outputs(*parts, first="Call", answer=lambda _: CallResult({"200": thing}))["text"] == "a!b!"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("Each", "the flow has no variable Each"),
        ("Each.colour", "The Apex-defined type Part has no property colour"),
        ("Call.200", "the flow has no variable Call"),
    ],
)
def test_what_a_loop_does_not_let_change(target: str, says: str) -> None:
    thing = ApexObject(THING, {"parts": [ApexObject(PART, {"code": "a"})]})
    parts = (
        action(then="Each"),
        loop("Each", "Call.200.parts", body="Mark"),
        assign("Mark", (target, "Assign", value("x")), then="Each"),
    )
    error = play(program(*parts, first="Call"), answer=lambda _: CallResult({"200": thing})).error
    assert error is not None
    assert says in error.message


def test_a_flow_that_goes_in_circles_ends() -> None:
    error = play(program(assign("A", then="B"), assign("B", then="A"), first="A")).error
    assert error is not None
    assert str(MAX_STEPS) in error.message


# -- actions ---------------------------------------------------------------------------------------------------------


def test_an_action_gets_its_inputs_and_stores_its_outputs() -> None:
    asked: list[CallRequest] = []

    def answer(request: CallRequest) -> CallResult:
        asked.append(request)
        return CallResult({"responseCode": Decimal(200), "200": ApexObject(THING, {"z0type": "t"})})

    parts = (
        variable("id", io="i"),
        variable("code", "Number", io="o"),
        variable("kind", io="o"),
        variable("size", "Number", io="o"),
        action("Call", ("id", ref("id")), ("label", value("for {!id}")), then="Read"),
        assign(
            "Read",
            ("code", "Assign", ref("Call.responseCode")),
            ("kind", "Assign", ref("Call.200.z0type")),
            ("size", "Assign", ref("Call.200.size")),
        ),
    )
    found = outputs(*parts, first="Call", inputs={"id": "7"}, answer=answer)
    assert found == {"code": Decimal(200), "kind": "t", "size": None}
    assert (asked[0].target, asked[0].element, asked[0].inputs) == ("Svc.op", "Call", {"id": "7", "label": "for 7"})


def test_outputs_into_variables() -> None:
    parts = (
        variable("code", "Number", io="o"),
        variable("thing", "Apex", of="Thing", io="o"),
        action(outputs={"responseCode": "code", "200": "thing"}),
    )
    thing = ApexObject(THING, {"name": "n"})
    found = outputs(*parts, first="Call", answer=lambda _: CallResult({"responseCode": Decimal(201), "200": thing}))
    assert found["code"] == 201
    assert found["thing"].values == {"name": "n"}


FAULT = (
    variable("message", io="o"),
    variable("code", "Number", io="o"),
    action(then="Fine", fault="Caught"),
    assign("Fine", ("message", "Assign", value("fine"))),
    assign("Caught", ("message", "Assign", value("{!$Flow.FaultMessage} / {!Call.defaultExc}")),
           ("code", "Assign", ref("Call.responseCode"))),
)  # fmt: skip


def test_a_fault_takes_the_fault_path_with_its_message_and_outputs() -> None:
    failed = CallResult({"responseCode": Decimal(401), "defaultExc": "raw"}, "it failed")
    assert outputs(*FAULT, first="Call", answer=lambda _: failed) == {
        "message": "it failed / raw",
        "code": Decimal(401),
    }


def test_a_fault_before_any_answer_has_no_outputs() -> None:
    def answer(_request: CallRequest) -> CallResult:
        raise FlowFault("no grant", known=True)

    assert outputs(*FAULT, first="Call", answer=answer) == {"message": "no grant / ", "code": None}


def test_a_fault_without_a_fault_path_ends_the_flow() -> None:
    made = program(action(), first="Call")
    error = play(made, answer=lambda _: CallResult({}, "it failed")).error
    assert error is not None
    assert error.message == "it failed"

    def answer(_request: CallRequest) -> CallResult:
        raise FlowFault("no grant", code="INSUFFICIENT_ACCESS")

    error = play(made, answer=answer).error
    assert error is not None
    assert (error.code, error.message) == ("INSUFFICIENT_ACCESS", f"no grant{OURS_MARK}")


# -- resources ---------------------------------------------------------------------------------------------------------


def test_constants_formulas_and_templates() -> None:
    resources = (
        f"<constants><name>five</name><dataType>Number</dataType>{value('5', 'numberValue')}</constants>"
        "<formulas><name>twice</name><dataType>Number</dataType><expression>{!five} * 2 + {!n}</expression>"
        "<scale>1</scale></formulas>"
        "<formulas><name>upper</name><dataType>String</dataType><expression>UPPER({!who}) &amp; '!'</expression></formulas>"
        "<textTemplates><name>letter</name><text>Dear {!who}, {!twice}</text></textTemplates>"
    )
    parts = (
        variable("who", io="i"),
        variable("n", "Number", io="i"),
        variable("a", "Number", io="o"),
        variable("b", io="o"),
        variable("c", io="o"),
        resources,
        assign("Set", ("a", "Assign", ref("twice")), ("b", "Assign", ref("upper")), ("c", "Assign", ref("letter"))),
    )
    found = outputs(*parts, first="Set", inputs={"who": "you", "n": 1})
    assert (found["a"], found["b"], found["c"]) == (Decimal(11), "YOU!", "Dear you, 11")


@pytest.mark.parametrize(
    ("expression", "scale", "expected"),
    [("{!n} / 3", "2", "0.33"), ("{!n} / 8", "2", "0.13"), ("{!n} / 2", "0", "1"), ("{!n} / 4", "", "0.25"),
     ("{!n} * 10000000000000000000000000", "9", "1E+25"), ("{!n} / 4", "99999999999", "0.25")],
)  # fmt: skip
def test_formulas_are_rounded_to_their_scale(expression: str, scale: str, expected: str) -> None:
    held = f"<scale>{scale}</scale>" if scale else ""
    made = f"<formulas><name>f</name><dataType>Number</dataType><expression>{expression}</expression>{held}</formulas>"
    parts = (variable("n", "Number", io="i"), variable("a", "Number", io="o"), made)
    found = outputs(*parts, assign("Set", ("a", "Assign", ref("f"))), first="Set", inputs={"n": 1})
    assert found["a"] == Decimal(expected)


def test_formulas_that_refer_to_one_another_end() -> None:
    formula = "<formulas><name>{}</name><dataType>Number</dataType><expression>{{!{}}} + 1</expression></formulas>"
    made = program(
        variable("x", "Number", io="o"), formula.format("f", "g"), formula.format("g", "f"),
        assign("Set", ("x", "Assign", ref("f"))), first="Set",
    )  # fmt: skip
    error = play(made).error
    assert error is not None
    assert "without end" in error.message


# -- what is not modelled names its element -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        "<screens><name>Odd</name><label>Odd</label></screens>",
        "<waits><name>Odd</name><label>Odd</label></waits>",
        "<recordCreates><name>Odd</name><label>Odd</label><object>Account</object></recordCreates>",
        "<recordLookups><name>Odd</name><label>Odd</label><object>Account</object></recordLookups>",
        "<transforms><name>Odd</name><label>Odd</label></transforms>",
        "<collectionProcessors><name>Odd</name><label>Odd</label></collectionProcessors>",
    ],
)
def test_elements_that_are_not_modelled(part: str) -> None:
    error = play(program(part, first="Odd")).error
    assert error is not None
    assert "does not run the element Odd" in error.message
    assert error.message.endswith(OURS_MARK)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("<processType>Flow</processType>", "does not run flows of type Flow (F)"),
        ("<processType>Workflow</processType>", "does not run flows of type Workflow (F)"),
    ],
)
def test_flows_that_are_not_modelled(more: str, says: str) -> None:
    error = play(program(assign("Set"), first="Set", more=more)).error
    assert error is not None
    assert says in error.message


def test_an_input_that_is_none() -> None:
    made = program(variable("x"), assign("Set"), first="Set")
    error = play(made, {"x": "1"}).error
    assert error is not None
    assert (error.code, "has no input variable x" in error.message) == ("INVALID_INPUT", True)


def test_defaults_and_inputs() -> None:
    parts = (
        variable("text", io="io", default=value("d")),
        variable("flag", "Boolean", io="io", default=value("true", "booleanValue")),
        variable("number", "Number", io="io", default=value("3", "numberValue")),
        assign("Set"),
    )
    assert outputs(*parts, first="Set") == {"text": "d", "flag": True, "number": Decimal(3)}
    assert outputs(*parts, first="Set", inputs={"text": "t"})["text"] == "t"
