"""The context that `audit` and `inventory` work on: files, an org, or what was saved from one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfsetup.cli.audit_input import Configuration
    from sfsetup.facts.reader import FactSet
    from sfsetup.rules.context import AuditContext


def read_context(
    paths: Sequence[str],
    org: str | None,
    found: Configuration,
    *,
    api_version: str | None = None,
    specs: Sequence[str] = (),
    environment: str | None = None,
    save_to: str | None = None,
) -> tuple[AuditContext, str]:
    """What rules are given, and what it is called in the report. Without paths, the org.

    Raises UsageError for what does not exist, and what a connection raises.
    """
    import datetime
    import secrets

    from sfsetup.cli import audit_input
    from sfsetup.rules.context import AuditContext

    if paths:
        facts = audit_input.facts_of(paths, found)
        evidence = audit_input.evidence_beside(paths)
        source = ", ".join(paths)
    else:
        from sfsetup.cli import audit_org

        facts, evidence, source = audit_org.collected(org, api_version=api_version, save_to=save_to)
    context = AuditContext.of(
        facts,
        evidence=evidence,
        settings=found.settings,
        today=datetime.datetime.now(tz=datetime.UTC).date(),
        report_key=secrets.token_bytes(16),
        desired=_desired(specs, environment) if specs else None,
    )
    return context, source


def _desired(specs: Sequence[str], environment: str | None) -> FactSet:
    """Facts of the components that our own specs render to."""
    from pathlib import Path

    from sfsetup.facts.reader import read_facts
    from sfsetup.metadata.layout import read_entries, source_tree
    from sfsetup.render.components import render
    from sfsetup.spec.environments import for_environment
    from sfsetup.spec.reader import load_integration

    files: dict[str, bytes] = {}
    for path in specs:
        spec, document = load_integration(Path(path))
        files.update(source_tree(render(for_environment(spec, environment), document)))
    return read_facts(read_entries(files))
