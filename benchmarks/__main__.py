"""`python -m benchmarks [NAME…]`: runs every benchmark module, or the named ones, and prints one table."""

from __future__ import annotations

import importlib
import importlib.util
import sys

from benchmarks.timing import Row

MODULES = ("startup", "render", "openapi", "audit", "deploy")


def main() -> int:
    """Prints the figures; exit 0 always, a timing is never a verdict."""
    names = sys.argv[1:] or [name for name in MODULES if importlib.util.find_spec(f"benchmarks.{name}")]
    print(f"{'CPU seconds, medians of runs in turn':<66} {'ours':>9} {'yardstick':>9} {'ratio':>7}  limit")
    for name in names:
        for row in importlib.import_module(f"benchmarks.{name}").run():
            print(_line(row), flush=True)
    return 0


def _line(row: Row) -> str:
    if not row.yardstick:
        return f"{row.name:<66} {row.note}"
    figures = f"{row.ours:>9.3f} {row.yardstick:>9.3f} {row.ratio:>7.2f}"
    return f"{row.name:<66} {figures}  {row.limit}{f'  ({row.note})' if row.note else ''}"


if __name__ == "__main__":
    raise SystemExit(main())
