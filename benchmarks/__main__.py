"""`python -m benchmarks [NAME…]`: runs every benchmark module, or the named ones, and prints one table."""

from __future__ import annotations

import importlib
import sys

MODULES = ("startup", "render", "openapi", "audit", "deploy")


def main() -> int:
    """Prints the figures; exit 0 always, a timing is never a verdict."""
    names = sys.argv[1:] or list(MODULES)
    print(f"{'what':<58} {'ours s':>9} {'yardst. s':>9} {'ratio':>7}  limit")
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        for row in module.run():
            print(f"{row.name:<58} {row.ours:>9.3f} {row.yardstick:>9.3f} {row.ratio:>7.2f}  {row.limit}  {row.note}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
