"""The golden trees: what each integration renders to, file by file. `python tests/golden/golden.py` writes them anew.

Read the difference before committing it: it is what users will see in their orgs.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sfsetup.model.component import ComponentSet
from sfsetup.render.components import render
from sfsetup.render.files import files
from sfsetup.spec.reader import load_integration

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parents[1] / "specs"

CASES: Mapping[str, Path] = {
    **{path.name: path for path in sorted(SHIPPED.iterdir()) if path.is_dir()},
    **{path.name: path for path in sorted(HERE.iterdir()) if (path / "integration.yaml").is_file()},
}
"""Name -> folder of the integration: the shipped ones, and one for each authentication protocol."""

LAYOUTS = ("source", "mdapi")


def expected_folder(case: str, layout: str) -> Path:
    """Where the golden tree of a case lies."""
    return HERE / "expected" / case / layout


@cache
def components_of(case: str) -> ComponentSet:
    """What the case renders to."""
    return render(*load_integration(CASES[case]))


def rendered(case: str, layout: str) -> dict[str, bytes]:
    """Path -> bytes of every file that the case renders to."""
    return {file.path: file.content for file in files(components_of(case), layout, case)}


def stored(case: str, layout: str) -> dict[str, bytes]:
    """Path -> bytes of the golden tree."""
    root = expected_folder(case, layout)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def main() -> int:
    """Writes every golden tree."""
    shutil.rmtree(HERE / "expected", ignore_errors=True)
    for case in CASES:
        for layout in LAYOUTS:
            for path, content in rendered(case, layout).items():
                target = expected_folder(case, layout) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
