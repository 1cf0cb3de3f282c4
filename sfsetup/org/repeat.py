"""Repeats reads and polls whose failure may pass. Requests that change an org never come here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sfsetup.org.failures import Transient

if TYPE_CHECKING:
    from sfsetup.org.transport import Limits

T = TypeVar("T")


def repeated(ask: Callable[[], T], limits: Limits, sleep: Callable[[float], None]) -> T:
    """The answer of `ask`, asked up to `limits.attempts` times with pauses that double; raises its last failure."""
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

    return Retrying(
        retry=retry_if_exception_type(Transient),
        stop=stop_after_attempt(limits.attempts),
        wait=wait_exponential(multiplier=limits.first_pause, max=8),
        sleep=sleep,
        reraise=True,
    )(ask)
