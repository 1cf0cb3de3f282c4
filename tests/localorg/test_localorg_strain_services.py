"""The limits of External Services over all registrations of an org: what counts, what frees, and that counting is cheap."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.judge import service_limits
from sfsetup.localorg.judge.context import Deletion
from sfsetup.openapi import check_document
from tests.localorg.judge_cases import ORG, Piece, document, registration
from tests.support.judging import Bench, Said, component, xml
from tests.support.metadata_caller import MetadataCaller

BOTH = {"addthing": True, "getthing": True}
ONE = {"addthing": True, "getthing": False}
NONE = {"addthing": False, "getthing": False}
WIDE = document()
WIDE["components"]["schemas"]["Part"]["properties"]["more"] = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
}
UNUSED = document()
UNUSED["components"]["schemas"]["Spare"] = {"type": "object", "properties": {"a": {"type": "string"}}}


def more(schema: Any = None, active: dict[str, bool] = BOTH, name: str = "More") -> Piece:
    return registration(schema, active=active, name=name)


def limits(bench: Bench, *pieces: Piece, deletions: Sequence[Deletion] = ()) -> list[str]:
    """What the row says."""
    said = bench.judge([component(*each) for each in pieces], deletions=deletions)
    assert {each.check for each in said} <= {"ES-12"}
    return [each.message for each in said]


@pytest.fixture
def bench() -> Any:
    """An org with one service of two active operations, two objects and six properties."""
    with Bench() as made:
        for piece in ORG:
            made.put(component(*piece))
        yield made


@pytest.mark.parametrize(
    ("limit", "reached", "what", "piece"),
    [
        ("MAX_OPERATIONS", 4, "operations", more(active=NONE)),
        ("MAX_ACTIVE_OPERATIONS", 3, "active operations", more(active=ONE)),
        ("MAX_OBJECTS", 5, "objects", more(UNUSED)),
        ("MAX_OBJECTS", 4, "objects", more(active=NONE)),
        ("MAX_ACTIVE_OBJECTS", 5, "active objects", more(WIDE)),
        ("MAX_ACTIVE_OBJECTS", 4, "active objects", more(UNUSED)),
        ("MAX_PROPERTIES", 14, "object properties", more(WIDE)),
        ("MAX_PROPERTIES", 13, "object properties", more(UNUSED)),
    ],
)
def test_what_is_counted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, limit: str, reached: int, what: str, piece: Piece
) -> None:
    monkeypatch.setattr(check_document, limit, reached)
    assert limits(bench, piece) == []
    monkeypatch.setattr(check_document, limit, reached - 1)
    (message,) = limits(bench, piece)
    assert message.startswith(f"The org has {reached} {what} with this registration; {reached - 1} is the most.")


@pytest.mark.parametrize(
    ("limit", "piece"),
    [("MAX_ACTIVE_OPERATIONS", more(active=NONE)), ("MAX_ACTIVE_OBJECTS", more(WIDE, active=NONE))],
)
def test_what_is_inactive_counts_for_nothing_active(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, limit: str, piece: Piece
) -> None:
    monkeypatch.setattr(check_document, limit, 2)
    assert limits(bench, piece) == []


def test_an_update_counts_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_document, "MAX_ACTIVE_OPERATIONS", 2)
    assert limits(bench, registration()) == []
    assert limits(bench, registration(active=ONE), more(active=ONE)) == []
    assert len(limits(bench, registration(), more(active=ONE))) == 1


def test_what_is_deleted_first_counts_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_document, "MAX_ACTIVE_OPERATIONS", 2)
    gone = Deletion("ExternalServiceRegistration", "Things")
    assert limits(bench, more(), deletions=[gone]) == []
    after = Deletion("ExternalServiceRegistration", "Things", after=True)
    assert len(limits(bench, more(), deletions=[after])) == 1


def test_who_adds_nothing_is_not_refused_in_a_full_org(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_document, "MAX_ACTIVE_OPERATIONS", 1)
    monkeypatch.setattr(check_document, "MAX_PROPERTIES", 1)
    assert limits(bench, registration()) == []
    assert limits(bench, registration(active=ONE)) == []
    assert len(limits(bench, registration(WIDE))) == 1


def test_of_several_in_one_deploy_the_later_ones_are_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_document, "MAX_ACTIVE_OPERATIONS", 4)

    def names(*pieces: Piece) -> list[tuple[str, str]]:
        said: list[Said] = bench.judge([component(*each) for each in pieces])
        return [(each.name, each.check) for each in said]

    three = [more(name=f"More{number}") for number in range(3)]
    assert names(*three) == [("More1", "ES-12"), ("More2", "ES-12")]
    # one that is refused for another reason takes nothing
    broken = more("{", name="More0")
    assert names(broken, three[1]) == [("More0", "ES-02")]


def test_an_org_that_is_far_from_its_limits_is_not_counted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(service_limits, "_count", never)
    assert limits(bench, *(more(name=f"More{number}") for number in range(20))) == []


def test_what_an_org_holds_is_read_once_for_a_deploy(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    read = bench.state.components.of_type
    monkeypatch.setattr(bench.state.components, "of_type", lambda *given: calls.append(given) or read(*given))
    assert limits(bench, *(more(name=f"More{number}") for number in range(20))) == []
    assert len(calls) == 1


def test_a_deploy_beyond_the_documented_number(server: Embedded) -> None:
    """With the real limit: two documents of 1,600 operations each, of which an org holds 3,000 active ones."""
    answer = {"200": {"description": "ok"}}
    paths = {f"/p{n}": {"get": {"operationId": f"get{n}", "responses": answer}} for n in range(1600)}
    text = json.dumps(document(paths=paths, components={}))
    active = {f"get{number}": True for number in range(1600)}
    caller = MetadataCaller(server.url, server.token)

    def files(name: str, on: dict[str, bool]) -> dict[str, bytes]:
        return {f"{folder}/{full}.{suffix}": xml(kind, inner) for (kind, full, inner), folder, suffix in (
            (ORG[0], "externalCredentials", "externalCredential"),
            (ORG[1], "namedCredentials", "namedCredential"),
            (registration(text, active=on, name=name), "externalServiceRegistrations", "externalServiceRegistration"),
        )}  # fmt: skip

    assert caller.deploy(files("First", active)).status == "Succeeded"
    refused = caller.deploy(files("Second", active))
    assert refused.status == "Failed"
    assert refused.problems == {
        "Second": "The org has 3200 active operations with this registration; 3000 is the most. [local org's wording]"
    }
    fewer = {name: number < 1400 for number, name in enumerate(active)}
    assert caller.deploy(files("Second", fewer)).status == "Succeeded"
