"""Small mistakes in the rendered 8x8 integration: refused at deploy, warned about, or failing at run time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sfsetup.localorg.judge.check import OURS_MARK
from tests.support.breaks import BREAKS, FAILS, REFUSED, WARNED, Break
from tests.support.judging import STAGE_1, Bench, Said, components, rendered

EC, PRINCIPAL, FLOW = "X8x8_CPaaS_Authentication", "8x8 API Key Principal", "Send_SMS"
INPUTS = {"subAccountId": "my-subaccount", "destination": "+12025550123", "source": "8x8", "text": "Hello"}
SECRET = "a-secret-of-the-tests"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def deploy(bench: Bench, texts: dict[str, str]) -> list[Said]:
    """Both stages; the second goes only when the first went."""
    said = bench.deploy(components(texts, *STAGE_1))
    if all(each.warning for each in said):
        said += bench.deploy(components(texts, "Flow"))
    return said


def run(bench: Bench) -> dict[str, Any]:
    """The flow as a user with the permission set and nothing else, the secret stored, the vendor knowing it."""
    from sfsetup.localorg.runtime import runtime_of

    bench.secret(EC, PRINCIPAL, api_key=SECRET)
    runtime_of(bench.org).settings.accept(SECRET)
    return bench.run(bench.user("caller@bench.example", "CPaaS_API_Access"), FLOW, INPUTS)


def text_of(outcome: dict[str, Any]) -> str:
    """What the run says, wherever it says it."""
    values = outcome["outputValues"] or {}
    messages = [error["message"] for error in outcome["errors"] or ()]
    return " | ".join(str(each) for each in (*messages, *values.values()))


def succeeded(outcome: dict[str, Any]) -> bool:
    return outcome["isSuccess"] is True and outcome["outputValues"]["ok"] is True


def test_unbroken_it_deploys_without_a_word_and_runs(bench: Bench) -> None:
    assert deploy(bench, dict(rendered())) == []
    outcome = run(bench)
    assert succeeded(outcome), outcome
    assert outcome["outputValues"]["responseCode"] == 200


def test_there_are_enough() -> None:
    assert len(BREAKS) >= 30
    assert len({each.name for each in BREAKS}) == len(BREAKS)


@pytest.mark.parametrize("one", [each for each in BREAKS if each.effect == REFUSED], ids=lambda one: one.name)
def test_refused(bench: Bench, one: Break) -> None:
    said = deploy(bench, one.broken(rendered()))
    errors = [each for each in said if not each.warning]
    assert (one.judged, one.check) in {(each.type, each.check) for each in errors}, said
    assert all(each.line is None or each.line > 1 for each in errors if each.type == one.type), errors


@pytest.mark.parametrize("one", [each for each in BREAKS if each.effect == WARNED], ids=lambda one: one.name)
def test_warned_about_and_refused_under_a_switch(bench: Bench, one: Break) -> None:
    said = bench.judge(components(one.broken(rendered()), *STAGE_1))
    found = [each for each in said if each.check == one.check]
    assert found, said
    assert all(each.warning and each.message.endswith(OURS_MARK) for each in found)
    with Bench(**{one.switch: True}) as strict:
        refused = strict.judge(components(one.broken(rendered()), *STAGE_1))
        found = [each for each in refused if each.check == one.check]
        assert found, refused
        assert all(not each.warning and each.message.endswith(OURS_MARK) for each in found), refused


@pytest.mark.parametrize("one", [each for each in BREAKS if each.effect == FAILS], ids=lambda one: one.name)
def test_deploys_and_fails_when_it_runs(bench: Bench, one: Break) -> None:
    assert deploy(bench, one.broken(rendered())) == []
    outcome = run(bench)
    assert not succeeded(outcome), outcome
    assert one.message in text_of(outcome)
