"""Finds the files that ship with sfsetup: templates, ready specs, data tables.

From a wheel they lie inside the package; in a checkout and an editable install `metadata_templates/` and `specs/`
stand beside it, which importlib.resources does not see.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def shipped_folder(name: str) -> Path:
    """The folder `metadata_templates` or `specs`. Raises FileNotFoundError if the installation is broken."""
    for candidate in (_PACKAGE / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"sfsetup is installed without its folder {name!r}")


def package_file(*parts: str) -> Path:
    """A data file inside the package, for example `package_file("metadata", "fields.json")`."""
    return _PACKAGE.joinpath(*parts)
