"""Transactions of the state: what fails at their end, and ids that many take at once."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sfsetup.localorg.state import State


class _Failing:
    """A connection on which the next statement of a kind fails."""

    def __init__(self, connection: Any, kind: str) -> None:
        self._connection, self._kind = connection, kind

    def execute(self, statement: str, *values: Any) -> Any:
        if self._kind and statement.startswith(self._kind):
            self._kind = ""
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.mark.parametrize("kind", ["COMMIT", "RELEASE"])
def test_an_end_that_fails_undoes_all_and_stands_in_nobodys_way(
    state: State, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    failing = _Failing(state.database._connection, "")
    monkeypatch.setattr(state.database, "_connection", failing)
    state.settings.set("x", 1)
    failing._kind = kind
    with pytest.raises(sqlite3.OperationalError, match="disk"), state.transaction(), state.transaction():
        state.settings.set("x", 2)
    assert state.settings.get("x", 0) == 1
    with state.transaction():
        state.settings.set("x", 3)
    assert state.settings.get("x", 0) == 3


def test_no_id_is_given_out_twice(tmp_path: Path) -> None:
    """To threads and processes, in transactions and savepoints, whatever is rolled back of them."""
    first, second = State.open(tmp_path / "a"), State.open(tmp_path / "a")
    given: Counter[str] = Counter()
    failed: list[BaseException] = []

    def take(state: State, count: int) -> list[str]:
        return [state.ids.new("Flow") for _ in range(count)]

    def one(state: State, chance: random.Random, kept: list[str]) -> None:
        with state.transaction():
            kept += take(state, chance.randrange(20))
            try:
                with state.transaction():
                    inner = take(state, chance.randrange(20))
                    if chance.random() < 0.5:
                        raise KeyError
                    kept += inner
            except KeyError:
                pass
            kept += take(state, chance.randrange(5))
            if chance.random() < 0.3:
                kept.clear()
                raise KeyError

    def work(state: State, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(20):
            kept: list[str] = []
            try:
                one(state, chance, kept)
            except KeyError:
                pass
            except BaseException as error:
                failed.append(error)
            given.update((*kept, state.ids.new("Flow")))

    threads = [threading.Thread(target=work, args=(state, seed)) for seed, state in enumerate((first, second) * 2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    first.close()
    second.close()
    assert failed == []
    assert len(given) > 500
    assert given.most_common(1)[0][1] == 1
