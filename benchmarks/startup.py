"""How fast the command line is there: `--help` and `--version` against importing click alone."""

from __future__ import annotations

from benchmarks.timing import Row, cpu_of, python, side_by_side


def run() -> list[Row]:
    """Whole processes; the limit is 1.4 times `python -c "import click"`."""
    rows = []
    for option in ("--help", "--version"):
        ours, floor = side_by_side(
            lambda option=option: cpu_of(python("-m", "sfsetup", option)),
            lambda: cpu_of(python("-c", "import click")),
            runs=15,
        )
        rows.append(Row(f"sfsetup {option}", ours, floor, "1.4 x import click"))
    return rows
