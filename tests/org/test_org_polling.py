"""The pauses between questions: pure arithmetic, checked against the promise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsetup.org.polling import Seen, next_pause, schedule, wait


class Time:
    """A clock that moves only by sleeping and by asking."""

    def __init__(self, latency: float = 0.0) -> None:
        self.now = 0.0
        self.latency = latency
        self.asked = 0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def finish(length: float, *, latency: float = 0.0, progress: bool = False, timeout: float | None = None) -> Time:
    time = Time()

    def ask() -> float:
        time.asked += 1
        seen = time.now
        time.now += latency
        return seen

    def judge(seen: float) -> tuple[bool, float | None]:
        return seen >= length, min(seen / length, 0.99) if progress else None

    wait(ask, judge, timeout=timeout, clock=time.clock, sleep=time.sleep)
    return time


@given(st.floats(0.01, 3600), st.floats(0, 0.04))
def test_the_end_is_seen_in_time(length: float, latency: float) -> None:
    time = finish(length, latency=latency)
    assert time.now <= length * 1.1 + 0.3 + 2 * latency


@given(st.floats(0.3, 3600))
def test_an_org_that_tells_how_far_it_is_gets_fewer_questions(length: float) -> None:
    told, untold = finish(length, progress=True), finish(length)
    assert told.asked <= untold.asked
    assert told.now <= length * 1.1 + 0.45


@pytest.mark.parametrize(("length", "most"), [(0.2, 2), (30.0, 32)])
def test_no_more_questions_than_one_a_second(length: float, most: int) -> None:
    """Salesforce's own CLI asks at once and then every second."""
    assert finish(length).asked <= most


def test_it_ends_when_time_is_up() -> None:
    time = finish(100.0, timeout=10.0)
    assert time.now == pytest.approx(10.0)
    assert wait(lambda: 1, lambda _s: (False, None), timeout=0.0, clock=time.clock, sleep=time.sleep) is None


def test_the_protocol_decides_by_the_last_answer_alone() -> None:
    plan = schedule(None)
    assert next(plan) == pytest.approx(0.25)
    assert plan.send(Seen(10.0, done=False)) == pytest.approx(1.25)
    with pytest.raises(StopIteration) as end:
        plan.send(Seen(11.3, done=True))
    assert end.value.value is True


@given(st.floats(0, 1e5), st.one_of(st.none(), st.floats(0, 1)))
def test_pauses_are_never_long_and_never_nothing(elapsed: float, share: float | None) -> None:
    assert 0.2 <= next_pause(Seen(elapsed, done=False, share=share)) <= 10.0
