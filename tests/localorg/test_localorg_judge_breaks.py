"""Small mistakes in the rendered 8x8 integration: refused at deploy, warned about, or failing at run time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sfsetup.localorg.judge.check import OURS_MARK
from sfsetup.render.components import render
from sfsetup.spec.reader import load_integration
from tests.support.breaks import BREAKS, FAILS, REFUSED, WARNED, Break
from tests.support.judging import SPEC, STAGE_1, Bench, Said, components, rendered

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


LENIENT = [
    ("external credential misspelt", "missing-external-credential-refused", "We couldn't access the credential(s)."),
    ("named credential misspelt", "missing-named-credential-refused", "does not exist"),
    ("URL without a scheme", "malformed-url-refused", "cannot be called"),
    ("input that the operation lacks", "flow-inputs-checked", "needs a value for its input subAccountId"),
    ("required input left out", "flow-inputs-checked", "needs a value for its input subAccountId"),
    ("to instead of destination", "flow-paths-checked", "has no property to"),
    ("body of another type", "flow-types-checked", "has no property destination"),
    ("property without a type", "unsupported-schema-refused", ""),
]


@pytest.mark.parametrize(("name", "switch", "message"), LENIENT, ids=str)
def test_with_the_switch_off_it_deploys_with_a_warning_and_fails_when_it_runs(
    name: str, switch: str, message: str
) -> None:
    one = next(each for each in BREAKS if each.name == name)
    lenient = {switch: False}
    if name == "body of another type":
        lenient["flow-paths-checked"] = False
    with Bench(**lenient) as bench:
        said = deploy(bench, one.broken(rendered()))
        assert one.check in {each.check for each in said if each.warning}, said
        if name == "property without a type":
            # Stored as Incomplete by a deploy; it has no actions, so the flow does not come.
            assert bench.state.components.exists("ExternalServiceRegistration", "CPaaSSMS")
            return
        assert all(each.warning for each in said), said
        outcome = run(bench)
        assert not succeeded(outcome)
        assert message in text_of(outcome)


def test_without_authentication_the_vendor_says_401(bench: Bench) -> None:
    one = next(each for each in BREAKS if each.name == "no authentication")
    assert [each.check for each in deploy(bench, one.broken(rendered()))] == ["NC-04"]
    assert "HTTP 401" in text_of(run(bench))


@pytest.mark.parametrize("name", ["sequence number 0", "principal in a group of another name", "schemaType of 2.0"])
def test_what_is_only_warned_about_runs(bench: Bench, name: str) -> None:
    one = next(each for each in BREAKS if each.name == name)
    assert [each.check for each in deploy(bench, one.broken(rendered()))] == [one.check]
    assert succeeded(run(bench))


@pytest.mark.parametrize("version", [f"{number}.0" for number in range(59, 69)])
def test_unbroken_at_every_api_version(bench: Bench, version: str) -> None:
    made = {each.type: each.content.decode() for each in render(*load_integration(SPEC), api_version=version)}
    for types in (STAGE_1, ("Flow",)):
        assert bench.deploy(components(made, *types), version=version) == []


def test_below_the_floor_the_grant_of_a_principal_is_not_known(bench: Bench) -> None:
    said = bench.judge(components(rendered(), *STAGE_1), version="58.0")
    messages = {each.message for each in said if each.type == "PermissionSet"}
    assert "Property 'externalCredentialPrincipalAccesses' not valid in version 58.0" in messages
