"""Parameters of principals as a table."""

from __future__ import annotations

from collections.abc import Sequence

from sfsetup.apply.stored import ParameterState
from sfsetup.cli.views.findings import plain
from sfsetup.cli.views.org import columns


def secret_text(rows: Sequence[ParameterState]) -> str:
    """One line a parameter."""
    if not rows:
        return "No parameter is declared or stored."
    table = [("PRINCIPAL", "PARAMETER", "STATE", "REVISION", "NOTE")]
    for row in rows:
        state = "not told" if row.present is None else "present" if row.present else "missing"
        note = "" if row.declared else "not of this integration"
        table.append(
            (
                plain(row.principal),
                plain(row.parameter),
                row.action or state,
                "-" if row.revision is None else str(row.revision),
                note,
            )
        )
    return "\n".join(columns(table))
