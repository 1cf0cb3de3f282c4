"""Deployments of an org as its Tooling API lists them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sfsetup.org.deployments import ENDED, DeployRequest, moment, recent

ROW = {
    "Id": "0Af000000000001AAA",
    "Status": "InProgress",
    "CheckOnly": False,
    "CreatedDate": "2026-11-26T18:19:36.000+0000",
    "CompletedDate": None,
    "CreatedBy": {"Name": "Olga Other"},
}


def test_what_is_asked_and_what_is_read() -> None:
    asked: list[str] = []

    def query(text: str) -> list[dict[str, object]]:
        asked.append(text)
        return [ROW, {**ROW, "Id": "0Af2", "Status": "Succeeded", "CheckOnly": True, "CreatedBy": None}, {}]

    first, second, empty = recent(query)
    assert "FROM DeployRequest ORDER BY CreatedDate DESC" in asked[0]
    assert first.created == datetime(2026, 11, 26, 18, 19, 36, tzinfo=UTC)
    assert (first.created_by, first.ended, first.changes_nothing, first.completed) == ("Olga Other", False, False, None)
    assert (second.created_by, second.ended, second.changes_nothing) == (None, True, True)
    # an answer without what was asked for is no reason to fall over
    assert (empty.id, empty.status, empty.created, empty.ended) == ("", "", None, False)


@pytest.mark.parametrize("status", sorted(ENDED))
def test_ends(status: str) -> None:
    one = DeployRequest(id="0Af1", status=status, check_only=False)
    assert one.ended
    # what succeeded in part has changed something
    assert one.changes_nothing is not status.startswith("Succeeded")


def test_ids_of_15_and_18_characters() -> None:
    one = DeployRequest(id="0Af000000000001AAA", status="Pending", check_only=False)
    assert one.is_one_of(["0Af000000000009", "0Af000000000001"])
    assert not one.is_one_of(["0Af000000000002AAA"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-26T18:19:36.000+0000", datetime(2026, 11, 26, 18, 19, 36, tzinfo=UTC)),
        ("2026-11-26T18:19:36.123Z", datetime(2026, 11, 26, 18, 19, 36, 123000, tzinfo=UTC)),
        ("2026-11-26T18:19:36", datetime(2026, 11, 26, 18, 19, 36, tzinfo=UTC)),
        (None, None),
        ("yesterday", None),
    ],
)
def test_times(text: object, expected: datetime | None) -> None:
    assert moment(text) == expected
