"""openapi.names against names that were seen in real orgs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sfsetup.openapi.document import parse
from sfsetup.openapi.names import Input, OperationNames, Output, ServiceNames, encode, names
from sfsetup.openapi.types import PropertyName
from tests.ground_truth.facts import NameFact, name_facts

FACTS = list(name_facts())


def predicted(fact: NameFact) -> str | None:
    """What openapi.names says in place of the fact."""
    found = names(parse(fact.document.encode(), name=fact.service), fact.service, namespace=fact.namespace)
    operation = next(one for one in found.operations if (one.method, one.path) == (fact.method, fact.path))
    if fact.kind == "registration":
        return operation.registration_name
    if fact.kind == "action":
        return operation.action_name
    if fact.kind == "method":
        return operation.apex_method
    if fact.kind in ("input", "output"):
        ends = operation.inputs if fact.kind == "input" else operation.outputs
        return next((one.name for one in ends if one.name == fact.expected), None)
    walked = walk(found, operation, fact.of)
    return walked[-1].apex_class if fact.kind == "class" else ".".join(_name(one) for one in walked)


def walk(found: ServiceNames, operation: OperationNames, of: str) -> Sequence[Input | Output | PropertyName]:
    """The input or output and the members that a wire path leads through."""
    side, _, path = of.partition(":")
    head, *rest = path.split(".")
    end = operation.input(head) if side == "input" else operation.output(head)
    assert end is not None, of
    walked: list[Input | Output | PropertyName] = [end]
    for step in rest:
        one = found.class_named(walked[-1].apex_class)
        member = one.property(step) if one is not None else None
        assert member is not None, f"{step} of {of}"
        walked.append(member)
    return walked


def _name(one: Input | Output | PropertyName) -> str:
    return one.flow_name if isinstance(one, PropertyName) else one.name


@pytest.mark.parametrize("fact", FACTS, ids=[fact.label for fact in FACTS])
def test_name(fact: NameFact) -> None:
    found = predicted(fact)
    if fact.misses:
        assert found != fact.expected, "this miss is a hit now: take `misses` away"
    else:
        assert found == fact.expected, fact.source


def test_score(record_property: pytest.RecordProperty, capsys: pytest.CaptureFixture[str]) -> None:
    hits = sum(predicted(fact) == fact.expected for fact in FACTS)
    misses = [f"{fact.label}: {fact.misses}" for fact in FACTS if fact.misses]
    record_property("score", f"{hits}/{len(FACTS)}")
    with capsys.disabled():
        print(f"\nopenapi.names: {hits} of {len(FACTS)} names seen in real orgs", *misses, sep="\n  missed: ")
    assert len(FACTS) >= 80
    assert hits == len(FACTS) - len(misses)
    assert all(fact.source for fact in FACTS)


VECTORS = {
    "type": "z0type",
    "limit": "z0limit",
    "user": "z0user",
    "max_tokens": "maxx5ftokens",
    "Create Lead": "Createx20Lead",
    "single-message-request": "singlex2dmessagex2drequest",
    "fixed_array_of_AutoContext": "fixedx5farrayx5fofx5fAutoContext",
    "5getOpen-bankingV2.2Atms": "x35getOpenx2dbankingV2x2e2Atms",
    "GPT 4o Chat Completion": "GPTx204ox20Chatx20Completion",
    "availableBal": "availableBal",
}


@pytest.mark.parametrize(("name", "encoded"), VECTORS.items())
def test_encoding(name: str, encoded: str) -> None:
    assert encode(name) == encoded
