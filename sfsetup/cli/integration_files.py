"""Writes integration folders: nothing that is there is overwritten unless that is asked for, nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sfsetup.errors import UsageError

if TYPE_CHECKING:
    from sfsetup.adopt.written import WrittenIntegration


def refuse_existing(folder: Path, integration: WrittenIntegration, *, source: Path | None = None) -> None:
    """Raises UsageError if a file would be overwritten. `source` is a file that is read and may stay as it is."""
    for name in integration.files:
        target = folder / name
        if target.exists() and not (source is not None and source.exists() and target.samefile(source)):
            raise UsageError(
                f"{target} is there already; nothing was written.",
                actions=["Choose another folder with -d, or add --force to overwrite it."],
            )


def write(folder: Path, integration: WrittenIntegration, *, source: Path | None = None) -> list[str]:
    """Writes the files of an integration; the paths. A document that already lies there is left alone."""
    written = []
    for name, text in integration.files.items():
        target = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if source is None or not target.exists() or not target.samefile(source):
                target.write_bytes(text.encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise UsageError(f"Cannot write {target}: {error.strerror}") from error
        written.append(str(target))
    return written


def environment_variables(integration: WrittenIntegration) -> Sequence[str]:
    """The variables that the spec reads secrets from, in its order."""
    principals = integration.tree.get("external_credential", {}).get("principals", ())
    names = [
        parameter["secret"]["env"]
        for principal in principals
        for parameter in principal.get("parameters", {}).values()
        if "env" in parameter.get("secret", {})
    ]
    return tuple(dict.fromkeys(names))
