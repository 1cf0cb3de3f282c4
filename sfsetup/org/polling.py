"""When to ask for a job's state again: pure decisions, no clock and no socket.

The aim: the end of a job is seen within 10 % of its length + 0.3 s. The pause therefore grows with the time waited,
and an org that tells how far it is lets us ask later still, but never more than a second later.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

FIRST_PAUSE = 0.25
"""Seconds before the first question: no job is done at once, so an immediate one would be wasted."""
SHARE = 0.1
ALLOWANCE = 0.25
"""The pause is `SHARE` of the time waited + `ALLOWANCE`; the rest up to 0.3 s is for the exchange itself."""
LONGEST_PAUSE = 10.0
LATEST_BY_PROGRESS = 1.0

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one question showed. `elapsed`: seconds since the job was started; `share`: part that is done, if told."""

    elapsed: float
    done: bool
    share: float | None = None


def schedule(timeout: float | None) -> Generator[float, Seen, bool]:
    """Yields pauses in seconds, is sent what was Seen after each; returns True when done, False when out of time."""
    seen = Seen(0.0, done=False)
    pause = FIRST_PAUSE
    while True:
        if timeout is not None:
            if seen.elapsed >= timeout:
                return False
            pause = min(pause, timeout - seen.elapsed)
        seen = yield pause
        if seen.done:
            return True
        pause = next_pause(seen)


def next_pause(seen: Seen) -> float:
    """Seconds to wait after an answer that was not the last."""
    pause = SHARE * seen.elapsed + ALLOWANCE
    if seen.share is not None and 0 < seen.share < 1:
        left = seen.elapsed / seen.share - seen.elapsed
        pause = max(pause, min(left + ALLOWANCE / 2, LATEST_BY_PROGRESS))
    return min(pause, LONGEST_PAUSE)


def wait(
    ask: Callable[[], S],
    judge: Callable[[S], tuple[bool, float | None]],
    *,
    timeout: float | None,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    started: float | None = None,
) -> S | None:
    """Drives `schedule`: the state in which the job has ended, None when time ran out.

    `judge` tells (done, share done). `started`: when the job was begun by `clock`, if that was earlier than now.
    """
    begun = clock() if started is None else started
    plan = schedule(timeout)
    state: S | None = None
    try:
        pause = next(plan)
        while True:
            sleep(pause)
            state = ask()
            done, share = judge(state)
            pause = plan.send(Seen(clock() - begun, done, share))
    except StopIteration as end:
        return state if end.value else None
