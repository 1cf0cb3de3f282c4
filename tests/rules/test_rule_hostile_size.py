"""Flows that are built to take for ever: no rule's work grows faster than a person would wait."""

from __future__ import annotations

from test_rule_cases import context_of

from sfsetup.rules.catalogue import rules_of
from sfsetup.rules.engine import run
from sfsetup.rules.model import Group

RULES = [rule for rule in rules_of(Group.AUDIT) if rule.check is not None]


def knot(size: int) -> dict[str, object]:
    """Callouts, writes and loops in turn, each leading on, each loop around all that follows."""
    calls, writes, loops = [], [], []
    for number in range(size):
        following = {"targetReference": f"W{number}"}
        calls.append(
            {
                "name": f"C{number}",
                "actionName": f"Sms.op{number}",
                "actionType": "externalService",
                "connector": following,
                "flowTransactionModel": "CurrentTransaction",
            }
        )
        writes.append({"name": f"W{number}", "connector": {"targetReference": f"L{number}"}, "object": "Case"})
        last = "L0" if number == size - 1 else f"C{number + 1}"
        loops.append(
            {
                "name": f"L{number}",
                "collectionReference": "all",
                "nextValueConnector": {"targetReference": last},
                "noMoreValuesConnector": {"targetReference": last},
            }
        )
    start = {"connector": {"targetReference": "C0"}}
    return {"actionCalls": calls, "loops": loops, "recordUpdates": writes, "start": start}


def chain(size: int) -> dict[str, object]:
    """A flow that calls the next, and the next; the last one calls out."""
    files: dict[str, object] = {
        f"flows/F{number}.flow": {
            "start": {"connector": {"targetReference": "Next"}},
            "subflows": {"name": "Next", "flowName": f"F{number + 1}"},
        }
        for number in range(size)
    }
    call = {"name": "Send", "actionName": "Sms.send", "actionType": "externalService"}
    files[f"flows/F{size}.flow"] = {"actionCalls": call, "start": {"connector": {"targetReference": "Send"}}}
    return files


def judged(files: dict[str, object]) -> set[str]:
    context = context_of({"files": files})
    outcome = run(context, RULES)
    assert outcome.not_judged == ()
    return {finding.rule for finding in outcome.findings}


def test_a_flow_that_is_one_knot() -> None:
    found = judged({"flows/Knot.flow": knot(250)})
    assert {"FL-001", "FL-003", "FL-004"} <= found


def test_a_long_row_of_callouts() -> None:
    row = [
        {
            "name": f"C{number}",
            "actionName": "Sms.send",
            "actionType": "externalService",
            "connector": {"targetReference": f"C{number + 1}"},
        }
        for number in range(400)
    ]
    found = judged({"flows/Row.flow": {"actionCalls": row, "start": {"connector": {"targetReference": "C0"}}}})
    assert "FL-005" in found


def test_a_long_chain_of_subflows() -> None:
    found = judged(chain(1500))
    assert "FL-001" in found
