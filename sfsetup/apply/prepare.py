"""From a spec file and a connection to a plan: reads, renders, asks the org what it has. Changes nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sfsetup.apply.environment import choose
from sfsetup.apply.options import ApplyOptions
from sfsetup.apply.secrets import guard
from sfsetup.errors import UsageError
from sfsetup.model.component import ComponentSet
from sfsetup.model.event import Listener, nobody
from sfsetup.model.finding import in_order
from sfsetup.model.plan import Plan
from sfsetup.model.snapshot import OrgSnapshot, RegisteredOperation
from sfsetup.planning.planner import plan
from sfsetup.render.components import render
from sfsetup.spec.model import IntegrationSpec
from sfsetup.spec.versions import FLOOR, NEWEST_TESTED

if TYPE_CHECKING:
    from sfsetup.openapi.document import OpenApiDocument
    from sfsetup.org.connection import OrgConnection
    from sfsetup.org.deployments import DeployRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that a deploy works on. `components` are rendered with the names the org told, as far as it told any."""

    spec: IntegrationSpec
    document: OpenApiDocument
    components: ComponentSet
    snapshot: OrgSnapshot
    plan: Plan
    taken: float | None = None
    """When the snapshot was begun, by time.monotonic(); None in a plan that no org was asked for."""
    deployments: tuple[DeployRequest, ...] | None = ()
    """The org's latest deployments just before that; None where the org does not show them to this user."""

    def rendered_with(self, operations: tuple[RegisteredOperation, ...]) -> ComponentSet:
        """The components again, with names that the org has told since."""
        return render(self.spec, self.document, api_version=self.components.api_version, registered=operations)


def prepare(path: Path, connection: OrgConnection, options: ApplyOptions, listener: Listener = nobody) -> Prepared:
    """Reads SPEC, chooses its environment, renders, takes a snapshot, plans.

    Raises InvalidInput with all findings of a spec or document that cannot be used, UsageError for an environment that
    does not fit, and what the org says.
    """
    from sfsetup.apply.remote import deployments_of, snapshot_for
    from sfsetup.spec.reader import check_integration, load_integration

    integration = check_integration(path)
    if integration.spec is None or integration.document is None or not integration.is_usable:
        # raises, with everything that is wrong
        found, document = load_integration(path)
    else:
        found, document = integration.spec, integration.document
    spec = choose(found, connection.info, options.environment)
    guard(spec)
    version = chosen_version(spec, connection.info.api_version, options.api_version)
    components = render(spec, document, api_version=version)
    taken, deployments = time.monotonic(), deployments_of(connection)
    snapshot = snapshot_for(spec, components, connection.at(version), listener)
    if snapshot.operations:
        components = render(spec, document, api_version=version, registered=snapshot.operations)
    made = plan(spec, components, snapshot, options.planning)
    return Prepared(
        spec=spec,
        document=document,
        components=components,
        snapshot=snapshot,
        taken=taken,
        deployments=deployments,
        plan=replace(made, findings=in_order([*made.findings, *integration.findings])),
    )


def chosen_version(spec: IntegrationSpec, newest: str, wanted: str | None) -> str:
    """The API version to speak: what was asked for, else the lower of the org's newest and our newest tested.

    Raises UsageError for a version that the org does not offer, and for one below the floor.
    """
    asked = wanted or spec.api_version
    if asked is None:
        if float(newest) < float(FLOOR):
            raise UsageError(
                f"The org offers API {newest} at most; permission sets can give access to principals from {FLOOR} on.",
                actions=["Deploy to an org of a later release."],
            )
        return min((newest, NEWEST_TESTED), key=float)
    if float(asked) > float(newest):
        raise UsageError(
            f"API version {asked} is asked for; the org's newest is {newest}.",
            actions=[f"Use --api-version {newest} or lower, or leave it out."],
        )
    if float(asked) < float(FLOOR):
        raise UsageError(
            f"API version {asked} is too old: permission sets can give access to principals from {FLOOR} on.",
            actions=[f"Use --api-version {FLOOR} or later, or leave it out."],
        )
    return asked
