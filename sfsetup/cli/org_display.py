"""`sfsetup org display`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sfsetup.cli.context import Outcome
from sfsetup.cli.options import api_version_option, org_option, reporting

if TYPE_CHECKING:
    from sfsetup.org.connection import OrgConnection

SHOWN_LIMITS = ("DailyApiRequests", "DailyAsyncApexExecutions", "DataStorageMB")
"""Limits shown to people; --json has all."""


@click.command("display")
@org_option
@api_version_option
@reporting()
def command(org: str | None, api_version: str | None) -> Outcome:
    """Show an org: edition, type, API versions, the user's rights, what is left of its limits."""
    from sfsetup.cli.targets import resolve
    from sfsetup.cli.views.org import display_text

    with resolve(org, writing=False, api_version=api_version) as connection:
        result, warnings = describe(connection)
    return Outcome(result=result, human=lambda: display_text(result, SHOWN_LIMITS), warnings=warnings)


def describe(connection: OrgConnection) -> tuple[dict[str, Any], list[str]]:
    """What is shown, and what the org would not tell."""
    from sfsetup.errors import OrgRefused
    from sfsetup.org.info import has_external_services
    from sfsetup.org.people import RIGHTS

    info = connection.info
    warnings = []
    rights = connection.people.rights()
    if not rights.known:
        warnings.append("The org does not tell this user's rights.")
    try:
        limits = connection.rest.limits()
    except OrgRefused as error:
        limits = {}
        warnings.append(f"The org does not tell its limits: {error.message}")
    supported = has_external_services(info.edition)
    if supported is False:
        warnings.append(f"{info.edition} has no External Services.")
    result = {
        "id": info.id,
        "username": info.username,
        "userId": info.user_id,
        "type": info.type.value,
        "edition": info.edition,
        "externalServices": supported,
        "instanceUrl": info.instance_url,
        "myDomain": info.my_domain,
        "namespace": info.namespace,
        "apiVersion": connection.api_version,
        "apiVersions": {"oldest": connection.versions[0], "newest": connection.versions[-1]},
        "rights": {RIGHTS[name]: name in rights.held for name in RIGHTS} if rights.known else None,
        "missingRights": list(rights.missing_for_deploy),
        "limits": {name: {"max": most, "remaining": left} for name, (most, left) in sorted(limits.items())},
    }
    return result, warnings
