"""A fresh local org for each test, behind one server for all of them, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sfsetup.localorg.embedded import Embedded
from sfsetup.localorg.state import State
from tests.support.rest_client import Client


@pytest.fixture(scope="session")
def _listening() -> Iterator[Embedded]:
    with Embedded(State.open(None)) as embedded:
        yield embedded


@pytest.fixture
def server(_listening: Embedded) -> Iterator[Embedded]:
    """A fresh local org in memory. Starting a server for each would cost more than most tests."""
    org = _listening.org
    org.state, org.callouts, org.calls = State.open(None), (), 0
    yield _listening
    for action in reversed(org.on_close):
        action()
    org.on_close.clear()
    org.live.clear()
    org.state.close()


@pytest.fixture
def state(server: Embedded) -> State:
    """Its state."""
    return server.org.state


@pytest.fixture
def rest(server: Embedded) -> Client:
    """Its administrator's client."""
    return Client(server)
