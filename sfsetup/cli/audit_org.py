"""What `audit -o` and `inventory -o` read from an org."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfsetup.facts.reader import FactSet
    from sfsetup.rules.evidence import OrgEvidence


def collected(
    org: str | None, *, api_version: str | None = None, save_to: str | None = None
) -> tuple[FactSet, OrgEvidence, str]:
    """Facts and evidence of the org, and what it is called; written to `save_to` as well, if given. Reads only.

    Raises UsageError without an org, Unreachable, LoginFailed, OrgRefused.
    """
    from pathlib import Path

    from sfsetup.cli import options
    from sfsetup.cli.audit_input import EVIDENCE_FILE
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.views.progress import progress
    from sfsetup.org.evidence import gather
    from sfsetup.org.evidence_files import save

    quiet = options.chosen_format() != "human"
    with resolve(org, writing=False, api_version=api_version) as connection, progress(quiet=quiet) as listener:
        gathered = gather(connection, listener=listener)
    if save_to is not None:
        save(gathered, Path(save_to), evidence_name=EVIDENCE_FILE)
    return gathered.facts, gathered.evidence, gathered.evidence.org.username
