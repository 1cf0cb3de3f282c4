"""Runs commands in turn (A B A B …) and compares medians: noise hits both alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report: what was measured, against what, the allowed ratio and the one that came out."""

    name: str
    ours: float
    """CPU seconds (user + system), median."""
    yardstick: float
    limit: str
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours over the yardstick's."""
        return self.ours / self.yardstick if self.yardstick else float("inf")


def cpu_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """CPU seconds (user + system) of one run of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        list(command),
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


# a child begins with the peak of the process that made it, so a small one stands between
_LAUNCH = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_of(command: Sequence[str]) -> float:
    """The most memory that one run of a command held, in megabytes."""
    done = subprocess.run(python("-c", _LAUNCH, *command), capture_output=True, text=True, check=True)
    # Linux counts in kilobytes, macOS in bytes
    return int(done.stdout) / (1_000_000 if sys.platform == "darwin" else 1_000)


def side_by_side(ours: Callable[[], float], yardstick: Callable[[], float], *, runs: int = 5) -> tuple[float, float]:
    """Medians of both over `runs` pairs after one warm-up pair."""
    ours(), yardstick()
    pairs = [(ours(), yardstick()) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def python(*arguments: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, *arguments]
