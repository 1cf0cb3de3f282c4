"""Ways through flows: fault paths, loops, asynchronous paths, work before a callout."""

from __future__ import annotations

from sfsetup.facts.flow import Flow
from sfsetup.facts.flow_paths import FlowPaths
from tests.support.metadata_files import call, facts_of, node, start, tree, way


def flow(*parts: str) -> Flow:
    (found,) = facts_of(tree(flows__Send__flow="\n".join(parts))).flows
    return found


def paths(*parts: str) -> FlowPaths:
    return FlowPaths(flow(*parts))


def test_elements_are_read_with_their_parts() -> None:
    found = flow(
        call(
            "Send",
            "ns::Shop.Send-Sms",
            way("Done"),
            way("Failed", "faultConnector"),
            "<inputParameters><name>q</name><value><stringValue>tea</stringValue></value></inputParameters>"
            "<inputParameters><name>body</name><value><elementReference>order.id</elementReference></value>"
            "</inputParameters><outputParameters><assignToReference>code</assignToReference><name>responseCode</name>"
            "</outputParameters><flowTransactionModel>Automatic</flowTransactionModel>",
        ),
        node("assignments", "Done", "<assignmentItems><assignToReference>order.id</assignToReference>"
             "<operator>Assign</operator><value><numberValue>1.0</numberValue></value></assignmentItems>"),
        "<variables><name>order</name><apexClass>ExternalService__Shop_Order</apexClass><dataType>Apex</dataType>"
        "<isCollection>false</isCollection><isInput>true</isInput><isOutput>false</isOutput></variables>",
        "<apiVersion>66.0</apiVersion><interviewLabel>x</interviewLabel><processType>AutoLaunchedFlow</processType>",
        start(way("Send"), "<triggerType>Scheduled</triggerType>"),
        "<status>Active</status><runInMode>SystemModeWithoutSharing</runInMode>",
    )  # fmt: skip
    (action,) = found.external_calls
    assert (action.namespace, action.service, action.operation) == ("ns", "Shop", "Send-Sms")
    assert action.transaction_model == "Automatic"
    assert [(each.name, each.value.literal, each.value.reference) for each in action.inputs if each.value] == [
        ("q", "tea", None),
        ("body", None, "order.id"),
    ]
    assert [(each.name, each.assign_to) for each in action.outputs] == [("responseCode", "code")]
    assert action.fault_connector is not None
    assert action.fault_connector.target == "Failed"
    assert found.assignments[0].items[0].assign_to == "order.id"
    assert (found.is_active, found.api_version, found.run_in_mode) == (True, "66.0", "SystemModeWithoutSharing")
    order = found.variable("order")
    assert order is not None
    assert (order.apex_class, order.is_input) == ("ExternalService__Shop_Order", True)
    assert found.start is not None
    assert found.start.trigger_type == "Scheduled"
    assert found.node("Done") is found.assignments[0]
    assert {text.text for text in found.references} >= {"order.id"}


def test_an_older_flow_begins_where_it_says() -> None:
    found = flow(call("Send", "Shop.send"), "<startElementReference>Send</startElementReference>")
    assert FlowPaths(found).immediate == {"Send"}


def test_what_follows_an_error_is_told_from_the_rest() -> None:
    ways = paths(
        call("Send", "Shop.send", way("Done"), way("Tell", "faultConnector")),
        node("assignments", "Done"),
        call("Tell", "Shop.tell", way("Done")),
        node("assignments", "Lost"),
        start(way("Send")),
    )
    assert ways.only_after_fault("Tell")
    assert not ways.only_after_fault("Done")
    assert not ways.is_reachable("Lost")
    assert ways.following("Send") == {"Done", "Tell"}


def test_scheduled_and_asynchronous_paths_are_not_immediate() -> None:
    ways = paths(
        node("assignments", "Now"),
        call("Later", "Shop.send"),
        start(
            way("Now"),
            f"<scheduledPaths>{way('Later')}<name>Async</name><pathType>AsyncAfterCommit</pathType></scheduledPaths>"
            "<triggerType>RecordAfterSave</triggerType><object>Account</object>",
        ),
    )
    assert ways.immediate == {"Now"}
    assert ways.scheduled == {"Later"}
    assert ways.flow.start is not None
    assert ways.flow.start.is_record_triggered
    assert [path.path_type for path in ways.flow.start.scheduled_paths] == ["AsyncAfterCommit"]


def test_the_body_of_a_loop_leads_back_to_it() -> None:
    ways = paths(
        node("loops", "Each", way("Inside", "nextValueConnector"), way("After", "noMoreValuesConnector")),
        call("Inside", "Shop.send", way("Each"), way("Broken", "faultConnector")),
        node("assignments", "Broken", way("Each")),
        call("After", "Shop.send"),
        start(way("Each")),
    )
    assert [loop.name for loop in ways.loops_around("Inside")] == ["Each"]
    assert [loop.name for loop in ways.loops_around("Broken")] == ["Each"]
    assert ways.loops_around("After") == ()


def test_work_before_a_callout_ends_at_a_screen() -> None:
    ways = paths(
        node("recordCreates", "Create", way("Send"), way("Ask", "faultConnector")),
        call("Send", "Shop.send", way("Ask")),
        node("screens", "Ask", way("Again")),
        call("Again", "Shop.send"),
        node("recordLookups", "Find", way("Create")),
        start(way("Find")),
    )
    assert [operation.name for operation in ways.writes_before("Send")] == ["Create"]
    assert ways.writes_before("Again") == ()


def test_outputs_in_use_are_seen() -> None:
    ways = paths(
        call("Send", "Shop.send", way("Ask"), "<storeOutputAutomatically>true</storeOutputAutomatically>"),
        node("decisions", "Ask", "<rules><name>Bad</name><conditionLogic>and</conditionLogic><conditions>"
             "<leftValueReference>Send.responseCode</leftValueReference><operator>NotEqualTo</operator>"
             "<rightValue><numberValue>200.0</numberValue></rightValue></conditions><label>Bad</label></rules>"),
        start(way("Send")),
    )  # fmt: skip
    assert ways.uses_output("Send", "responseCode")
    assert not ways.uses_output("Send", "defaultExc")


def test_circles_end() -> None:
    ways = paths(
        node("assignments", "A", way("B")), node("assignments", "B", way("A"), way("Nowhere")), start(way("A"))
    )
    assert ways.immediate == {"A", "B"}
