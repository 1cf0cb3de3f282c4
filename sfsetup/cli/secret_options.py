"""What the commands of `sfsetup secret` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sfsetup.apply.stored import ParameterState, StoredValues

principal_option = click.option("--principal", metavar="NAME", help="Only this principal.")
parameter_option = click.option("--parameter", metavar="NAME", help="Only this parameter.")


def result(values: StoredValues, rows: Sequence[ParameterState]) -> dict[str, Any]:
    """`result` of the commands."""
    from sfsetup.apply.outcome import org_json

    return {
        "org": org_json(values.connection.info),
        "environment": values.spec.environment,
        "externalCredential": values.spec.external_credential.name,
        "secrets": [row.as_json() for row in rows],
    }
